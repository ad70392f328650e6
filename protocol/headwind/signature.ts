// Signatures of requests and replies, and the password of MQTT (specs/android.md §1.2, §0a.18).
import { hash } from 'node:crypto';

/** What servers and launchers are built with, when nobody changed it. */
export const defaultSecret = 'changeme-C3z9vi54';

const sha1 = (text: string): string => hash('sha1', text, 'hex').toUpperCase();

/** The value of X-Request-Signature over one of `signedText`: hexadecimal SHA-1 in upper case. */
export const requestSignature = (secret: string, text: string): string => sha1(secret + text);

/** How requests are signed: as the server checks them, or as launcher 6.36 does, mistakes included. */
type SignatureMode = 'server' | 'launcher-6.36';

const pollPath = (call: string, project: string, number: string, mode: SignatureMode): string => {
  if (mode === 'launcher-6.36') return `${project}/rest/${call}/${encodeForm(number)}`;
  return `${project === '' ? '' : `/${project}`}/rest/${call}/${number}`;
};

/** What is signed, by call. `project` without slashes, empty for none. */
export const signedText = {
  /** GET and POST sync/configuration. */
  sync: (number: string): string => number,
  /** Long poll. The launcher leaves out the slash before a project and encodes the number: the server refuses both. */
  polling: (project: string, number: string, mode: SignatureMode = 'server'): string =>
    pollPath('notification/polling', project, number, mode),
  /** Legacy poll; the server does not look at it. */
  legacyPolling: (project: string, number: string, mode: SignatureMode = 'server'): string =>
    pollPath('notifications/device', project, number, mode),
  /** A file: everything behind the first `/files/` of its address, decoded. */
  file: (path: string): string => path,
};

/** As java.net.URLEncoder does: a form, where a blank is a plus. */
function encodeForm(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '?'))
    .replaceAll('%20', '+')
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** White space by the server's regular expressions: that of ASCII. */
const asciiWhiteSpace = /[ \t\n\v\f\r]+/g;

/** The value of X-Response-Signature over the text of `data`. */
export const responseSignature = (secret: string, dataText: string): string =>
  sha1(secret + dataText.replace(asciiWhiteSpace, ''));

/** A reply that is signed by mistakes of its server, each of which a launcher built with CHECK_SIGNATURE drops. */
export type SignatureTrap = 'non-bmp' | 'charset' | 'javascript-white-space';

/** What is to be said of a reply's signature. */
type ResponseVerdict = 'ok' | 'missing' | 'wrong' | { readonly trap: SignatureTrap };

/**
 * Judges X-Response-Signature over the text of `data` as it came. Where it does not match, the known mistakes of servers are
 * tried: `non-bmp`, the hash was taken before characters beyond the basic plane became escapes; `charset`, on a Java machine
 * whose character set is ASCII each character beyond it was hashed as a question mark; `javascript-white-space`, more was taken
 * out than ASCII's white space.
 */
export function judgeResponse(secret: string, dataText: string, header: string | undefined): ResponseVerdict {
  if (header === undefined) return 'missing';
  const expected = header.trim().toUpperCase();
  const matches = (text: string): boolean => sha1(secret + text) === expected;
  const plain = dataText.replace(asciiWhiteSpace, '');
  if (matches(plain)) return 'ok';
  const whole = withoutPairs(plain);
  if (whole !== plain && matches(whole)) return { trap: 'non-bmp' };
  if (matches(inAscii(whole))) return { trap: 'charset' };
  if (matches(dataText.replace(/\s+/g, ''))) return { trap: 'javascript-white-space' };
  return 'wrong';
}

/**
 * Whether a launcher built with CHECK_SIGNATURE takes a reply on a real device: Android's regular expressions are ICU's, where `\s`
 * is all of Unicode's white space, so that a reply with a no-break space is dropped though its server signed it as it always does.
 * Read in Android's documentation, not seen on a device.
 */
export const launcherAccepts = (secret: string, dataText: string, header: string): boolean =>
  sha1(secret + dataText.replace(/\p{White_Space}+/gu, '')) === header.toUpperCase();

/** Escaped surrogate pairs as the characters that they are. A backslash that is itself escaped begins none. */
const withoutPairs = (text: string): string =>
  text.replace(/\\(?:u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})|[\s\S])/g, (all, high, low) =>
    high === undefined ? all : String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)),
  );

const inAscii = (text: string): string => text.replace(/[^\u0000-\u007f]/gu, '?');

/** The user name of MQTT. */
export const mqttUser = 'hmdm';

/** The password of MQTT: in upper case, in which the broker compares it. */
export const mqttPassword = (secret: string): string => sha1(mqttUser + secret);
