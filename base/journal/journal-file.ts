// One file that only grows at its end, and is written anew when most of it is old.
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { withFile } from '../command-line.js';
import { isCode, type Refuse } from '../errors.js';
import { batchHeadBytes, type Chain, encodeBatch, newFileHead } from './batch.js';
import { type Disk, writeWhole } from './disk.js';
import { FileReader } from './file-reader.js';
import { type JournalContents, readJournal } from './forms.js';
import { PlaceReader } from './place-reader.js';
import { encodeRecord, valueOfRecord } from './record.js';
import { RecordIndex } from './record-index.js';

const chunkBytes = 1024 * 1024;
/** What may be old in the file before it is written anew, beside as much as is not. */
const slackBytes = 8 * 1024 * 1024;

/** A key and its record, as `encodeRecord` made it. */
export interface Change {
  readonly table: string;
  readonly key: string;
  readonly isRemoval: boolean;
  readonly record: Buffer;
}

/** The file that lies under the name; -1 where there is none. */
interface OpenFile extends JournalContents {
  readonly file: number;
  readonly reader: PlaceReader;
}

export class JournalFile {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #damaged: Refuse;
  #open: OpenFile;
  #size: number;
  /** What the file was last seen to be long: its sound part, and what stands behind it. */
  #length: number;
  #chain: Chain | undefined;
  /** Bytes stand behind the sound part that are none of it. They go before anything is written there. */
  #hasRest: boolean;
  /** The file has its name, but perhaps not on the disk. */
  #isNameUnsynced = false;
  /** A file that was being written anew when a process ended may be there. */
  #hasDraft = true;
  #rewriteAbove = 0;

  /** Opens the file, or none where there is none. Changes nothing on the disk. Throws what `damaged` makes where it is, FILE_UNUSABLE where it cannot be opened. */
  constructor(path: string, disk: Disk, damaged: Refuse, onTorn: (bytes: number) => void) {
    this.#path = path;
    this.#disk = disk;
    this.#damaged = damaged;
    this.#open = openJournalFile(path, damaged);
    this.#size = this.#open.size;
    this.#chain = this.#open.chain;
    this.#length = this.#open.file < 0 ? 0 : fstatSync(this.#open.file).size;
    const rest = this.#length - this.#size;
    this.#hasRest = rest > 0;
    if (rest > 0) onTorn(rest);
  }

  keys(table: string): string[] {
    return this.#open.index.keys(table);
  }

  value(table: string, key: string): unknown {
    const place = this.#open.index.place(table, key);
    if (place === undefined) return undefined;
    const { reader, readValue } = this.#open;
    try {
      return readValue(reader.read(place, this.#size));
    } catch (cause) {
      throw this.#damaged(`The record ${key} of ${table} in ${this.#path} cannot be read`, { cause });
    }
  }

  /**
   * All of it is on the disk when this resolves. Where it throws, nothing is; what was written of it goes before the next. Throws
   * while another file than this one, or one that somebody else wrote to, lies under the name.
   */
  async append(changes: readonly Change[]): Promise<void> {
    this.#assertOurs();
    await this.#makeReady();
    const chain = this.#chain ?? (await this.#rewrite()); // there is no file, or one of an earlier form
    const { file, index } = this.#open;
    const records = changes.map(({ record }) => record);
    const batch = encodeBatch(chain, records);
    this.#hasRest = true;
    try {
      await writeWhole(this.#disk, file, batch.bytes, this.#size);
      await this.#disk.sync(file);
    } catch (error) {
      this.#length = fstatSync(file).size;
      await this.#makeReady().catch(() => {}); // else before the next
      throw error;
    }
    this.#hasRest = false;
    let offset = this.#size + batchHeadBytes;
    for (const { table, key, isRemoval, record } of changes) {
      index.take(table, key, isRemoval ? undefined : { offset, length: record.length });
      offset += record.length;
    }
    this.#size += batch.bytes.length;
    this.#length = this.#size;
    this.#chain = batch.chain;
  }

  /** Whether so much of the file is old that it should be written anew. */
  get isMostlyOld(): boolean {
    return this.#size > Math.max(2 * this.#open.index.bytes + slackBytes, this.#rewriteAbove);
  }

  /** Writes the file anew, without what is old. Where it throws, the present one stays, and is not mostly old for a while. */
  async compact(): Promise<void> {
    try {
      await this.#rewrite();
    } catch (error) {
      this.#rewriteAbove = this.#size + slackBytes;
      throw error;
    }
  }

  async close(): Promise<void> {
    const { file } = this.#open;
    this.#open = { ...this.#open, file: -1 };
    if (file >= 0) await this.#disk.close(file);
  }

  get #draft(): string {
    return `${this.#path}.new`;
  }

  /**
   * What is written into a file that was removed or replaced is lost, and two who write one file damage it. That nobody else has
   * the folder now does not say that nobody had it since the last write.
   */
  #assertOurs(): void {
    const there = statSync(this.#path, { throwIfNoEntry: false });
    const { file } = this.#open;
    if (file < 0) {
      if (there !== undefined) throw new Error('somebody else has made it meanwhile: restart');
      return;
    }
    const { ino, dev } = fstatSync(file);
    if (there === undefined || there.ino !== ino || there.dev !== dev) {
      throw new Error('it was removed or replaced while it was in use: put it back, or restart');
    }
    if (there.size !== this.#length) throw new Error('somebody else has written to it: restart');
  }

  /** Whatever has to be done before a write can be counted on. */
  async #makeReady(): Promise<void> {
    if (this.#hasDraft) await this.#disk.remove(this.#draft);
    this.#hasDraft = false;
    if (this.#hasRest && this.#chain !== undefined) {
      await this.#disk.truncate(this.#open.file, this.#size);
      this.#length = this.#size;
      await this.#disk.sync(this.#open.file); // else a later write and what stood there could both be found
      this.#hasRest = false;
    }
    if (this.#isNameUnsynced) await this.#disk.syncFolder(dirname(this.#path));
    this.#isNameUnsynced = false;
  }

  /** Writes a new file, which then takes the place of this one: the old one stands there or the new one, whenever the machine stops. */
  async #rewrite(): Promise<Chain> {
    this.#hasDraft = true;
    const file = await this.#disk.open(this.#draft, 'made');
    let chain: Chain;
    try {
      const copy = await this.#copyTo(file);
      await this.#disk.sync(file);
      this.#assertOurs();
      await this.#disk.rename(this.#draft, this.#path);
      const { index, size } = copy;
      chain = copy.chain;
      const old = this.#open.file;
      this.#open = { file, reader: new PlaceReader(file), index, size, chain, readValue: valueOfRecord };
      [this.#size, this.#length, this.#chain] = [size, size, chain];
      [this.#hasDraft, this.#hasRest, this.#isNameUnsynced] = [false, false, true];
      if (old >= 0) await this.#disk.close(old).catch(() => {}); // nothing of it is needed any more
    } catch (error) {
      await this.#disk.close(file).catch(() => {});
      await this.#disk.remove(this.#draft).catch(() => {}); // else before the next
      throw error;
    }
    this.#rewriteAbove = 0;
    await this.#makeReady();
    return chain;
  }

  /** Copies what is not old into a new file, in batches. */
  async #copyTo(file: number) {
    const head = newFileHead();
    await writeWhole(this.#disk, file, head.bytes, 0);
    let size = head.bytes.length;
    let { chain } = head;
    const index = new RecordIndex();
    const reader = new FileReader(this.#open.file, this.#open.file < 0 ? 0 : this.#size);
    let records: Buffer[] = [];
    let bytes = 0;
    const flush = async () => {
      const batch = encodeBatch(chain, records);
      await writeWhole(this.#disk, file, batch.bytes, size);
      size += batch.bytes.length;
      [chain, records, bytes] = [batch.chain, [], 0];
    };
    for (const { table, key, place } of this.#open.index.inFileOrder()) {
      const old = Buffer.from(reader.bytes(place.offset, place.length));
      const record = this.#chain === undefined ? encodeRecord(table, key, this.#open.readValue(old)) : old;
      index.take(table, key, { offset: size + batchHeadBytes + bytes, length: record.length });
      records.push(record);
      bytes += record.length;
      if (bytes >= chunkBytes) await flush();
    }
    if (records.length > 0) await flush();
    return { index, size, chain };
  }
}

function raise(error: unknown): never {
  throw error;
}

function openJournalFile(path: string, refuse: Refuse): OpenFile {
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch (error) {
    if (!isCode(error, 'ENOENT')) return withFile(path, () => raise(error)); // no reason to restore it from a copy
    return { file: -1, reader: new PlaceReader(-1), index: new RecordIndex(), size: 0, readValue: valueOfRecord };
  }
  try {
    const damaged = (why: string, hint?: string) =>
      refuse(`The store ${path} cannot be used: ${why}`, hint === undefined ? {} : { hint });
    return { file, reader: new PlaceReader(file), ...readJournal(new FileReader(file), damaged) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}
