// The journal of the first form, as earlier versions wrote it: it is read, and written anew in the present form before anything is
// added. Its batches have a head of three numbers (length, its complement, CRC-32) and do not know each other.
import { crc32 } from 'node:zlib';
import { deserialized } from './deserialized.js';
import type { FileReader } from './file-reader.js';
import type { RecordIndex } from './record-index.js';

const formLine = Buffer.from('rollcall journal 1\n');
const headBytes = 12;
const lengthBytes = 4;

/** How far the file is sound; its records are in the index then. Throws what `damaged` makes of the reason where it is not. */
export function readFirstForm(reader: FileReader, index: RecordIndex, damaged: (why: string) => Error): number {
  const start = reader.bytes(0, formLine.length);
  if (!formLine.subarray(0, start.length).equals(start)) throw damaged('it is no journal');
  if (start.length < formLine.length) return 0; // of a process that ended before anything was put
  let at = formLine.length;
  while (at < reader.end) {
    const length = readBatch(reader, at, index, damaged);
    if (length === undefined) break;
    at += length;
  }
  return at;
}

/** The length of the batch that begins there, its records taken; undefined where the file ends within it. */
function readBatch(
  reader: FileReader,
  at: number,
  index: RecordIndex,
  damaged: (why: string) => Error,
): number | undefined {
  const head = reader.bytes(at, headBytes);
  if (head.length < headBytes) return undefined;
  const length = head.readUInt32BE(0);
  const check = head.readUInt32BE(8);
  if ((length ^ head.readInt32BE(4)) !== -1) {
    if (isZeroFrom(reader, at)) return undefined; // space that was taken and not written when the machine stopped
    throw damaged(`it is damaged at byte ${at}`);
  }
  const total = headBytes + length;
  if (at + total > reader.end) return undefined;
  const records = reader.bytes(at + headBytes, length);
  if (crc32(records) !== check) {
    if (at + total === reader.end) return undefined;
    throw damaged(`it is damaged at byte ${at}`);
  }
  for (let from = 0; from < length; ) {
    const size = records.readUInt32BE(from);
    from += lengthBytes;
    const { table, key, isRemoval } = parse(records.subarray(from, from + size));
    index.take(table, key, isRemoval ? undefined : { offset: at + headBytes + from, length: size });
    from += size;
  }
  return total;
}

function isZeroFrom(reader: FileReader, from: number): boolean {
  for (let at = from; at < reader.end; ) {
    const bytes = reader.bytes(at, 64 * 1024);
    if (!bytes.every((octet) => octet === 0)) return false;
    at += bytes.length;
  }
  return true;
}

export const valueOfFirstRecord = (record: Buffer): unknown => parse(record).value;

/** Its check was right, so it is what was written. */
function parse(bytes: Buffer): { table: string; key: string; value: unknown; isRemoval: boolean } {
  const record: unknown = deserialized(bytes);
  const [table, key, value] = Array.isArray(record) ? record : [];
  if (typeof table !== 'string' || typeof key !== 'string') throw new TypeError('a record of another shape');
  return { table, key, value, isRemoval: Array.isArray(record) && record.length === 2 };
}
