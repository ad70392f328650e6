// The device's files, as one session changes them: by absolute path, folders only as far as something lies in them.
import type { AndroidMemory } from '../memory.js';
import { sharedStorage } from './paths.js';
import type { Received } from './received.js';
import type { DeviceFile } from './saved.js';

/** Bounds on what one authority puts on a device. */
export const mostFiles = 5000;
const mostWeight = 16 * 1024 * 1024;
/** A larger file is known by its hash and size alone. */
export const mostContent = 256 * 1024;
/** Paths under which the server may have written one file. */
const mostRecords = 8;

/** A file to be put in place. */
interface NewFile {
  readonly received: Received;
  /** The device reads it, now or later. */
  readonly isRead: boolean;
  /** Path as the server wrote it, and its `lastUpdate`. */
  readonly record: readonly [path: string, lastUpdate: number];
}

const parentsOf = (path: string): string[] => {
  const names = path.split('/');
  return names.slice(1, -1).map((_name, index) => names.slice(0, index + 2).join('/'));
};

const weightOf = (path: string, { content, records }: DeviceFile): number =>
  200 + path.length + (content?.length ?? 0) + records.reduce((sum, [name]) => sum + 40 + name.length, 0);

/** The files of a device. Nothing is stored before `keep`. */
export class FileSystem {
  readonly #files: Map<string, DeviceFile>;
  /** How many files lie in each folder or below it. */
  readonly #folders = new Map<string, number>();
  #weight = 0;
  #isChanged = false;

  constructor(files: Readonly<Record<string, DeviceFile>> = {}) {
    this.#files = new Map(Object.entries(files));
    for (const [path, file] of this.#files) this.#count(path, file, 1);
  }

  get(path: string): DeviceFile | undefined {
    return this.#files.get(path);
  }

  isFolder(path: string): boolean {
    return path === '/' || path === sharedStorage || sharedStorage.startsWith(`${path}/`) || this.#folders.has(path);
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.isFolder(path);
  }

  /** Puts a file in place of whatever file is there. Gives the reason in the system's words where that cannot be. */
  write(path: string, { received, isRead, record: [name, lastUpdate] }: NewFile): string | undefined {
    if (this.isFolder(path)) return 'Is a directory';
    if (parentsOf(path).some((parent) => this.#files.has(parent))) return 'Not a directory';
    const before = this.#files.get(path);
    if (before === undefined && this.#files.size >= mostFiles)
      return `No space left on device: it holds ${mostFiles} files already`;
    const others = (before?.records ?? []).filter(([known]) => known !== name).slice(1 - mostRecords);
    const file: DeviceFile = {
      size: received.size,
      sha256: received.sha256,
      ...(isRead && received.content !== undefined && received.size <= mostContent
        ? { content: Buffer.from(received.content) }
        : {}),
      records: [...others, [name, lastUpdate]],
    };
    const more = weightOf(path, file) - (before === undefined ? 0 : weightOf(path, before));
    if (more > 0 && this.#weight + more > mostWeight) return 'No space left on device';
    this.remove(path);
    this.#files.set(path, file);
    this.#count(path, file, 1);
    this.#isChanged = true;
    return undefined;
  }

  /** As java.io.File.delete: a folder in which something lies stays. */
  remove(path: string): boolean {
    const file = this.#files.get(path);
    if (file === undefined) return false;
    this.#files.delete(path);
    this.#count(path, file, -1);
    this.#isChanged = true;
    return true;
  }

  /** A folder with all that lies in it, or a file. Gives how many files went. */
  removeTree(path: string): number {
    const below = path === '/' ? '/' : `${path}/`;
    const gone = [...this.#files.keys()].filter((name) => name === path || name.startsWith(below));
    for (const name of gone) this.remove(name);
    return gone.length;
  }

  /** The files that lie in a folder itself. Gives how many went. */
  removeFilesIn(path: string): number {
    const below = path === '/' ? '/' : `${path}/`;
    const gone = [...this.#files.keys()].filter(
      (name) => name.startsWith(below) && !name.slice(below.length).includes('/'),
    );
    for (const name of gone) this.remove(name);
    return gone.length;
  }

  keep(memory: AndroidMemory): void {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    if (this.#files.size === 0) memory.forget('files');
    else memory.change({ files: Object.fromEntries(this.#files) });
  }

  #count(path: string, file: DeviceFile, by: 1 | -1): void {
    this.#weight += by * weightOf(path, file);
    for (const parent of parentsOf(path)) {
      const count = (this.#folders.get(parent) ?? 0) + by;
      if (count === 0) this.#folders.delete(parent);
      else this.#folders.set(parent, count);
    }
  }
}
