// How the stub shows a device who it is (APPAUTH CLIENT; specs/windows.md §1.10, mutual): MD5 over the nonce that the device gave last. No
// open server does: by OMA-TS-DM_Security §5.3.
import { credOf, md5Type, readNonce } from '../../protocol/syncml/auth.js';
import type { Cred, SyncMlMessage } from '../../protocol/syncml/message.js';
import type { DeviceRecord } from '../core/types.js';
import { providerId, type WindowsContext } from './context.js';
import { memoryOf, remember } from './memory.js';
import type { Session } from './sessions.js';

/** What a message of the stub shows: nothing without the option, nor after the device has said 212. */
export function ownCredential(
  device: DeviceRecord,
  session: Session,
  { settings }: Pick<WindowsContext, 'settings'>,
): Cred | undefined {
  const { serverSecret, serverNonce = '' } = memoryOf(device);
  if (!settings.mutual || session.isBelieved === true || serverSecret === undefined) return undefined;
  return credOf(md5Type, { name: providerId, secret: serverSecret }, readNonce(serverNonce));
}

/**
 * Hears what the device says of the credential: its nonce for the next one is kept. False where the credential was refused: nothing
 * of the message that showed it was carried out, and it is to be said again.
 */
export function isTaken(
  { commands }: SyncMlMessage,
  deviceId: string,
  session: Session,
  { tenant, settings }: Pick<WindowsContext, 'tenant' | 'settings'>,
): boolean {
  const status = commands.find((each) => each.verb === 'Status' && each.cmdRef === '0');
  if (!settings.mutual || status?.verb !== 'Status') return true;
  const { data, chal } = status;
  if (chal?.nextNonce !== undefined) remember(tenant, deviceId, { serverNonce: chal.nextNonce.slice(0, 256) });
  if (data === '212') session.isBelieved = true;
  return data !== '401' && data !== '407';
}
