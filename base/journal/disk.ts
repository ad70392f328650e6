import { close, fdatasync, ftruncate, open, rename, rm, write } from 'node:fs';
import { promisify } from 'node:util';
import { syncFolder } from '../folders.js';

/** The calls that change what is on a disk. A test may have them fail. Files are said by their descriptors. */
export interface Disk {
  /** A file readable by its owner only. `made`: empty, whatever was there. */
  open(path: string, how: 'made' | 'there'): Promise<number>;
  /** The number of bytes that were written, which may be less than were asked for. */
  write(file: number, bytes: Uint8Array, position: number): Promise<number>;
  truncate(file: number, length: number): Promise<void>;
  /** The file's data and length are on the disk. */
  sync(file: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** The names in the folder are on the disk. */
  syncFolder(path: string): Promise<void>;
  close(file: number): Promise<void>;
}

const openFile = promisify(open);
const writeAt = promisify(write);

export const realDisk: Disk = {
  open: (path, how) => openFile(path, how === 'made' ? 'w+' : 'r+', 0o600),
  write: async (file, bytes, position) => (await writeAt(file, bytes, 0, bytes.length, position)).bytesWritten,
  truncate: promisify(ftruncate),
  sync: promisify(fdatasync),
  rename: promisify(rename),
  remove: (path) => promisify(rm)(path, { force: true }),
  syncFolder,
  close: promisify(close),
};

/** Writes all of it, in as many calls as that takes. Throws what the disk throws, and where it takes no more without a word. */
export async function writeWhole(disk: Disk, file: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const written = await disk.write(file, bytes.subarray(done), position + done);
    if (written <= 0) throw new Error('the disk takes no more bytes, and does not say why');
    done += written;
  }
}
