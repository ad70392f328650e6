// What a device signs, and how it judges what is signed for it (specs/android.md §1.2, §0a.18).
import {
  judgeResponse,
  launcherAccepts,
  requestSignature,
  type SignatureTrap,
  signedText,
} from '../../../protocol/headwind/signature.js';
import type { HttpAnswer } from '../../model/ports.js';
import type { DeviceView } from '../driver.js';
import type { Manners } from './manners.js';
import { unusable } from './reply.js';
import type { AndroidData } from './saved.js';

type Signer = Pick<AndroidData, 'number' | 'project' | 'secret'>;

/** X-Request-Signature of GET and POST sync/configuration. */
export const syncSignature = ({ secret, number }: Signer): string => requestSignature(secret, signedText.sync(number));

/** X-Request-Signature of a long poll, or of the poll before it. */
export function pollSignature({ secret, project, number }: Signer, isLegacy: boolean, { signatures }: Manners): string {
  const text = isLegacy
    ? signedText.legacyPolling(project, number, signatures)
    : signedText.polling(project, number, signatures);
  return requestSignature(secret, text);
}

/**
 * X-Request-Signature of a download: over what follows the first `/files/` of its address, whatever its host; undefined without one.
 * The server hashes it decoded; launcher 6.36 as it is written.
 */
export function fileSignature({ secret }: Signer, url: string, { signatures }: Manners): string | undefined {
  const at = url.indexOf('/files/');
  if (at === -1) return undefined;
  const path = url.slice(at + '/files/'.length);
  return requestSignature(secret, signedText.file(signatures === 'server' ? decoded(path) : path));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What was signed, and by whom it is judged. */
export interface Signed {
  readonly answer: HttpAnswer;
  readonly dataText: string;
  readonly secret: string;
}

/**
 * Judges X-Response-Signature over the very bytes. A mistake that servers are known to make is told, and passes: a launcher that was
 * built with CHECK_SIGNATURE drops such replies. Throws AUTHORITY_BUSY for a signature that is missing or wrong, where it is checked.
 */
export function requireSignature({ answer, dataText, secret }: Signed, device: DeviceView, manners: Manners): void {
  const header = answer.headers['x-response-signature'];
  const verdict = judgeResponse(secret, dataText, header);
  if (verdict === 'ok') {
    tellWhiteSpace({ dataText, secret }, header ?? '', device);
    return;
  }
  const tell = (message: string, hint: string): void =>
    device.tell({ type: 'trouble', code: 'HEADWIND_SERVER', message, hint, about: 'X-Response-Signature' });
  if (typeof verdict === 'object') {
    tell(`the signature of the configuration is ${traps[verdict.trap]}`, droppedHint);
    return;
  }
  const said =
    verdict === 'missing'
      ? 'Missing X-Response-Signature flag, dropping response'
      : 'Server signature doesn’t match calculated signature, dropping response';
  if (!manners.checksSignatures) {
    tell(
      verdict === 'missing' ? 'the configuration is not signed' : 'the signature of the configuration is wrong',
      droppedHint,
    );
    return;
  }
  throw unusable(answer, said, { hint: wrongHint });
}

/** White space beyond ASCII's, which a launcher takes out before it hashes, and servers do not. */
const wideSpace = /[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function tellWhiteSpace({ dataText, secret }: Omit<Signed, 'answer'>, header: string, device: DeviceView): void {
  if (!wideSpace.test(dataText) || launcherAccepts(secret, dataText, header)) return;
  device.tell({
    type: 'trouble',
    code: 'LAUNCHER_DIFFERS',
    message: 'the signature is right, and a launcher that was built with CHECK_SIGNATURE drops the reply',
    hint: 'There is white space beyond ASCII’s in it, such as a no-break space, which Android takes out before it hashes.',
    about: 'X-Response-Signature',
  });
}

const traps: Readonly<Record<SignatureTrap, string>> = {
  'non-bmp':
    'not over the bytes that were sent: a character beyond the basic plane was hashed raw, and sent as two escapes',
  charset:
    'over question marks: the server’s Java runs with a character set (LC_ALL=C) that lacks the characters that it sends',
  'javascript-white-space':
    'over a text without all of Unicode’s white space, where only that of ASCII is to be left out',
};
const droppedHint =
  'Launcher 6.36 drops this reply where it was built with CHECK_SIGNATURE; as it is distributed it does not look.';
const wrongHint =
  'The server signs with another secret, or something in front of it changes replies: give the shared secret that it has (hash.secret), or let the device not check signatures, as the launcher that is distributed does not.';
