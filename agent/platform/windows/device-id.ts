import { createHash } from 'node:crypto';
import type { DeviceFacts } from '../../model/state.js';

const upperHex = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length).toUpperCase();

/**
 * The DeviceID: 32 hexadecimal digits, upper case. `facts.id` for the first installation of Windows; each one after a wipe has
 * another, which is a function of the computer and of how many installations there were (specs/windows.md §1.12; how Windows makes
 * them is not known: convention).
 */
export function deviceIdOf(facts: DeviceFacts): string {
  const installation = installationOf(facts);
  return installation === 0 ? facts.id : upperHex(`DeviceID ${hwDevIdOf(facts)} ${installation}`, 32);
}

/** How often Windows was installed anew on it: 0 as it came. */
function installationOf({ native }: DeviceFacts): number {
  const count = native['Installation'];
  return typeof count === 'number' && Number.isInteger(count) && count > 0 ? count : 0;
}

/** HWDevID: 64 hexadecimal digits, upper case. The computer's, and the same after a wipe. */
export function hwDevIdOf(facts: DeviceFacts): string {
  const given = facts.native['HWDevID'];
  return typeof given === 'string' ? given : hwDevIdFrom(facts, String(facts.native['SmbiosUuid'] ?? facts.id));
}

/** A HWDevID that follows from what SMBIOS says of the computer, as Windows' does (what it digests is not known: convention). */
export function hwDevIdFrom(
  { manufacturer, model, serial }: Pick<DeviceFacts, 'manufacturer' | 'model' | 'serial'>,
  smbiosUuid: string,
): string {
  return upperHex(JSON.stringify([manufacturer, model, serial, smbiosUuid]), 64);
}

/**
 * `native` of a computer on which Windows was installed anew: it counts one installation more and has another name, such as Windows
 * gives itself. HWDevID, SMBIOS UUID and the network cards are what they were.
 */
export function reinstalled(facts: DeviceFacts): DeviceFacts['native'] {
  const installation = installationOf(facts) + 1;
  const digest = createHash('sha256')
    .update(`DeviceName ${hwDevIdOf(facts)} ${installation}`)
    .digest();
  return { ...facts.native, Installation: installation, DeviceName: desktopName(digest) };
}

const nameAlphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A name such as Windows' Setup makes: `DESKTOP-28FGAI6`; a function of seven bytes. */
export const desktopName = (bytes: Uint8Array): string =>
  `DESKTOP-${Array.from({ length: 7 }, (_, index) => nameAlphabet[(bytes[index] ?? 0) % nameAlphabet.length]).join('')}`;
