const [least, most] = [-(2n ** 63n), 2n ** 64n - 1n];

/** True for what a property list integer can hold: signed or unsigned, 64 bits. */
export const fits64 = (integer: bigint): boolean => integer >= least && integer <= most;

/** A number where it is exact, else a bigint; undefined beyond 64 bits. */
export function narrowInteger(integer: bigint): number | bigint | undefined {
  if (!fits64(integer)) return undefined;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

/** The content of `<integer>`, decimal or hexadecimal; undefined when it is not one of 64 bits. */
export function readInteger(text: string): number | bigint | undefined {
  if (/^-?[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  const digits = text.length > 80 ? '' : text.trim();
  if (!/^[+-]?(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(digits)) return undefined;
  const size = BigInt(digits.replace(/^[+-]/, ''));
  return narrowInteger(digits.startsWith('-') ? -size : size);
}

const infinities = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

/** The content of `<real>`; undefined when it is not a number or one of Apple's words for infinity and nan. */
export function readReal(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^[0-9+\-.eE]+$/.test(trimmed)) return infinities.get(trimmed.toLowerCase());
  const number = Number(trimmed);
  return Number.isNaN(number) ? undefined : number;
}

/** The content of `<date>`, whole seconds of UTC; undefined when it is not such a date. */
export function readDate(text: string): Date | undefined {
  const trimmed = text.trim();
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(trimmed)) return undefined;
  const date = new Date(trimmed);
  // A day such as 30 February is moved on by Date: only what comes back the same was a date.
  return isPlistDate(date) && writeDate(date) === trimmed ? date : undefined;
}

/** True for a date that four digits of year can say. */
export const isPlistDate = (date: Date): boolean =>
  date.getTime() >= -62_167_219_200_000 && date.getTime() <= 253_402_300_799_999;

export const writeDate = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const [padding, space, foreign] = [64, 65, 66];
const sextets = new Uint8Array(256).fill(foreign);
for (const [value, byte] of Buffer.from(alphabet).entries()) sextets[byte] = value;
for (const byte of Buffer.from(' \t\r\n')) sextets[byte] = space;
sextets[0x3d] = padding;

/** Base64 with white space anywhere; padding may be missing, as for Apple. Undefined when it is anything else. The Buffer is a copy. */
export function readBase64(bytes: Uint8Array, from: number, to: number): Buffer | undefined {
  const out = Buffer.allocUnsafe(((to - from) >> 2) * 3 + 3);
  let size = 0;
  let group = 0;
  let filled = 0;
  let at = from;
  for (; at < to; at++) {
    const value = sextets[bytes[at] ?? 0] ?? foreign;
    if (value >= padding) {
      if (value === space) continue;
      break;
    }
    group = (group << 6) | value;
    if (++filled === 4) {
      out[size] = group >> 16;
      out[size + 1] = group >> 8;
      out[size + 2] = group;
      size += 3;
      group = 0;
      filled = 0;
    }
  }
  let pads = 0;
  for (; at < to; at++) {
    const value = sextets[bytes[at] ?? 0] ?? foreign;
    if (value === padding) pads++;
    else if (value !== space) return undefined;
  }
  if (filled === 1 || pads > (filled === 0 ? 0 : 4 - filled)) return undefined;
  if (filled >= 2) out[size++] = filled === 2 ? group >> 4 : group >> 10;
  if (filled === 3) out[size++] = group >> 2;
  return out.subarray(0, size);
}
