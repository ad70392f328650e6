import { protocolError } from '../errors.js';
import { appleEpoch } from './binary.js';
import { fits64, isPlistDate } from './scalars.js';
import { isDict, type PlistDict, type PlistValue } from './value.js';

const deepest = 512;

/** An object of the file: its marker and bytes, then (containers) the numbers of the objects it holds. */
interface Written {
  readonly head: Buffer;
  readonly refs: readonly number[];
}

/** A `bplist00`; equal strings are written once, as Apple does. Refuses what `buildPlist` refuses, with the same codes. */
export function buildBinaryPlist(value: PlistValue): Buffer {
  const objects: Written[] = [];
  const strings = new Map<string, number>();
  const addString = (text: string): number => {
    const known = strings.get(text);
    if (known !== undefined) return known;
    strings.set(text, objects.length);
    return objects.push({ head: stringObject(text), refs: [] }) - 1;
  };
  const add = (item: PlistValue, depth: number): number => {
    if (depth > deepest) throw protocolError('PLIST_LIMIT', `the value is nested deeper than ${deepest}`);
    if (typeof item === 'string') return addString(item);
    if (Array.isArray(item)) {
      const refs = item.map((held) => add(held, depth + 1));
      return objects.push({ head: marked(0xa0, refs.length), refs }) - 1;
    }
    if (isDict(item)) {
      const entries = Object.entries(item).filter((entry): entry is [string, PlistValue] => entry[1] !== undefined);
      const refs = [...entries.map(([key]) => addString(key)), ...entries.map(([, held]) => add(held, depth + 1))];
      return objects.push({ head: marked(0xd0, entries.length), refs }) - 1;
    }
    return objects.push({ head: scalarObject(item), refs: [] }) - 1;
  };
  const top = add(value, 0);

  const refSize = widthOf(objects.length);
  const parts: Buffer[] = [Buffer.from('bplist00')];
  const offsets: number[] = [];
  let length = 8;
  for (const { head, refs } of objects) {
    offsets.push(length);
    parts.push(head, numbers(refs, refSize));
    length += head.length + refs.length * refSize;
  }
  const offsetSize = widthOf(length);
  const trailer = Buffer.alloc(32);
  trailer[6] = offsetSize;
  trailer[7] = refSize;
  trailer.writeBigUInt64BE(BigInt(objects.length), 8);
  trailer.writeBigUInt64BE(BigInt(top), 16);
  trailer.writeBigUInt64BE(BigInt(length), 24);
  return Buffer.concat([...parts, numbers(offsets, offsetSize), trailer]);
}

const widthOf = (largest: number): number => (largest < 0x100 ? 1 : largest < 0x1_0000 ? 2 : 4);

function numbers(values: readonly number[], width: number): Buffer {
  const out = Buffer.alloc(values.length * width);
  for (const [index, value] of values.entries()) out.writeUIntBE(value, index * width, width);
  return out;
}

/** A marker with a length: below 15 in its low four bits, else as an integer object behind it. */
function marked(marker: number, length: number): Buffer {
  if (length < 15) return Buffer.from([marker | length]);
  const width = widthOf(length);
  return Buffer.concat([Buffer.from([marker | 0x0f, 0x10 | Math.log2(width)]), numbers([length], width)]);
}

function stringObject(text: string): Buffer {
  if (/^[\0-\x7f]*$/.test(text)) return Buffer.concat([marked(0x50, text.length), Buffer.from(text, 'latin1')]);
  return Buffer.concat([
    marked(0x60, text.length),
    Buffer.from(text.replace(/\p{Surrogate}/gu, '\ufffd'), 'utf16le').swap16(),
  ]);
}

function scalarObject(value: Exclude<PlistValue, string | PlistValue[] | PlistDict>): Buffer {
  if (typeof value === 'boolean') return Buffer.from([value ? 0x09 : 0x08]);
  if (typeof value === 'number' || typeof value === 'bigint') return integerObject(value);
  if (value instanceof Uint8Array) return Buffer.concat([marked(0x40, value.length), value]);
  const out = Buffer.alloc(9);
  if (value instanceof Date) {
    if (!isPlistDate(value)) throw protocolError('PLIST_MALFORMED', 'a date that is no time has no form');
    out[0] = 0x33;
    out.writeDoubleBE(value.getTime() / 1000 - appleEpoch, 1);
  } else {
    out[0] = 0x23;
    out.writeDoubleBE(value.value, 1);
  }
  return out;
}

function integerObject(value: number | bigint): Buffer {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw protocolError('PLIST_MALFORMED', `${value} is no safe integer: use PlistReal or a bigint`);
  const integer = BigInt(value);
  if (!fits64(integer)) throw protocolError('PLIST_MALFORMED', 'an integer beyond 64 bits has no form');
  if (integer >= 0n && integer <= 0xffff_ffffn) {
    const width = widthOf(Number(integer));
    return Buffer.concat([Buffer.from([0x10 | Math.log2(width)]), numbers([Number(integer)], width)]);
  }
  if (integer < 2n ** 63n) {
    const out = Buffer.alloc(9, 0x13);
    out.writeBigInt64BE(integer, 1);
    return out;
  }
  const out = Buffer.alloc(17);
  out[0] = 0x14; // unsigned and above 2^63: Apple writes 128 bits
  out.writeBigUInt64BE(integer, 9);
  return out;
}
