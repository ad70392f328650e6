import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './folders.js';

interface WholeFileOptions {
  /** Whatever the umask says, from the file's first byte on. */
  readonly mode: 0o600 | 0o644;
  /**
   * Where it is written until it is whole. Default: a name of its own beside the file. A name that is given stands for one
   * writer at a time, and for whoever clears away what a process left that ended while it wrote.
   */
  readonly draft?: string;
}

/**
 * Writes a whole file or nothing: written beside, made durable, then renamed, and the rename made durable. Whoever looks, and
 * whoever looks after the machine lost its power, finds the old file or the new one. When it throws what the system says, such
 * as ENOSPC, the old file is as it was and the draft is gone; only where the disk failed in the last step, making the rename
 * durable, the new one may be there.
 *
 * @example
 * await writeWholeFile('ca.pem', pem, { mode: 0o644 });
 */
export async function writeWholeFile(
  path: string,
  content: string | readonly Uint8Array[],
  { mode, draft = `${path}.${randomUUID()}` }: WholeFileOptions,
): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.concat(content);
  try {
    const file = await open(draft, 'w', mode);
    await closing(file, async () => {
      await file.chmod(mode);
      await writeAll(file, bytes);
      await file.sync();
    });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** One write may take fewer bytes than it was given, as when the disk is about to be full. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, done);
    if (bytesWritten === 0) throw new Error(`only ${done} of ${bytes.length} bytes were taken`);
    done += bytesWritten;
  }
}

/** Some systems say only when a file is closed that it was not written. */
async function closing(file: FileHandle, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    await file.close().catch(() => {}); // it adds nothing to the failure before it
    throw error;
  }
  await file.close();
}
