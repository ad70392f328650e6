import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { commandLineError, withFile } from './command-line.js';
import { isCode, isRollcallError, type Refuse, type RollcallError } from './errors.js';

// A lock of the kernel's, docs/decisions/0012-one-owner.md: it ends with the process that holds it, however that ends.

/** A folder that is held. Called, it lets go; a second call does nothing. */
export interface FolderLock {
  (): void;
  /**
   * To be called before each write: somebody may have deleted `owner.pid`, and with it what others would be refused by. The
   * file is made and locked anew then; throws what `lockFolder` threw where another process was faster, from then on each time:
   * what this one would write is older than what the other may have written, also once that has let go.
   */
  assertHeld(): void;
}

/**
 * Keeps a folder for one owner, a process or a part of one: two that write one folder would tell two stories. The lock is on
 * the file `owner.pid`, which names its owner, and holds across PID namespaces and containers that share the folder. A file
 * that was left behind, by whatever version, hinders nobody. Child processes do not inherit the lock.
 *
 * Throws at once what `refuse` makes when somebody else has the folder, with `owner`, a process number as its owner sees it,
 * and if it runs elsewhere `host` in its details; FILE_UNUSABLE where nothing can be written, or the file system or this build of Node has no locks.
 *
 * @example
 * const lock = lockFolder('./phones', (message, context) => agentError('STATE_LOCKED', message, context));
 * lock.assertHeld();
 * lock();
 */
export function lockFolder(folder: string, refuse: Refuse): FolderLock {
  const path = join(resolve(folder), 'owner.pid');
  let file: number | undefined = take(path, folder, refuse);
  const letGo = (): void => {
    if (file === undefined) return;
    const held = file;
    file = undefined;
    try {
      if (isAt(path, held)) rmSync(path, { force: true }); // while it is locked: nobody else can have begun with it
    } finally {
      closeSync(held);
    }
  };
  let lost: RollcallError | undefined;
  const losing: Refuse = (message, context) => {
    lost = refuse(message, context);
    return lost;
  };
  const assertHeld = (): void => {
    if (lost !== undefined) throw lost;
    if (file === undefined || isAt(path, file)) return;
    const again = take(path, folder, losing);
    closeSync(file);
    file = again;
  };
  return Object.assign(letGo, { assertHeld });
}

const openFlags = constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/** The locked file, open. */
function take(path: string, folder: string, refuse: Refuse): number {
  for (let tries = 0; tries < 10; tries++) {
    const file = withFile(path, () => openSync(path, openFlags, 0o600));
    let isTaken = false;
    try {
      if (!tryLock(file, folder)) throw refusal(path, folder, refuse);
      isTaken = isAt(path, file); // else its owner let go, and removed it, between the two calls
      if (isTaken) tellOwner(file);
    } finally {
      if (!isTaken) closeSync(file);
    }
    if (isTaken) return file;
  }
  throw refuse(`others take ${folder} again and again`);
}

/** True while the open file is the one that stands at this path. */
function isAt(path: string, file: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  const own = fstatSync(file);
  return there !== undefined && there.ino === own.ino && there.dev === own.dev;
}

/** What is used of the package, which brings no types. */
interface NativeLocks {
  /** On the whole file, exclusive, for this opening of it. False while another opening has it. */
  tryLock(file: number): boolean;
}

let locks: NativeLocks | undefined;

/**
 * Keeps an open file for this opening of it, until it is closed, however the process ends. False where another opening has it;
 * true as well where this file system or build of Node has no locks.
 */
export function tryLockFile(file: number, path: string): boolean {
  try {
    return tryLock(file, path);
  } catch (error) {
    if (isRollcallError(error, 'FILE_UNUSABLE')) return true;
    throw error;
  }
}

function tryLock(file: number, folder: string): boolean {
  const unusable = (why: string, cause: unknown) =>
    commandLineError('FILE_UNUSABLE', `${folder} cannot be kept for one process: ${why}`, {
      cause,
      hint: 'Without a lock two processes could write it at once. Choose a folder on a local disk.',
    });
  try {
    locks ??= createRequire(import.meta.url)('fs-native-extensions') as NativeLocks;
  } catch (cause) {
    throw unusable(`there is no lock for this build of Node (${process.platform}, ${process.arch})`, cause);
  }
  try {
    return locks.tryLock(file);
  } catch (error) {
    if (isCode(error, 'EBUSY') || isCode(error, 'EACCES')) return false; // as Windows, and POSIX allows, say it
    throw unusable('its file system has no locks', error);
  }
}

/** Who has the file, for those who are refused. Not being able to say so, as on a full disk, takes nothing from the lock. */
function tellOwner(file: number): void {
  try {
    ftruncateSync(file);
    writeSync(file, `${process.pid}\n${hostname()}\n${pidNamespace() ?? ''}\n`, 0);
  } catch {}
}

function refusal(path: string, folder: string, refuse: Refuse): RollcallError {
  const [pid = '', host = '', namespace = ''] = readOwner(path).split('\n');
  const owner = /^\d{1,10}$/.test(pid) ? Number(pid) : undefined;
  const name = owner === undefined ? 'another process' : `process ${owner}`;
  const isOwn = host === hostname() && namespace === (pidNamespace() ?? '');
  if (isOwn || !/^[\w.-]{1,253}$/.test(host)) return refuse(`${name} uses ${folder}`, { details: { owner } });
  return refuse(`${name} on host ${host}, in another container or PID namespace, uses ${folder}`, {
    details: { owner, host },
  });
}

function readOwner(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // let go of meanwhile, or not to be read while it is locked, as on Windows
  }
}

/** The name that Linux gives the PID namespace of this process. */
function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}
