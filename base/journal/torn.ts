// What a machine that stopped while it wrote may leave behind at the end of a file, told from damage.
import { batchHeadBytes, readBatchHead } from './batch.js';
import type { FileReader } from './file-reader.js';

const sectorBytes = 512;
const windowBytes = 64 * 1024;

/**
 * Why the batch that should begin at `at` and cannot be read is damage; undefined where it can be the one whose writing was under
 * way when the machine stopped, which nobody was told of. That one is the last: nothing of another stands behind it. It ends
 * before it should, or some of its sectors were never written, and are zeros. One flipped byte is neither.
 *
 * `total` is its length, where its head is sound.
 */
export function damageOf(reader: FileReader, at: number, id: Buffer, total: number | undefined): string | undefined {
  const later = findBatch(reader, at + 1, id);
  if (later !== undefined) return `it is damaged at byte ${at}, and sound batches follow at byte ${later}`;
  const isDamaged = `it is damaged at byte ${at}`;
  if (total === undefined) {
    const isCutOff = reader.end - at < batchHeadBytes;
    return isCutOff || hasUnwritten(reader, at, at + batchHeadBytes) ? undefined : isDamaged;
  }
  if (at + total > reader.end) return undefined;
  return at + total === reader.end && hasUnwritten(reader, at, at + total) ? undefined : isDamaged;
}

/** Whether a sector of which some lies in the range is all zeros between `from` and the end of the file. */
function hasUnwritten(reader: FileReader, from: number, to: number): boolean {
  for (let at = from; at < to; ) {
    const next = (Math.floor(at / sectorBytes) + 1) * sectorBytes;
    if (reader.bytes(at, next - at).every((octet) => octet === 0)) return true;
    at = next;
  }
  return false;
}

/** Where the next batch of this file begins whose head is sound. */
function findBatch(reader: FileReader, from: number, id: Buffer): number | undefined {
  for (let at = from; at < reader.end; ) {
    const window = reader.bytes(at, windowBytes);
    const found = window.indexOf(id);
    if (found < 0) at += Math.max(1, window.length - id.length + 1);
    else if (readBatchHead(reader, at + found, id) !== undefined) return at + found;
    else at += found + 1;
  }
  return undefined;
}
