import { type Clock, realClock } from '../clock.js';
import type { Refuse } from '../errors.js';
import { type Disk, realDisk } from './disk.js';
import { type Change, JournalFile } from './journal-file.js';
import { encodeRecord } from './record.js';
import type { Store } from './store.js';

/** How long after a failed attempt the next one is made. */
const retryMs = 1000;
/** How long an end waits for a disk that does not answer. */
const closeMs = 5000;

/** What a store throws, in the words of whoever keeps something in it. */
export interface JournalErrors {
  /** The file, or a record of it, is not what was written. */
  readonly damaged: Refuse;
  /** What was put is not on the disk. */
  readonly unwritable: Refuse;
}

export interface JournalStoreOptions {
  readonly path: string;
  readonly errors: JournalErrors;
  /** Default: the real one. */
  readonly clock?: Clock;
  /** Default: the machine's. */
  readonly disk?: Disk;
  /**
   * Nothing is written until `release`, and nothing at all where `close` comes before: an opening that is refused has changed
   * nothing. Default: false.
   */
  readonly isHeld?: boolean;
  /** Called before each write; where it throws the write fails. Default: nothing is asked. */
  readonly assertOwned?: () => void;
  /** Something could not be written: said once, until it can again. */
  readonly onFailure: (reason: string) => void;
  /** So many bytes at the end of the file were being written when the machine stopped, and are left out. */
  readonly onTorn: (bytes: number) => void;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A store in one file (docs/decisions/0011-the-stubs-store.md). Opening it changes nothing on the disk; a file of an earlier form is
 * written anew before the first change. The constructor throws `errors.damaged` where the file is damaged, none of ours, or a later
 * version's.
 *
 * @example
 * const store = new JournalStore({ path: 'data/tenant.journal', errors, onFailure: console.error, onTorn: console.error });
 * store.put('user', 'id-eve', { upn: 'eve@contoso.example' });
 * await store.durable(); // and only then is anybody told
 */
export class JournalStore implements Store {
  readonly #clock: Clock;
  readonly #journal: JournalFile;
  readonly #onFailure: (reason: string) => void;
  readonly #path: string;
  readonly #errors: JournalErrors;
  /** What is not on the disk yet: the newest of each key. */
  #pending = new Map<string, Change>();
  #waiting: Waiter[] = [];
  #running: Promise<void> | undefined;
  #failure: string | undefined;
  #cancelRetry: (() => void) | undefined;
  #closing: Promise<boolean> | undefined;
  /** Something was put after the end: nobody is told any more that all is stored. */
  #hasDropped = false;
  #isHeld: boolean;
  readonly #assertOwned: () => void;

  constructor(options: JournalStoreOptions) {
    const { path, clock = realClock, disk = realDisk, isHeld = false, onFailure, onTorn } = options;
    this.#clock = clock;
    this.#path = path;
    this.#errors = options.errors;
    this.#isHeld = isHeld;
    this.#assertOwned = options.assertOwned ?? (() => {});
    this.#onFailure = onFailure;
    this.#journal = new JournalFile(path, disk, options.errors.damaged, onTorn);
  }

  entries(table: string): [key: string, value: unknown][] {
    return this.#journal.keys(table).map((key) => [key, this.#journal.value(table, key)]);
  }

  keys(table: string): string[] {
    return this.#journal.keys(table);
  }

  value(table: string, key: string): unknown {
    return this.#journal.value(table, key);
  }

  put(table: string, key: string, value: unknown): void {
    if (this.#closing !== undefined) {
      this.#hasDropped = true;
      this.#failure ??= 'it is closed';
      return;
    }
    const record = encodeRecord(table, key, value);
    this.#pending.set(`${table}\n${key}`, { table, key, isRemoval: value === undefined, record });
    if (!this.#isHeld && this.#cancelRetry === undefined) this.#running ??= this.#run();
  }

  /** From now on what was put is written. */
  release(): void {
    this.#isHeld = false;
    if (this.#pending.size > 0) this.#running ??= this.#run();
  }

  durable(): Promise<void> {
    if (this.#hasDropped) return Promise.reject(this.#unwritable());
    if (this.#running === undefined && !this.#isHeld) {
      if (this.#failure !== undefined) return Promise.reject(this.#unwritable());
      return Promise.resolve();
    }
    if (this.#pending.size === 0 && this.#running === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  close(): Promise<boolean> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<boolean> {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    if (this.#isHeld) this.#giveUp();
    const isDone = await new Promise<boolean>((resolve) => {
      const cancel = this.#clock.after(closeMs, () => resolve(false));
      void this.#end().then(() => {
        cancel();
        resolve(true);
      });
    });
    if (!isDone) this.#onFailure('the disk does not answer: changes may not be stored');
    else if (this.#pending.size > 0) this.#onFailure(`${this.#pending.size} records were not stored before the end`);
    return isDone;
  }

  /** Nothing of what was put is written: the opening was refused. */
  #giveUp(): void {
    this.#isHeld = false;
    if (this.#pending.size > 0) this.#failure = 'it was closed before anything was written';
    this.#pending.clear();
    for (const { reject } of this.#waiting.splice(0)) reject(this.#unwritable());
  }

  async #end(): Promise<void> {
    await this.#running;
    if (this.#pending.size > 0) await this.#run();
    try {
      await this.#journal.close();
    } catch (error) {
      this.#onFailure(reasonOf(error));
    }
  }

  /** Writes until nothing waits, or an attempt fails. */
  async #run(): Promise<void> {
    await new Promise(setImmediate); // the rest of this turn goes with it
    while (this.#pending.size > 0) {
      const batch = this.#pending;
      const waiting = this.#waiting.splice(0);
      this.#pending = new Map();
      try {
        this.#assertOwned();
        await this.#journal.append([...batch.values()]);
      } catch (error) {
        for (const [key, change] of batch) if (!this.#pending.has(key)) this.#pending.set(key, change);
        this.#failed(error, waiting);
        break;
      }
      this.#failure = this.#hasDropped ? 'it is closed' : undefined;
      for (const { resolve } of waiting) resolve();
      if (this.#journal.isMostlyOld) await this.#compact();
    }
    this.#running = undefined;
    for (const { resolve } of this.#waiting.splice(0)) resolve(); // theirs was in the last batch
  }

  #failed(error: unknown, waiting: readonly Waiter[]): void {
    const isNew = this.#failure === undefined;
    this.#failure = reasonOf(error);
    if (isNew) this.#onFailure(this.#failure);
    const told = this.#unwritable(error);
    for (const { reject } of [...waiting, ...this.#waiting.splice(0)]) reject(told);
    if (this.#closing !== undefined) return;
    this.#cancelRetry = this.#clock.after(retryMs, () => {
      this.#cancelRetry = undefined;
      this.#running ??= this.#run();
    });
  }

  async #compact(): Promise<void> {
    try {
      this.#assertOwned();
      await this.#journal.compact();
    } catch (error) {
      this.#onFailure(`what is old in it cannot be left out: ${reasonOf(error)}`);
    }
  }

  #unwritable(cause?: unknown) {
    const context = cause === undefined ? {} : { cause };
    return this.#errors.unwritable(`${this.#path} cannot be written: ${this.#failure}`, context);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
