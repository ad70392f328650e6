// Values by table and key in one file that only grows at its end, and is written anew when most of it is old.
// After a crash it holds every batch that was made durable, and nothing of one that was not.
import {
  chmodSync,
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { stubError } from './errors.js';

const writeAt = promisify(write);
const makeDurable = promisify(fdatasync);

/** The file: this line, then batches, each a head of three numbers (length, its complement, CRC-32) and its records. */
const magic = Buffer.from('rollcall journal 1\n');
const headBytes = 12;
const lengthBytes = 4;
const chunkBytes = 1024 * 1024;
/** What may be old in the file before it is written anew, beside as much as is not. */
const slackBytes = 8 * 1024 * 1024;

/** Where a record's bytes lie in the file. */
interface Place {
  readonly offset: number;
  readonly length: number;
}

interface Change {
  readonly table: string;
  readonly key: string;
  /** Absent: the key is forgotten. */
  readonly bytes: Buffer;
  readonly isRemoval: boolean;
}

export interface RecordLogOptions {
  readonly path: string;
  /** A write that failed: it is tried again with the next. */
  readonly onFailure: (error: unknown) => void;
  /** The file ended within a batch, which is left out. */
  readonly onTorn: (bytes: number) => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class RecordLog {
  readonly #options: RecordLogOptions;
  #file: number;
  #size = magic.length;
  #index = new Map<string, Map<string, Place>>();
  #liveBytes = 0;
  /** What is not durable yet: the newest of each key. */
  #pending = new Map<string, Change>();
  #running: Promise<void> | undefined;
  #isClosed = false;
  #waiting: Waiter[] = [];
  #failure: string | undefined;

  /** Opens the file or makes it, for its owner only. Throws DATA_CORRUPT when it is damaged, or none of ours. */
  constructor(options: RecordLogOptions) {
    this.#options = options;
    rmSync(this.#draft, { force: true }); // of a process that ended while it wrote
    this.#file = openSync(options.path, 'a+', 0o600);
    closeSync(this.#file);
    chmodSync(options.path, 0o600);
    this.#file = openSync(options.path, 'r+');
    try {
      this.#load();
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** Everything in a table, in no order. */
  entries(table: string): [key: string, value: unknown][] {
    return [...(this.#index.get(table) ?? [])].map(([key, place]) => [key, this.#read(place).value]);
  }

  /** The keys of a table, in no order. */
  keys(table: string): string[] {
    return [...(this.#index.get(table)?.keys() ?? [])];
  }

  /** One durable value; undefined where there is none. */
  value(table: string, key: string): unknown {
    const place = this.#index.get(table)?.get(key);
    return place === undefined ? undefined : this.#read(place).value;
  }

  /** Returns at once. The value is copied now; changes made in one turn of the event loop are durable together or not at all. */
  put(table: string, key: string, value: unknown): void {
    if (this.#isClosed) return;
    const isRemoval = value === undefined;
    const bytes = serialize(isRemoval ? [table, key] : [table, key, value]);
    this.#pending.set(`${table}\n${key}`, { table, key, bytes, isRemoval });
    this.#running ??= this.#run();
  }

  /** Makes durable what is not yet. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
    if (this.#pending.size > 0) await this.#run();
    if (this.#file >= 0) closeSync(this.#file);
    this.#file = -1;
  }

  /** True while nothing that was put waits to be written. */
  get isDurable(): boolean {
    return this.#pending.size === 0 && this.#running === undefined;
  }

  /** Resolves once everything put until now is on the disk. Throws STORE_UNWRITABLE where it could not be written. */
  durable(): Promise<void> {
    if (this.isDurable) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  /** Why nothing can be written at present. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get #draft(): string {
    return `${this.#options.path}.new`;
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate); // the rest of this turn goes with it
    while (this.#pending.size > 0) {
      const batch = this.#pending;
      this.#pending = new Map();
      const waiting = this.#waiting.splice(0);
      try {
        await this.#append([...batch.values()]);
        this.#failure = undefined;
        for (const { resolve } of waiting) resolve();
        if (this.#size > 2 * this.#liveBytes + slackBytes) await this.#rewrite();
      } catch (error) {
        // Newer changes of a key stand above those that failed.
        this.#pending = new Map([...batch, ...this.#pending]);
        this.#failure = String(error);
        this.#options.onFailure(error);
        const told = stubError('STORE_UNWRITABLE', `${this.#options.path} cannot be written: ${error}`, {
          cause: error,
        });
        for (const { reject } of [...waiting, ...this.#waiting.splice(0)]) reject(told);
        break;
      }
    }
    this.#running = undefined;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  async #append(changes: readonly Change[]): Promise<void> {
    const batch = frame(changes.map(({ bytes }) => bytes));
    await writeWhole(this.#file, batch, this.#size);
    await makeDurable(this.#file);
    let offset = this.#size + headBytes;
    for (const { table, key, bytes, isRemoval } of changes) {
      offset += lengthBytes;
      this.#take(table, key, isRemoval ? undefined : { offset, length: bytes.length });
      offset += bytes.length;
    }
    this.#size += batch.length;
  }

  /** Writes what is not old into a new file, which then takes the place of this one. */
  async #rewrite(): Promise<void> {
    const file = openSync(this.#draft, 'w+', 0o600);
    const index = new Map<string, Map<string, Place>>();
    let size = magic.length;
    try {
      await writeWhole(file, magic, 0);
      let batch: Buffer[] = [];
      let bytes = 0;
      const flush = async () => {
        const written = frame(batch);
        await writeWhole(file, written, size);
        size += written.length;
        batch = [];
        bytes = 0;
      };
      for (const [table, places] of this.#index) {
        const moved = new Map<string, Place>();
        index.set(table, moved);
        for (const [key, place] of places) {
          const record = this.#bytesAt(place);
          moved.set(key, { offset: size + headBytes + bytes + lengthBytes, length: record.length });
          batch.push(record);
          bytes += lengthBytes + record.length;
          if (bytes >= chunkBytes) await flush();
        }
      }
      if (batch.length > 0) await flush();
      await makeDurable(file);
      renameSync(this.#draft, this.#options.path);
    } catch (error) {
      closeSync(file);
      rmSync(this.#draft, { force: true });
      throw error;
    }
    closeSync(this.#file);
    this.#file = file;
    this.#index = index;
    this.#size = size;
  }

  #load(): void {
    const { path } = this.#options;
    const end = fstatSync(this.#file).size;
    const start = Buffer.alloc(Math.min(end, magic.length));
    readSync(this.#file, start, 0, start.length, 0);
    if (!magic.subarray(0, start.length).equals(start)) throw corrupt(path, 'it is no journal');
    if (end < magic.length) {
      writeSync(this.#file, magic, 0, magic.length, 0);
      return;
    }
    while (this.#size < end) {
      const length = this.#readBatch(end);
      if (length === undefined) {
        this.#options.onTorn(end - this.#size);
        ftruncateSync(this.#file, this.#size);
        return;
      }
      this.#size += length;
    }
  }

  /** The length of the batch that begins at the present size, its records taken; undefined where the file ends within it. */
  #readBatch(end: number): number | undefined {
    const at = this.#size;
    const head = Buffer.alloc(headBytes);
    if (readSync(this.#file, head, 0, headBytes, at) < headBytes) return undefined;
    const length = head.readUInt32BE(0);
    const damaged = () => corrupt(this.#options.path, `it is damaged at byte ${at}`);
    if ((length ^ head.readInt32BE(4)) !== -1) {
      if (this.#isZero(at, end)) return undefined; // space that was taken and not written when the machine stopped
      throw damaged();
    }
    if (at + headBytes + length > end) return undefined;
    const records = Buffer.alloc(length);
    readSync(this.#file, records, 0, length, at + headBytes);
    if (crc32(records) !== head.readUInt32BE(8)) {
      if (at + headBytes + length === end) return undefined;
      throw damaged();
    }
    for (let from = 0; from < length; ) {
      const size = records.readUInt32BE(from);
      from += lengthBytes;
      const { table, key, isRemoval } = parse(records.subarray(from, from + size));
      this.#take(table, key, isRemoval ? undefined : { offset: at + headBytes + from, length: size });
      from += size;
    }
    return headBytes + length;
  }

  #isZero(from: number, to: number): boolean {
    const bytes = Buffer.alloc(Math.min(to - from, chunkBytes));
    readSync(this.#file, bytes, 0, bytes.length, from);
    return bytes.every((octet) => octet === 0);
  }

  #take(table: string, key: string, place: Place | undefined): void {
    let places = this.#index.get(table);
    if (places === undefined) {
      places = new Map();
      this.#index.set(table, places);
    }
    this.#liveBytes += (place?.length ?? 0) - (places.get(key)?.length ?? 0);
    if (place === undefined) places.delete(key);
    else places.set(key, place);
  }

  #bytesAt({ offset, length }: Place): Buffer {
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, offset);
    return bytes;
  }

  #read(place: Place): ReturnType<typeof parse> {
    return parse(this.#bytesAt(place));
  }
}

function frame(records: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const record of records) {
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt32BE(record.length);
    parts.push(length, record);
  }
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(body.length, 0);
  head.writeInt32BE(~body.length, 4);
  head.writeUInt32BE(crc32(body), 8);
  return Buffer.concat([head, body]);
}

/** Its CRC was right, so it is what was written. */
function parse(bytes: Buffer): { table: string; key: string; value: unknown; isRemoval: boolean } {
  const record: unknown = deserialize(bytes);
  const [table, key, value] = Array.isArray(record) ? record : [];
  if (typeof table !== 'string' || typeof key !== 'string') throw new TypeError('a record of another shape');
  return { table, key, value, isRemoval: Array.isArray(record) && record.length === 2 };
}

async function writeWhole(file: number, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await writeAt(file, bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

const corrupt = (path: string, why: string) => stubError('DATA_CORRUPT', `The store ${path} cannot be used: ${why}`);
