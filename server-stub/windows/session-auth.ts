// Credentials of a management session (specs/windows.md §1.10): a challenge, one nonce for one credential, and an end to it.
import { basicType, challengeOf, isCredentialOf, md5Type } from '../../protocol/syncml/auth.js';
import type { Meta, SyncMlMessage } from '../../protocol/syncml/message.js';
import type { DeviceRecord } from '../core/types.js';
import type { WindowsContext } from './context.js';
import { memoryOf } from './memory.js';
import type { Session } from './sessions.js';

/** What the header's Status says: 200, or 212 where no more credentials are needed in this session. */
type Authenticated =
  | { readonly isOk: true; readonly code: 200 | 212; readonly chal?: Meta }
  | { readonly isOk: false; readonly code: 401 | 407; readonly chal?: Meta };

/** After so many challenges in one session a device is not asked again. */
const maxChallenges = 3;
const nonceBytes = 16;

/** Judges the credential of a message, where one is asked for. A nonce is used up whatever becomes of it: it never works twice. */
export function authenticate(
  { header }: SyncMlMessage,
  device: DeviceRecord,
  session: Session,
  { settings, random }: Pick<WindowsContext, 'settings' | 'random'>,
): Authenticated {
  const { auth, credentials } = settings;
  if (auth === 'certificate' || session.isAuthenticated) return { isOk: true, code: 200 };
  const type = auth === 'md5' ? md5Type : basicType;
  const nonce = session.nonce;
  delete session.nonce;
  const challenge = (): Meta => {
    const next = random(nonceBytes);
    session.nonce = next;
    return challengeOf(type, next);
  };
  const { secret } = memoryOf(device);
  const { cred } = header;
  const isRight =
    cred !== undefined &&
    secret !== undefined &&
    (type === basicType || nonce !== undefined) &&
    isCredentialOf(cred, { name: device.deviceId, secret }, type, nonce ?? Buffer.alloc(0));
  if (isRight) {
    session.challenges = 0;
    if (credentials === 'message') return { isOk: true, code: 200, ...(type === md5Type && { chal: challenge() }) };
    session.isAuthenticated = true;
    return { isOk: true, code: 212 };
  }
  const code = cred === undefined ? 407 : 401;
  if (++session.challenges > maxChallenges) return { isOk: false, code };
  return { isOk: false, code, chal: challenge() };
}
