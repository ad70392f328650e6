// The content of <integer>, <real>, <date> and <data> as CoreFoundation reads it (CFPropertyList.c), and how dates are written.
const [least, most] = [-(2n ** 63n), 2n ** 64n - 1n];

/** True for what a property list integer can hold: signed or unsigned, 64 bits. */
export const fits64 = (integer: bigint): boolean => integer >= least && integer <= most;

/** A number where it is exact, else a bigint; undefined beyond 64 bits. */
export function narrowInteger(integer: bigint): number | bigint | undefined {
  if (!fits64(integer)) return undefined;
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : integer;
}

/** White space of parseIntegerTag: every byte up to a space, and from DEL to the no-break space of ISO-8859-1. */
const isIntegerSpace = (code: number): boolean => code < 0x21 || (code > 0x7e && code < 0xa1);

/**
 * The content of `<integer>`, decimal or hexadecimal: white space before the sign and behind it, none after the digits.
 * `text` has one character for each byte (ISO-8859-1). Undefined when it is not an integer of 64 bits (parseIntegerTag).
 */
export function readInteger(text: string): number | bigint | undefined {
  if (/^-?[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  let at = skipIntegerSpace(text, 0);
  const sign = text[at];
  if (sign === '-' || sign === '+') at = skipIntegerSpace(text, at + 1);
  let digits = text.slice(at);
  const isHex = /^0[xX]/.test(digits);
  digits = (isHex ? digits.slice(2) : digits).replace(/^0+(?=.)/, '');
  if (digits.length > 20 || !(isHex ? /^[0-9a-fA-F]+$/ : /^[0-9]+$/).test(digits)) return undefined;
  const size = BigInt(isHex ? `0x${digits}` : digits);
  return narrowInteger(sign === '-' ? -size : size);
}

/** U+2000 to U+200B, U+202F, U+205F and U+3000 in UTF-8 are white space too, byte by byte. */
function skipIntegerSpace(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    if (isIntegerSpace(text.charCodeAt(at))) continue;
    const three = text.slice(at, at + 3);
    if (!/^(\xe2\x80[\x50-\x8b\xaf]|\xe2\x81\x9f|\xe3\x80\x80)$/.test(three)) break;
  }
  return at;
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

/**
 * The content of `<real>`: a decimal number, with white space before it and none after, or one of the words for infinity and
 * nan with none at all. Undefined for anything else (parseRealTag, __CFStringScanDouble).
 */
export function readReal(text: string): number | undefined {
  if (text.length < 10) {
    const word = infinities.get(text.toLowerCase());
    if (word !== undefined) return word;
  }
  const [, number] = realForm.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}

const realForm = /^[\0-\x20\x7f-\xa0\u2000-\u200b\u3000]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)$/;

const daysBefore = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
const dayMs = 86_400_000;

/**
 * The content of `<date>`: years of any length, two digits for all else, whole seconds of UTC. Nothing is judged by the
 * calendar: 30 February is 2 March, hour 25 is the next day, and a month that there is none of counts no days (parseDateTag,
 * CFGregorianDateGetAbsoluteTime). Undefined for another form, and for years beyond what a Date holds (±271,821).
 */
export function readDate(text: string): Date | undefined {
  const isNegative = text.startsWith('-');
  const parts = /^(\d{0,9})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(isNegative ? text.slice(1) : text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  const start = new Date(0).setUTCFullYear(isNegative ? -year : year, 0, 1);
  const isLeap = new Date(start + 59 * dayMs).getUTCDate() === 29;
  const days = (daysBefore[month] ?? 0) + (isLeap && month > 2 && month < 14 ? 1 : 0) + day - 1;
  const date = new Date(start + days * dayMs + ((hour * 60 + minute) * 60 + second) * 1000);
  return isPlistDate(date) ? date : undefined;
}

/** True for a date that can be written and read again. */
export const isPlistDate = (date: Date): boolean => !Number.isNaN(date.getTime());

/** Whole seconds of UTC; a year of more than four digits, or before the year 0, as CoreFoundation reads it. */
export function writeDate(date: Date): string {
  const iso = date.toISOString();
  const year = date.getUTCFullYear();
  if (year >= 0 && year <= 9999) return `${iso.slice(0, 19)}Z`;
  return `${year < 0 ? '-' : ''}${String(Math.abs(year)).padStart(4, '0')}${iso.slice(7, 22)}Z`;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const [padding, space, foreign, beyondAscii] = [64, 65, 66, 67];
const sextets = new Uint8Array(256).fill(foreign, 0, 128).fill(beyondAscii, 128);
for (const [value, byte] of Buffer.from(alphabet).entries()) sextets[byte] = value;
for (const byte of Buffer.from(' \t\n\v\f\r')) sextets[byte] = space;
sextets[0x3d] = padding;

/**
 * Base64 as CoreFoundation reads it (parseDataTag): ASCII outside its alphabet is passed over, the letters of an entity are
 * taken as base64, what does not fill a group of four is dropped. Undefined at a byte beyond ASCII. The Buffer is a copy.
 */
export function readBase64(bytes: Uint8Array, from: number, to: number): Buffer | undefined {
  const out = Buffer.allocUnsafe(((to - from) >> 2) * 3 + 3);
  let size = 0;
  let group = 0;
  let filled = 0;
  let at = from;
  for (; at < to; at++) {
    const value = sextets[bytes[at] ?? 0] ?? foreign;
    if (value >= padding) {
      if (value === padding) break;
      if (value === beyondAscii) return undefined;
      continue;
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
  // From the first "=" on: each counts as zero bits, and as many as stand last decide what a group gives.
  for (let pads = 0; at < to; at++) {
    const value = sextets[bytes[at] ?? 0] ?? foreign;
    if (value === beyondAscii) return undefined;
    if (value === padding) pads++;
    else if (value !== space) pads = 0;
    if (value > padding) continue;
    group = (group << 6) | (value & 0x3f);
    if (++filled === 4) {
      out[size++] = group >> 16;
      if (pads < 2) out[size++] = group >> 8;
      if (pads < 1) out[size++] = group;
      group = 0;
      filled = 0;
    }
  }
  return out.subarray(0, size);
}
