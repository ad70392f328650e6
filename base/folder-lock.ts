import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isCode, type Refuse } from './errors.js';

/** The locks that this process holds, by path. */
const heldHere = new Set<string>();

/**
 * Keeps a folder for this process: two that write one folder would tell two stories. The file `owner.pid` holds the owner's
 * process number; one whose owner has ended, or whose number this process was given anew, is taken over.
 * Throws what `refuse` makes when somebody else has the folder, with `owner` in its details. Returns the way to let go.
 */
export function lockFolder(folder: string, refuse: Refuse): () => void {
  const path = join(resolve(folder), 'owner.pid');
  for (let tries = 0; tries < 3; tries++) {
    try {
      writeFileSync(path, String(process.pid), { mode: 0o600, flag: 'wx' });
      heldHere.add(path);
      return () => {
        if (heldHere.delete(path)) rmSync(path, { force: true });
      };
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const owner = readOwner(path);
    // A number that is this process's own was left by another that had it before, as in a container that started again.
    if (heldHere.has(path) || (owner !== process.pid && isAlive(owner)))
      throw refuse(`process ${owner} uses ${folder}`, { details: { owner } });
    rmSync(path, { force: true });
  }
  throw refuse(`others take ${folder} again and again`);
}

function readOwner(path: string): number {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10);
  } catch {
    return Number.NaN; // let go of meanwhile
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0); // asks, sends nothing
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}
