import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const pageHeaderBytes = 24;
const metaBytes = 136;
const magic = 0xbeefc0de;
const noPage = 0xffffffffffffffffn;

/**
 * LMDB maps the file into memory and trusts it: of a file that is not its own, or was cut short, it would end the process.
 * So the two meta pages are looked at first. Returns what is wrong; undefined for an empty or a sound file.
 */
export function journalProblem(path: string): string | undefined {
  const file = Buffer.alloc(2 * 65_536);
  const descriptor = openSync(path, 'r');
  let size: number;
  try {
    size = fstatSync(descriptor).size;
    readSync(descriptor, file, 0, file.length, 0);
  } finally {
    closeSync(descriptor);
  }
  if (size === 0) return undefined;
  const pageBytes = file.readUInt32LE(pageHeaderBytes + 24); // md_pad of the free list's MDB_db
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) return 'it is no LMDB file';
  if (size < 2 * pageBytes) return 'it was cut short';
  const metas = [0, pageBytes].map((page) => readMeta(file.subarray(page + pageHeaderBytes)));
  if (metas.some((meta) => meta === undefined)) return 'its meta pages are damaged';
  const newest = metas.reduce((a, b) => (a && b && b.transaction > a.transaction ? b : a));
  const pages = BigInt(Math.floor(size / pageBytes));
  return newest?.roots.every((root) => root === noPage || root < pages) ? undefined : 'it was cut short';
}

/** MDB_meta: magic, version, address, map size, two MDB_db of 48 bytes (free list and main), last page, transaction. */
function readMeta(bytes: Buffer) {
  if (bytes.length < metaBytes || bytes.readUInt32LE(0) !== magic || (bytes.readUInt32LE(4) & 0xffff) !== 2) {
    return undefined;
  }
  return {
    roots: [bytes.readBigUInt64LE(24 + 40), bytes.readBigUInt64LE(24 + 48 + 40)],
    transaction: bytes.readBigUInt64LE(24 + 96 + 8),
  };
}
