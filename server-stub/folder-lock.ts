import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stubError } from './errors.js';

const mine = new Set<string>();

/** Keeps a data folder for this process. One whose owner has ended is taken over. Throws DATA_LOCKED. Returns what lets go. */
export function lockFolder(folder: string): () => void {
  const path = join(resolve(folder), 'owner.pid');
  for (let tries = 0; tries < 3 && !mine.has(path); tries++) {
    try {
      writeFileSync(path, `${process.pid}`, { flag: 'wx', mode: 0o600 });
      mine.add(path);
      return () => {
        if (mine.delete(path)) rmSync(path, { force: true });
      };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    if (isRunning(path)) break;
    rmSync(path, { force: true });
  }
  throw stubError('DATA_LOCKED', `another stub authority has ${folder}`);
}

function isRunning(path: string): boolean {
  let owner: number;
  try {
    owner = Number(readFileSync(path, 'utf8'));
  } catch {
    return false; // let go of meanwhile
  }
  // A number that is this process's own was left by another that had it before, as in a container that started again.
  if (!Number.isSafeInteger(owner) || owner <= 0 || owner === process.pid) return false;
  try {
    process.kill(owner, 0); // asks, and sends nothing
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
