// The journal's file: a head that says the form and a number of this file alone, then batches. A batch's head holds that number, the
// length of its records, the check of the batch before it (so that none can be missing), the check of the records, and its own.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { FileReader } from './file-reader.js';

const formLine = Buffer.from('rollcall journal 2\n');
const idBytes = 8;
export const fileHeadBytes = formLine.length + idBytes + 4;
export const batchHeadBytes = idBytes + 16;
/** The last byte of a batch, which is never 0: so a sector that was never written is told from one that ends a batch. */
const endMark = Buffer.from([0xe0]);

/** What the next batch of a file holds on to. */
export interface Chain {
  readonly id: Buffer;
  /** The check of the last batch's head, or the file's. */
  readonly previous: number;
}

interface BatchHead {
  /** Of the records. */
  readonly length: number;
  /** Of head, records and end mark. */
  readonly total: number;
  readonly previous: number;
  readonly records: number;
  readonly own: number;
}

/** The head of a new file. No byte of its number is 0. */
export function newFileHead(): { readonly bytes: Buffer; readonly chain: Chain } {
  const id = Buffer.from(randomBytes(idBytes).map((octet) => octet || 1));
  const bytes = Buffer.concat([formLine, id, Buffer.alloc(4)]);
  const previous = crc32(bytes.subarray(0, -4));
  bytes.writeUInt32BE(previous, bytes.length - 4);
  return { bytes, chain: { id, previous } };
}

/** The form that a file says it is of: 1, 2 or a later one; undefined where it is no journal. */
export function formOf(reader: FileReader): number | undefined {
  const line = /^rollcall journal (\d{1,4})\n/.exec(reader.bytes(0, 24).toString('latin1'))?.[1];
  return line === undefined ? undefined : Number(line);
}

/** Undefined where the head is damaged. */
export function readFileHead(reader: FileReader): Chain | undefined {
  const bytes = Buffer.from(reader.bytes(0, fileHeadBytes));
  if (bytes.length < fileHeadBytes) return undefined;
  const previous = bytes.readUInt32BE(fileHeadBytes - 4);
  if (crc32(bytes.subarray(0, -4)) !== previous) return undefined;
  return { id: bytes.subarray(formLine.length, formLine.length + idBytes), previous };
}

/** A batch, and what the one after it holds on to. Its records lie in it one after another, from `batchHeadBytes` on. */
export function encodeBatch({ id, previous }: Chain, records: readonly Buffer[]): { bytes: Buffer; chain: Chain } {
  const bytes = Buffer.concat([Buffer.alloc(batchHeadBytes), ...records, endMark]);
  const body = bytes.subarray(batchHeadBytes, -1);
  id.copy(bytes);
  bytes.writeUInt32BE(body.length, idBytes);
  bytes.writeUInt32BE(previous, idBytes + 4);
  bytes.writeUInt32BE(crc32(body), idBytes + 8);
  const own = crc32(bytes.subarray(0, batchHeadBytes - 4));
  bytes.writeUInt32BE(own, batchHeadBytes - 4);
  return { bytes, chain: { id, previous: own } };
}

/** The head of a batch that begins there; undefined where none of this file does, whole and sound. */
export function readBatchHead(reader: FileReader, at: number, id: Buffer): BatchHead | undefined {
  const bytes = reader.bytes(at, batchHeadBytes);
  if (bytes.length < batchHeadBytes || !bytes.subarray(0, idBytes).equals(id)) return undefined;
  const own = bytes.readUInt32BE(batchHeadBytes - 4);
  if (crc32(bytes.subarray(0, -4)) !== own) return undefined;
  const length = bytes.readUInt32BE(idBytes);
  return {
    length,
    total: batchHeadBytes + length + endMark.length,
    previous: bytes.readUInt32BE(idBytes + 4),
    records: bytes.readUInt32BE(idBytes + 8),
    own,
  };
}

/** The records of a batch; undefined where they are not what was written, or not all there. They hold until the next reading. */
export function readRecords(reader: FileReader, at: number, head: BatchHead): Buffer | undefined {
  const bytes = reader.bytes(at + batchHeadBytes, head.length + endMark.length);
  const records = bytes.subarray(0, head.length);
  if (bytes.length < head.length + endMark.length || bytes[head.length] !== endMark[0]) return undefined;
  return crc32(records) === head.records ? records : undefined;
}
