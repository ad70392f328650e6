// What devices may download: what documents refer to, and what a library user or an administrator added.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../base/clock.js';
import { stubError } from '../../errors.js';
import type { Keep } from '../../keep.js';
import { readKept } from '../../kept.js';

/** A file for devices: where they are to have it, and what is in it. */
export interface FileToAdd {
  /** On the device: relative to /storage/emulated/0, absolute where it begins with two slashes. Each path has one file. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** DEVICE_NUMBER, IMEI and CUSTOM1..3 in it are replaced on the device. */
  readonly varContent?: boolean;
  /** Ids of the devices that it is for; absent: all. */
  readonly devices?: readonly string[];
}

/** An app for devices. Its bytes may be any: nobody executes them. */
export interface AppToAdd {
  readonly pkg: string;
  readonly name?: string;
  readonly version: string;
  readonly code?: number;
  readonly bytes: Uint8Array;
  readonly runAfterInstall?: boolean;
  readonly devices?: readonly string[];
}

/** What was added, without its content. `id`: made of the content; `key`: the path below `/files/`; `at`: milliseconds. */
export interface AddedFile extends Omit<FileToAdd, 'bytes'> {
  readonly kind: 'file';
  readonly id: string;
  readonly key: string;
  readonly at: number;
  readonly size: number;
}
export interface AddedApp extends Omit<AppToAdd, 'bytes'> {
  readonly kind: 'app';
  readonly id: string;
  readonly key: string;
  readonly at: number;
  readonly size: number;
}

export interface Download {
  readonly bytes: Uint8Array;
  /** Milliseconds. */
  readonly modifiedAt: number;
}

interface ShelfLimits {
  /** Of one file or app. */
  readonly bytes: number;
  /** Of all that was added. */
  readonly allBytes: number;
  /** Files and apps. */
  readonly entries: number;
  /** Of what documents refer to: the oldest goes first, and comes back with the next document that has it. */
  readonly offeredBytes: number;
}

const mebibyte = 1024 * 1024;
const defaultLimits: ShelfLimits = {
  bytes: 16 * mebibyte,
  allBytes: 128 * mebibyte,
  entries: 1000,
  offeredBytes: 64 * mebibyte,
};

const common = {
  id: z.string(),
  key: z.string(),
  at: z.number(),
  size: z.number(),
  devices: z.array(z.string()).exactOptional(),
};
const about = z.discriminatedUnion('kind', [
  z.object({ ...common, kind: z.literal('file'), path: z.string(), varContent: z.boolean().exactOptional() }),
  z.object({
    ...common,
    kind: z.literal('app'),
    pkg: z.string(),
    name: z.string().exactOptional(),
    version: z.string(),
    code: z.number().exactOptional(),
    runAfterInstall: z.boolean().exactOptional(),
  }),
]);
const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'is not bytes');
const stored = z.object({ about, bytes });
interface Stored {
  readonly about: AddedFile | AddedApp;
  readonly bytes: Uint8Array;
}

interface ShelfOptions {
  readonly clock: Clock;
  /** With it, what was added is there after a restart. */
  readonly keep?: Keep | undefined;
  readonly limits?: Partial<ShelfLimits>;
}

/** Contents are found by the path below `/files/` of their address, which is made of their hash. */
export class Shelf {
  readonly #options: ShelfOptions;
  readonly #limits: ShelfLimits;
  readonly #added = new Map<string, Stored>();
  #addedBytes = 0;
  readonly #offered = new Map<string, Download>();
  #offeredBytes = 0;

  /** What was kept and cannot be read is set aside. */
  constructor(options: ShelfOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    for (const [, entry] of readKept(options.keep, 'file', stored)) this.#put(entry);
  }

  /**
   * Makes these bytes downloadable and returns the path below `/files/`. Who does not know the content cannot guess it, so that
   * a device reads nothing that was meant for another.
   */
  offer(name: string, bytes: Uint8Array): string {
    const key = `rendered/${contentHash(bytes)}/${name}`;
    const known = this.#offered.get(key);
    if (known !== undefined) this.#offered.delete(key);
    else this.#offeredBytes += bytes.length;
    this.#offered.set(key, known ?? { bytes, modifiedAt: this.#options.clock.now() });
    for (const [oldest, { bytes: old }] of this.#offered) {
      if (this.#offeredBytes <= this.#limits.offeredBytes || oldest === key) break;
      this.#offered.delete(oldest);
      this.#offeredBytes -= old.length;
    }
    return key;
  }

  /** By the decoded path below `/files/`. */
  find(path: string): Download | undefined {
    const offered = this.#offered.get(path);
    if (offered !== undefined) return offered;
    const added = this.#added.get(path);
    return added && { bytes: added.bytes, modifiedAt: added.about.at };
  }

  /** Throws REQUEST_INVALID: a path that no device could take, too large, too many. The file before at the same path goes. */
  addFile(file: FileToAdd): AddedFile {
    const { path, bytes, varContent, devices } = file;
    if (!isDevicePath(path)) {
      throw stubError('REQUEST_INVALID', `"${path.slice(0, 100)}" is no path of a file on a device`);
    }
    const id = contentHash(path, bytes);
    const added: AddedFile = {
      kind: 'file',
      id,
      key: `added/${id}/${lastOf(path)}`,
      path,
      at: this.#time(path),
      size: bytes.length,
      ...(varContent && { varContent }),
      ...(devices !== undefined && { devices: [...devices] }),
    };
    this.#replace({ about: added, bytes }, (other) => other.kind === 'file' && other.path === path);
    return added;
  }

  /** Throws REQUEST_INVALID: no package or version, too large, too many. The app before of the same package goes. */
  addApp(app: AppToAdd): AddedApp {
    const { pkg, name, version, code, bytes, runAfterInstall, devices } = app;
    if (!isPackage(pkg)) throw stubError('REQUEST_INVALID', `"${pkg.slice(0, 100)}" is no name of a package`);
    if (version === '' || version === '0' || version.length > 100) {
      throw stubError('REQUEST_INVALID', 'a version that a device can compare is needed; 0 means any');
    }
    const id = contentHash(pkg, version, bytes);
    const added: AddedApp = {
      kind: 'app',
      id,
      key: `added/${id}/${pkg}-${version.replaceAll(/[^\w.-]/g, '-')}.apk`,
      pkg,
      version,
      at: this.#options.clock.now(),
      size: bytes.length,
      ...(name !== undefined && { name }),
      ...(code !== undefined && { code }),
      ...(runAfterInstall && { runAfterInstall }),
      ...(devices !== undefined && { devices: [...devices] }),
    };
    this.#replace({ about: added, bytes }, (other) => other.kind === 'app' && other.pkg === pkg);
    return added;
  }

  /** What it was; undefined where there is none. Devices that have a file lose it with their next document; an app stays. */
  remove(id: string): AddedFile | AddedApp | undefined {
    const entry = [...this.#added.values()].find(({ about }) => about.id === id);
    if (entry === undefined) return undefined;
    this.#added.delete(entry.about.key);
    this.#addedBytes -= entry.bytes.length;
    this.#options.keep?.put(entry.about.key, undefined);
    return entry.about;
  }

  files(): AddedFile[] {
    return [...this.#added.values()].flatMap(({ about }) => (about.kind === 'file' ? [about] : []));
  }

  apps(): AddedApp[] {
    return [...this.#added.values()].flatMap(({ about }) => (about.kind === 'app' ? [about] : []));
  }

  /** What was added for this device. */
  addedFor(deviceId: string): { readonly files: readonly AddedFile[]; readonly apps: readonly AddedApp[] } {
    if (this.#added.size === 0) return nothing;
    const isFor = ({ devices }: { readonly devices?: readonly string[] }) => devices?.includes(deviceId) ?? true;
    return { files: this.files().filter(isFor), apps: this.apps().filter(isFor) };
  }

  /** Newer than what devices have at this path. */
  #time(path: string): number {
    const before = this.files().find((file) => file.path === path)?.at ?? 0;
    return Math.max(this.#options.clock.now(), before + 1);
  }

  #replace(entry: Stored, isOld: (other: AddedFile | AddedApp) => boolean): void {
    const { length } = entry.bytes;
    const old = [...this.#added.values()].filter(({ about }) => isOld(about));
    const freed = old.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const { bytes, allBytes, entries } = this.#limits;
    if (length > bytes || this.#addedBytes - freed + length > allBytes) {
      throw stubError('REQUEST_INVALID', `a file has ${bytes} bytes at most, and all of them ${allBytes}`);
    }
    if (this.#added.size - old.length >= entries) {
      throw stubError('REQUEST_INVALID', `there are ${entries} files and apps already`);
    }
    for (const { about } of old) this.remove(about.id);
    this.#put(entry);
    this.#options.keep?.put(entry.about.key, entry);
  }

  #put(entry: Stored): void {
    this.#added.set(entry.about.key, entry);
    this.#addedBytes += entry.bytes.length;
  }
}

const nothing = { files: [], apps: [] } as const;

function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 32);
}

const isPackage = (text: string): boolean => text.length <= 200 && /^[A-Za-z]\w*(?:\.[A-Za-z]\w*)+$/.test(text);

/** Neither control characters nor steps upwards; a file and no folder. */
const isDevicePath = (path: string): boolean =>
  path.length > 0 &&
  path.length <= 500 &&
  !/[\x00-\x1f\x7f\\]/.test(path) &&
  !path.endsWith('/') &&
  !path.split('/').some((part) => part === '..' || part === '.');

const lastOf = (path: string): string => (path.split('/').at(-1) ?? '').replaceAll(/[^\w. -]/g, '-');
