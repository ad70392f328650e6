// Binary property lists as CoreFoundation reads them (CFBinaryPList.c).
import { isAscii } from 'node:buffer';
import type { RollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { Strictness } from './refusal.js';
import { isPlistDate, narrowInteger } from './scalars.js';
import {
  dict,
  messageLimits,
  type PlistDict,
  type PlistLimits,
  PlistReal,
  type PlistValue,
  wellFormed,
} from './value.js';

/** Seconds from 1970 to 2001, where Apple's time begins. */
export const appleEpoch = 978_307_200;
const headerBytes = 8;
const trailerBytes = 32;

/** A container that is being filled: `next` of its `count` values is read at `valuesAt`, its key (dict only) at `keysAt`. */
interface Frame {
  readonly object: number;
  readonly holder: PlistDict | PlistValue[];
  readonly count: number;
  readonly keysAt: number;
  readonly valuesAt: number;
  next: number;
}

const malformed = (what: string, at?: number): RollcallError =>
  protocolError(
    'PLIST_MALFORMED',
    at === undefined ? what : `${what} at byte ${at}`,
    at === undefined ? {} : { details: { at } },
  );

/**
 * Reads a `bplist0?`. Values that several containers share are counted, and their bytes too, as often as they are met, so a small
 * file cannot become a large value; a container that holds itself is PLIST_MALFORMED. Of two equal keys the first wins, and an
 * entry whose key is no string is left out, as nobody can ask for it. A UID is the dictionary that CoreFoundation writes for
 * one in XML. Sets, null, and dates that are no time are PLIST_MALFORMED: CoreFoundation reads them, no message has them.
 */
export function parseBinaryPlist(
  bytes: Uint8Array,
  limits: PlistLimits = messageLimits,
  strictness = new Strictness(),
): PlistValue {
  if (bytes.length > limits.maxBytes)
    throw protocolError(
      'PLIST_LIMIT',
      `the property list has ${bytes.length} bytes, at most ${limits.maxBytes} are read`,
    );
  return new BinaryReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), limits, strictness).read();
}

class BinaryReader {
  readonly #bytes: Buffer;
  readonly #limits: PlistLimits;
  readonly #offsetSize: number;
  readonly #refSize: number;
  readonly #objects: number;
  readonly #table: number;
  readonly #strings = new Map<number, string>();
  readonly #open = new Set<number>();
  readonly #stack: Frame[] = [];
  #nodes = 0;
  #size = 0;

  constructor(bytes: Buffer, limits: PlistLimits, strictness: Strictness) {
    this.#bytes = bytes;
    this.#limits = limits;
    const trailer = bytes.length - trailerBytes;
    if (trailer <= headerBytes || bytes.toString('latin1', 0, 7) !== 'bplist0')
      throw malformed('not a binary property list of version 0');
    this.#offsetSize = bytes.readUInt8(trailer + 6);
    this.#refSize = bytes.readUInt8(trailer + 7);
    this.#objects = this.#unsigned(trailer + 8, 8);
    this.#table = this.#unsigned(trailer + 24, 8);
    const end = this.#table + this.#objects * this.#offsetSize;
    if (this.#offsetSize < 1 || this.#refSize < 1 || this.#objects < 1 || this.#table <= headerBytes || end > trailer)
      throw malformed('the trailer of the binary property list does not fit its bytes', trailer);
    this.#checkSizes(end, trailer, strictness);
  }

  /** What other readers do not ask (__CFBinaryPlistGetTopLevelInfo): no gap, numbers wide enough, every offset in bounds. */
  #checkSizes(end: number, trailer: number, strictness: Strictness): void {
    const refuse = (what: string): void =>
      strictness.lift(() => malformed(`${what}, which CoreFoundation does not read`, trailer));
    if (end !== trailer) refuse('bytes between the offsets and the trailer');
    if (this.#refSize < 8 && 256 ** this.#refSize <= this.#objects)
      refuse(`references of ${this.#refSize} bytes to ${this.#objects} objects`);
    if (this.#offsetSize < 8 && 256 ** this.#offsetSize <= this.#table)
      refuse(`offsets of ${this.#offsetSize} bytes in ${this.#table}`);
    let isInside = true;
    for (let at = this.#table; at < end && isInside; at += this.#offsetSize)
      isInside = this.#offsetAt(at) < this.#table;
    if (!isInside) refuse('an offset beyond the objects');
  }

  read(): PlistValue {
    const root = this.#value(this.#unsigned(this.#bytes.length - 16, 8));
    for (let frame = this.#stack.at(-1); frame !== undefined; frame = this.#stack.at(-1)) {
      if (frame.next === frame.count) {
        this.#stack.pop();
        this.#open.delete(frame.object);
        continue;
      }
      const at = frame.next++ * this.#refSize;
      const { holder } = frame;
      if (Array.isArray(holder)) holder.push(this.#value(this.#unsigned(frame.valuesAt + at, this.#refSize)));
      else {
        const key = this.#key(this.#unsigned(frame.keysAt + at, this.#refSize));
        const value = this.#value(this.#unsigned(frame.valuesAt + at, this.#refSize));
        if (key !== undefined && holder[key] === undefined) holder[key] = value;
      }
    }
    return root;
  }

  /** A value; a container comes back empty and is filled from the stack. */
  #value(object: number): PlistValue {
    if (++this.#nodes > this.#limits.maxNodes)
      throw protocolError('PLIST_LIMIT', `the property list has more than ${this.#limits.maxNodes} values`);
    const at = this.#offsetOf(object);
    const marker = this.#bytes.readUInt8(at);
    switch (marker >> 4) {
      case 0x0:
        if (marker === 0x08) return false;
        if (marker === 0x09) return true;
        break;
      case 0x1:
        return this.#integer(at, marker);
      case 0x2:
        if (marker === 0x22) return new PlistReal(this.#bytes.readFloatBE(this.#within(at + 1, 4)));
        if (marker === 0x23) return new PlistReal(this.#bytes.readDoubleBE(this.#within(at + 1, 8)));
        break;
      case 0x3:
        if (marker === 0x33) return this.#date(at);
        break;
      case 0x4: {
        const { from, count } = this.#extent(at, 1);
        this.#charge(count);
        return Buffer.from(this.#bytes.subarray(from, from + count));
      }
      case 0x5:
      case 0x6:
        return this.#string(object, at);
      case 0x8: {
        const size = (marker & 0x0f) + 1;
        const uid = this.#unsigned(this.#within(at + 1, size), size);
        if (uid > 0xffff_ffff) throw malformed('a UID beyond 32 bits', at);
        return dict({ CF$UID: uid });
      }
      case 0xa:
      case 0xd:
        return this.#container(object, at, marker >> 4 === 0xd);
    }
    throw malformed(`an object of type 0x${marker.toString(16)}, which property lists of MDM do not have`, at);
  }

  #container(object: number, at: number, isDictionary: boolean): PlistDict | PlistValue[] {
    if (this.#open.has(object)) throw malformed('a container holds itself', at);
    if (this.#stack.length >= this.#limits.maxDepth)
      throw protocolError('PLIST_LIMIT', `the property list is nested deeper than ${this.#limits.maxDepth}`);
    const { from, count } = this.#extent(at, isDictionary ? 2 * this.#refSize : this.#refSize);
    const holder: PlistDict | PlistValue[] = isDictionary ? Object.create(null) : [];
    const valuesAt = isDictionary ? from + count * this.#refSize : from;
    this.#stack.push({ object, holder, count, keysAt: from, valuesAt, next: 0 });
    this.#open.add(object);
    return holder;
  }

  #integer(at: number, marker: number): number | bigint {
    const bytes = this.#bytes;
    switch (marker & 0x0f) {
      case 0:
        return bytes.readUInt8(this.#within(at + 1, 1));
      case 1:
        return bytes.readUInt16BE(this.#within(at + 1, 2));
      case 2:
        return bytes.readUInt32BE(this.#within(at + 1, 4));
      case 3:
        return this.#narrow(bytes.readBigInt64BE(this.#within(at + 1, 8)), at);
      case 4: // Apple writes unsigned integers above 2^63 in 128 bits, and reads the lower half of them
        return this.#narrow(bytes.readBigUInt64BE(this.#within(at + 1, 16) + 8), at);
      default:
        throw malformed('an integer of unknown size', at);
    }
  }

  #narrow(integer: bigint, at: number): number | bigint {
    const narrowed = narrowInteger(integer);
    if (narrowed === undefined) throw malformed('an integer beyond 64 bits', at);
    return narrowed;
  }

  #date(at: number): Date {
    const date = new Date(Math.round((this.#bytes.readDoubleBE(this.#within(at + 1, 8)) + appleEpoch) * 1000));
    if (!isPlistDate(date)) throw malformed('a date that is no time', at);
    return date;
  }

  /** Undefined for a key that is no string: a number, a date, data or a UID; a container cannot be one. */
  #key(object: number): string | undefined {
    const at = this.#offsetOf(object);
    const type = this.#bytes.readUInt8(at) >> 4;
    if (type === 0x5 || type === 0x6) return this.#string(object, at);
    if (type >= 0xa) throw malformed('a key is an array or a dictionary', at);
    this.#value(object);
    return undefined;
  }

  #string(object: number, at: number): string {
    const wide = this.#bytes.readUInt8(at) >> 4 === 0x6;
    const { from, count } = this.#extent(at, wide ? 2 : 1);
    this.#charge(count);
    const known = this.#strings.get(object);
    if (known !== undefined) return known;
    const part = this.#bytes.subarray(from, from + (wide ? 2 * count : count));
    if (!wide && !isAscii(part)) throw malformed('text that is not ASCII', at);
    const text = wide ? wellFormed(Buffer.from(part).swap16().toString('utf16le')) : part.toString('latin1');
    this.#strings.set(object, text);
    return text;
  }

  /** Where the elements of the string, data or container at `at` begin, and how many there are; they lie within the file. */
  #extent(at: number, elementBytes: number): { from: number; count: number } {
    let count = this.#bytes.readUInt8(at) & 0x0f;
    let from = at + 1;
    if (count === 0x0f) {
      const marker = this.#bytes.readUInt8(this.#within(from, 1));
      const width = 1 << (marker & 0x0f);
      if (marker >> 4 !== 0x1) throw malformed('a length that is not an integer', from);
      count = this.#unsigned(this.#within(from + 1, width), width);
      from += 1 + width;
    }
    this.#within(from, count * elementBytes);
    return { from, count };
  }

  #offsetAt(at: number): number {
    return this.#offsetSize === 1 ? (this.#bytes[at] ?? 0) : this.#unsigned(at, this.#offsetSize);
  }

  #offsetOf(object: number): number {
    if (object >= this.#objects) throw malformed(`the object ${object} of ${this.#objects} is asked for`);
    const offset = this.#offsetAt(this.#table + object * this.#offsetSize);
    if (offset < headerBytes) throw malformed(`the object ${object} begins in the header`, offset);
    return this.#within(offset, 1);
  }

  #charge(length: number): void {
    this.#size += length;
    if (this.#size > this.#limits.maxBytes)
      throw protocolError('PLIST_LIMIT', `the property list unfolds to more than ${this.#limits.maxBytes} bytes`);
  }

  /** Answers `from` when `length` bytes from there lie before the offset table. */
  #within(from: number, length: number): number {
    if (from + length > this.#table) throw malformed('an object reaches beyond the objects', from);
    return from;
  }

  /** Of more than eight bytes the last eight count (_getSizedInt). */
  #unsigned(at: number, width: number): number {
    if (width <= 6) return this.#bytes.readUIntBE(at, width);
    const [from, size] = width > 8 ? [at + width - 8, 8] : [at, width];
    const high = this.#bytes.readUIntBE(from, size - 4);
    if (high > 0x1fffff) throw malformed('a number that no file is long enough for', at);
    return high * 0x1_0000_0000 + this.#bytes.readUInt32BE(from + size - 4);
  }
}
