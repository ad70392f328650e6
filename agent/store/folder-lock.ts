import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { agentError } from '../errors.js';

const heldHere = new Set<string>();

/**
 * Keeps a folder for this process: two that emulate the same device would tell its authority two stories. The file holds
 * the owner's process number; one whose owner is gone is taken over. Throws STATE_LOCKED. Returns the way to let go.
 */
export function lockFolder(folder: string): () => void {
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
    if (heldHere.has(path) || (owner !== process.pid && isAlive(owner)))
      throw agentError('STATE_LOCKED', `process ${owner} uses ${folder}`, { details: { owner } });
    rmSync(path, { force: true });
  }
  throw agentError('STATE_LOCKED', `${folder} is fought over`);
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

const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
