import { closeSync, fsyncSync, mkdirSync, openSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { commandLineError, withFile } from './command-line.js';
import { isCode } from './errors.js';

/**
 * Makes a folder and those above it, each durable, with mode 0700 unless another is given. True when it was not there before.
 * Throws FILE_UNUSABLE, with the name of what stands in the way. Node's own `recursive` never returns below /proc.
 *
 * @example
 * makeFolder('./phones');
 */
export function makeFolder(path: string, mode = 0o700): boolean {
  const missing: string[] = [];
  let at = resolve(path);
  for (let there = statOf(at); there === undefined; there = statOf(at)) {
    missing.push(at);
    if (dirname(at) === at) break; // a drive that is not there
    at = dirname(at);
  }
  for (const folder of missing.reverse()) {
    withFile(folder, () => {
      try {
        mkdirSync(folder, mode);
      } catch (error) {
        if (!isCode(error, 'EEXIST') || statOf(folder)?.isDirectory() !== true) throw error; // else another was faster
      }
      if (basename(folder) === '.rollcall') writeFileSync(join(folder, '.gitignore'), '*\n'); // it is nobody's source
      syncFolderNow(dirname(folder));
    });
  }
  return missing.length > 0;
}

/** What is at the path: a folder, or nothing. Throws FILE_UNUSABLE for anything else. */
function statOf(path: string): Stats | undefined {
  const found = withFile(path, () => {
    try {
      return statSync(path, { throwIfNoEntry: false });
    } catch (error) {
      if (isCode(error, 'ENOTDIR')) return undefined; // told of the file that stands above it
      throw error;
    }
  });
  if (found === undefined || found.isDirectory()) return found;
  throw commandLineError('FILE_UNUSABLE', `${path} is a file, not a folder`, { details: { path, code: 'ENOTDIR' } });
}

/** What a system says that cannot make a folder's entries durable by itself; other failures are failures. */
const cannotSync = (error: unknown): boolean =>
  ['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM', 'EACCES'].some((code) => isCode(error, code));

/** Makes durable what was made, renamed or removed in a folder, where the system can. Throws what the disk says otherwise. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, 'r');
    await folder.sync();
  } catch (error) {
    if (!cannotSync(error)) throw error;
  } finally {
    await folder?.close();
  }
}

/** The same, before it returns. */
export function syncFolderNow(path: string): void {
  let folder: number | undefined;
  try {
    folder = openSync(path, 'r');
    fsyncSync(folder);
  } catch (error) {
    if (!cannotSync(error)) throw error;
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}
