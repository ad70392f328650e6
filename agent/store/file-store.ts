import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withFile } from '../../base/command-line.js';
import { isCode } from '../../base/errors.js';
import { type FolderLock, lockFolder } from '../../base/folder-lock.js';
import { makeFolder, syncFolder, syncFolderNow } from '../../base/folders.js';
import { writeWholeFile } from '../../base/whole-file.js';
import { agentError } from '../errors.js';
import { packState, unpackState } from './pack.js';
import type { DeviceStore } from './store.js';

// One file for each device: the SHA-256 of the rest, then what packState wrote. See docs/decisions/0004-device-files.md.

const suffix = '.device';
const unfinished = '.new';
/** Behind the name of a file that could not be read, once another is written in its place. */
const damaged = '.damaged';
const maxNameLength = 200;
const digestBytes = 32;
const maxBytes = 16 * 1024 * 1024 + digestBytes;

/**
 * Devices in a folder (mode 0700 where it is made here), files 0600, for one owner at a time. Throws STATE_LOCKED, and
 * FILE_UNUSABLE for what cannot be such a folder. A file that cannot be read is STATE_CORRUPT for its device alone, each time it
 * is loaded; when that device is saved anew, the damaged file is kept beside as `<file>.damaged`.
 *
 * @example
 * const store = await openFileStore('./phones');
 * const [id] = store.ids();
 * const state = id === undefined ? undefined : store.load(id);
 */
export async function openFileStore(folder: string): Promise<DeviceStore> {
  if (makeFolder(folder)) chmodSync(folder, 0o700); // one that was there is somebody's own: the files are 0600 all the same
  const lock = lockFolder(folder, (message, context) => agentError('STATE_LOCKED', message, context));
  try {
    withFile(folder, tidy);
  } catch (error) {
    lock();
    throw error;
  }
  const writers = new Map<string, Writer>();
  const unreadable = new Set<string>();
  let isClosed = false;
  const writerOf = (name: string): Writer => {
    if (isClosed) throw agentError('STATE_UNSAVED', `${join(folder, name)} cannot be written: the store is closed`);
    let writer = writers.get(name);
    if (writer === undefined) {
      writer = new Writer(folder, name, lock, () => writers.delete(name));
      writers.set(name, writer);
    }
    return writer;
  };
  return {
    isDurable: true,
    load(id) {
      const name = nameOf(id);
      if (name === undefined) return undefined;
      const waiting = writers.get(name)?.newest;
      if (waiting !== undefined) return waiting.packed === undefined ? undefined : unpackState(waiting.packed);
      unreadable.add(name);
      const packed = read(join(folder, name));
      const state = packed === undefined ? undefined : unpackState(packed);
      unreadable.delete(name);
      return state;
    },
    async save(state) {
      const name = nameOf(state.facts.id);
      if (name === undefined) {
        throw agentError(
          'STATE_CORRUPT',
          `a device needs an id of 1 to ${maxNameLength} plain characters to be stored`,
        );
      }
      const packed = packState(state);
      const writer = writerOf(name);
      if (unreadable.has(name)) setAside(folder, name);
      unreadable.delete(name);
      await writer.write(packed);
    },
    async delete(id) {
      const name = nameOf(id);
      if (name !== undefined) await writerOf(name).write(undefined);
    },
    ids() {
      const names = new Set(readdirSync(folder).filter((name) => name.endsWith(suffix)));
      for (const [name, { newest }] of writers) {
        if (newest?.packed === undefined) names.delete(name);
        else names.add(name);
      }
      return [...names].sort().flatMap(idOf);
    },
    async close() {
      isClosed = true; // the folder is another's from here on
      await Promise.allSettled([...writers.values()].map((writer) => writer.idle()));
      lock();
    },
  };
}

function tidy(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.endsWith(unfinished))
      rmSync(join(folder, name), { force: true }); // of a process that ended while it wrote
    else if (name.endsWith(suffix)) chmodSync(join(folder, name), 0o600);
  }
}

/** The file of a device; undefined for an id that cannot be kept. An id's capitals differ in the name too: not every disk tells them apart. */
function nameOf(id: string): string | undefined {
  if (id.length === 0 || id.length > maxNameLength || Buffer.from(id).toString() !== id) return undefined;
  const name = id.replace(/[^A-Z0-9-]/gu, (letter) => `_${Buffer.from(letter).toString('hex').toUpperCase()}_`);
  return name.length > maxNameLength ? undefined : `${name}${suffix}`;
}

function idOf(name: string): string[] {
  const id = name
    .slice(0, -suffix.length)
    .replace(/_([0-9A-F]+)_/g, (_, hex: string) => Buffer.from(hex, 'hex').toString());
  return nameOf(id) === name ? [id] : []; // not a file of ours
}

/** What lies in a file. Undefined where there is none; throws STATE_CORRUPT for one that is not whole. */
function read(path: string): Buffer | undefined {
  const corrupt = (why: string, cause?: unknown) => agentError('STATE_CORRUPT', `${path}: ${why}`, { cause });
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw corrupt('cannot be read', error);
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > maxBytes) throw corrupt(`is no file of at most ${maxBytes} bytes`);
    const bytes = readFileSync(file);
    const packed = bytes.subarray(digestBytes);
    if (!digest(packed).equals(bytes.subarray(0, digestBytes))) throw corrupt('is not what was written');
    return packed;
  } finally {
    closeSync(file);
  }
}

/** Keeps a file that cannot be read from being written over. Throws STATE_UNSAVED. */
function setAside(folder: string, name: string): void {
  const path = join(folder, name);
  try {
    renameSync(path, path + damaged);
    syncFolderNow(folder);
  } catch (cause) {
    if (isCode(cause, 'ENOENT')) return;
    throw agentError('STATE_UNSAVED', `${path} is damaged and cannot be kept beside`, { cause });
  }
}

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

interface Wanted {
  /** Undefined: no file at all. */
  readonly packed: Buffer | undefined;
}

/** Writes one file, one version at a time; versions that were overtaken while they waited are never written. */
class Writer {
  readonly #done: () => void;
  readonly #folder: string;
  readonly #name: string;
  readonly #lock: FolderLock;

  /** What the file is to hold, from when it was asked for until it does. */
  newest: Wanted | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(folder: string, name: string, lock: FolderLock, done: () => void) {
    this.#folder = folder;
    this.#name = name;
    this.#lock = lock;
    this.#done = done;
  }

  /** Resolves once this version, or a newer one, is on the disk. */
  write(packed: Buffer | undefined): Promise<void> {
    this.newest = { packed };
    const before = this.#running?.catch(() => {}) ?? Promise.resolve(); // its own caller is told
    this.#next ??= before.then(() => this.#start());
    return this.#next;
  }

  async idle(): Promise<void> {
    for (let at = this.#next ?? this.#running; at !== undefined; at = this.#next ?? this.#running)
      await at.catch(() => {});
  }

  async #start(): Promise<void> {
    this.#next = undefined;
    const wanted = this.newest;
    if (wanted === undefined) return;
    this.#running = this.#put(wanted);
    try {
      await this.#running;
    } catch (cause) {
      throw agentError('STATE_UNSAVED', `${join(this.#folder, this.#name)} cannot be written`, { cause });
    } finally {
      this.#running = undefined;
      if (this.newest === wanted) {
        this.newest = undefined;
        this.#done();
      }
    }
  }

  async #put({ packed }: Wanted): Promise<void> {
    this.#lock.assertHeld();
    const path = join(this.#folder, this.#name);
    if (packed !== undefined) {
      await writeWholeFile(path, [digest(packed), packed], { mode: 0o600, draft: path + unfinished });
      return;
    }
    await rm(path, { force: true });
    await syncFolder(this.#folder);
  }
}
