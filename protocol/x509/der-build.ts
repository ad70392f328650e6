// Writing DER (X.690 §8 to §11). Each builder returns one finished element.
import { context, contextPrimitive, tags } from './der.js';

type Bytes = Uint8Array;

function lengthOctets(length: number): number {
  return length < 0x80 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : length < 0x1000000 ? 4 : 5;
}

/** One element of this tag, holding these parts in this order. */
export function element(tag: number, ...parts: readonly Bytes[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const octets = lengthOctets(length);
  const bytes = Buffer.allocUnsafe(1 + octets + length);
  bytes[0] = tag;
  if (octets === 1) bytes[1] = length;
  else {
    bytes[1] = 0x80 | (octets - 1);
    bytes.writeUIntBE(length, 2, octets - 1);
  }
  let at = 1 + octets;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export const sequence = (...parts: readonly Bytes[]): Buffer => element(tags.sequence, ...parts);

/** A SET OF: the elements stand in the order of their encodings (X.690 §11.6). */
export const setOf = (...parts: readonly Bytes[]): Buffer =>
  element(tags.set, ...(parts.length < 2 ? parts : [...parts].sort(Buffer.compare)));

/** [n] EXPLICIT, or [n] IMPLICIT of a SEQUENCE or SET given by its elements. */
export const tagged = (number: number, ...parts: readonly Bytes[]): Buffer => element(context(number), ...parts);

/** [n] IMPLICIT of a primitive type, given its content octets. */
export const taggedPrimitive = (number: number, content: Bytes): Buffer => element(contextPrimitive(number), content);

/** A non-negative INTEGER: a number, or the octets of an unsigned big-endian one. */
export function integer(value: number | Bytes): Buffer {
  let octets: Bytes = typeof value === 'number' ? Buffer.from(value.toString(16).padStart(16, '0'), 'hex') : value;
  let zeros = 0;
  while (zeros < octets.length - 1 && octets[zeros] === 0) zeros++;
  octets = octets.subarray(zeros);
  const [first] = octets;
  if (first === undefined) return Buffer.from([tags.integer, 1, 0]);
  return first > 0x7f ? element(tags.integer, Buffer.of(0), octets) : element(tags.integer, octets);
}

const oids = new Map<string, Buffer>();

/** An OBJECT IDENTIFIER from its dotted text. Throws RangeError for text that is none: check what comes from outside. */
export function oid(text: string): Buffer {
  const known = oids.get(text);
  if (known !== undefined) return known;
  if (!isOid(text)) throw new RangeError(`"${text}" is not an object identifier`);
  const [root = 0n, second = 0n, ...rest] = text.split('.').map(BigInt);
  const octets: number[] = [];
  for (let arc of [root * 40n + second, ...rest]) {
    const group = [Number(arc & 0x7fn)];
    for (arc >>= 7n; arc > 0n; arc >>= 7n) group.unshift(Number(arc & 0x7fn) | 0x80);
    octets.push(...group);
  }
  const bytes = element(tags.oid, Buffer.from(octets));
  if (oids.size < 512) oids.set(text, bytes);
  return bytes;
}

/** True for dotted text that can be encoded: roots 0 and 1 have second arcs below 40 (X.660). */
export const isOid = (text: string): boolean =>
  text.length <= 128 && /^(?:[01]\.(?:[0-9]|[123][0-9])|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*$/.test(text);

export const octets = (bytes: Bytes): Buffer => element(tags.octetString, bytes);
export const boolean = (value: boolean): Buffer => Buffer.of(tags.boolean, 1, value ? 0xff : 0);
export const nothing: Buffer = Buffer.of(tags.null, 0);

/** A BIT STRING of whole octets. */
export const bits = (bytes: Bytes): Buffer => element(tags.bitString, Buffer.of(0), bytes);

/** A BIT STRING of named bits, without trailing zero bits (X.690 §11.2.2). */
export function namedBits(numbers: readonly number[]): Buffer {
  const highest = Math.max(-1, ...numbers);
  const bytes = Buffer.alloc(1 + Math.ceil((highest + 1) / 8));
  bytes[0] = (8 - ((highest + 1) % 8)) % 8;
  for (const bit of numbers) bytes[1 + (bit >> 3)] = (bytes[1 + (bit >> 3)] ?? 0) | (0x80 >> (bit & 7));
  return element(tags.bitString, bytes);
}

export const utf8 = (text: string): Buffer => element(tags.utf8String, Buffer.from(text, 'utf8'));
export const printable = (text: string): Buffer => element(tags.printableString, Buffer.from(text, 'latin1'));
export const ia5 = (text: string): Buffer => element(tags.ia5String, Buffer.from(text, 'latin1'));
export const bmp = (text: string): Buffer => element(tags.bmpString, Buffer.from(text, 'utf16le').swap16());

/** True when every character may stand in a PrintableString. */
export const isPrintable = (text: string): boolean => /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text);
export const isIa5 = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

/** A time to the second: UTCTime up to 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(at: Date): Buffer {
  const seconds = Math.floor(at.getTime() / 1000);
  if (lastTime?.seconds === seconds) return lastTime.bytes;
  const bytes = timeOf(at);
  lastTime = { seconds, bytes };
  return bytes;
}

/** Messages that are signed one after another are of the same second. Whoever is given these bytes copies them. */
let lastTime: { readonly seconds: number; readonly bytes: Buffer } | undefined;

function timeOf(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, ''); // 20261121110000Z
  const short = digits >= '1950' && digits < '2050';
  return short
    ? element(tags.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : element(tags.generalizedTime, Buffer.from(digits, 'latin1'));
}
