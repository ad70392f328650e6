import type { Random } from '../model/ports.js';
import type { DeviceFacts, DeviceState, SavedLink } from '../model/state.js';

/** A word of a device's state: text, or bytes that stand by themselves. */
export type OwnWord = string | Uint8Array;

/** What an enrollment drew by chance, in each form in which the device or its authority keeps it. */
export interface Drawn {
  readonly forms: readonly OwnWord[];
  /** Drawn anew: as many forms, in their order. */
  again(random: Random): readonly OwnWord[];
}

/**
 * How the state of an enrolled device is made from that of another of its kind, for fleets that are enrolled already. What both have of
 * their facts, users, keys and certificates the one who makes it knows; the platform adds what only it knows.
 */
export interface Copying {
  /** Words that follow from the facts and are none of them: as many for each device, "" for what it has not. */
  told?(facts: DeviceFacts): readonly string[];
  /** Of the data of a link. */
  drawn?(data: SavedLink['data']): readonly Drawn[];
  /** What the authority sent as one text and the device keeps; undefined where there is none. */
  sent?(data: SavedLink['data']): string | undefined;
  /** The state with all that is worked out from the rest of it, such as hashes, worked out anew, and judged. */
  settled?(state: DeviceState): DeviceState;
}

/**
 * The state with the data of its link read: judged once, as that of a link which a session leaves is, and not at each unpacking. Throws
 * STATE_CORRUPT.
 */
export function withRead(state: DeviceState, read: (data: unknown) => object): DeviceState {
  const { link } = state;
  return link === undefined ? state : { ...state, link: { ...link, data: read(link.data) } };
}

/**
 * A text that was made of random bytes, drawn anew: of the same length and alphabet (hexadecimal of either case, base64url, base64).
 *
 * @example
 * drawnText('94A333981502'); // { forms: ['94A333981502'], again: (random) => ['0C7719F2E4B1'] }
 */
export function drawnText(text: string): Drawn {
  return { forms: [text], again: (random) => [alike(text, random)] };
}

/**
 * Bytes that were drawn, in these forms.
 *
 * @example
 * drawnBytes(pushToken, (token) => [token, Buffer.from(token).toString('hex')]);
 */
export function drawnBytes(bytes: Uint8Array, forms: (bytes: Uint8Array) => readonly OwnWord[]): Drawn {
  return { forms: forms(bytes), again: (random) => forms(random.bytes(bytes.length)) };
}

/** Bytes, and the same in hexadecimal. */
export const bytesAndHex = (bytes: Uint8Array): readonly OwnWord[] => [bytes, Buffer.from(bytes).toString('hex')];

function alike(text: string, random: Random): string {
  const { length } = text;
  const bytes = random.bytes(length);
  if (/^[0-9A-F]+$/.test(text)) return bytes.toString('hex').toUpperCase().slice(0, length);
  if (/^[0-9a-f]+$/.test(text)) return bytes.toString('hex').slice(0, length);
  const padding = /=*$/.exec(text)?.[0] ?? '';
  const coded = bytes.toString(/[+/=]/.test(text) ? 'base64' : 'base64url').slice(0, length - padding.length);
  return padding === '' ? coded : Buffer.from(coded, 'base64').toString('base64');
}
