// A record as it lies in a batch: the lengths of table, key and value (32 bits each), then these. A value of no length: the key is
// forgotten.
import { serialize } from 'node:v8';
import { deserialized } from './deserialized.js';

const headBytes = 12;

interface RecordPlace {
  readonly table: string;
  readonly key: string;
  readonly isRemoval: boolean;
  /** Of the whole record. */
  readonly length: number;
}

/** Throws where the value is none that can be copied. */
export function encodeRecord(table: string, key: string, value: unknown): Buffer {
  const parts = [Buffer.from(table), Buffer.from(key), value === undefined ? Buffer.alloc(0) : serialize(value)];
  const head = Buffer.alloc(headBytes);
  for (const [index, { length }] of parts.entries()) head.writeUInt32BE(length, index * 4);
  return Buffer.concat([head, ...parts]);
}

/** Whose record begins there. Throws where there is none: in a batch whose check is right that cannot be. */
export function placeOfRecord(bytes: Buffer, from: number): RecordPlace {
  const table = bytes.readUInt32BE(from);
  const key = bytes.readUInt32BE(from + 4);
  const value = bytes.readUInt32BE(from + 8);
  const start = from + headBytes;
  const length = headBytes + table + key + value;
  if (from + length > bytes.length) throw new RangeError('a record that is longer than its batch');
  return {
    table: bytes.toString('utf8', start, start + table),
    key: bytes.toString('utf8', start + table, start + table + key),
    isRemoval: value === 0,
    length,
  };
}

/** The value of a record that is no removal. Nothing of it lies in `record`. */
export const valueOfRecord = (record: Buffer): unknown =>
  deserialized(record.subarray(headBytes + record.readUInt32BE(0) + record.readUInt32BE(4)));
