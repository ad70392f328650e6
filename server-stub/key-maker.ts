// Keys that a request asks for: made on a thread of their own, one at a time, for a bounded number of askers.
import type { KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { stubError } from './errors.js';

/** What the thread runs. Native key generation in libuv's pool would keep the store's writes waiting. */
const program = `
const { parentPort } = require('node:worker_threads');
const { generateKeyPairSync } = require('node:crypto');
parentPort.on('message', (bits) => parentPort.postMessage(generateKeyPairSync('rsa', { modulusLength: bits })));
`;

interface RsaKeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** One who waits for a key. */
interface KeyAsker {
  /** Where it asks from: each address has its turn (`addressKey`). */
  readonly address: string;
  /** It has gone away, and no key is made for it. */
  isGone(): boolean;
}

export interface KeyMakerOptions {
  /** Keys that may be waited for in all. Default 16. */
  readonly maxWaiting?: number;
  /** Of them from one address, as soon as others wait too. Default 4. */
  readonly fairShare?: number;
}

interface Waiting {
  readonly bits: number;
  readonly asker: KeyAsker;
  readonly resolve: (key: RsaKeyPair) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a client is to stay away that found the queue full. */
export const retryAfterSeconds = 5;

/** Makes RSA keys for whoever asks over the network. */
export class KeyMaker {
  readonly #maxWaiting: number;
  readonly #fairShare: number;
  /** By address, in the order of their turns. */
  readonly #waiting = new Map<string, Waiting[]>();
  #worker: Worker | undefined;
  #current: Waiting | undefined;
  #isClosed = false;

  constructor({ maxWaiting = 16, fairShare = 4 }: KeyMakerOptions = {}) {
    this.#maxWaiting = maxWaiting;
    this.#fairShare = fairShare;
  }

  /** Askers that wait for their turn. */
  get waiting(): number {
    let all = 0;
    for (const { length } of this.#waiting.values()) all += length;
    return all;
  }

  /**
   * A new RSA key, when it is this asker's turn. Throws STUB_BUSY, before anything is computed, when too many wait: in all, or
   * from this address while others wait; or when this asker had to give its place to another address.
   */
  make(bits: number, asker: KeyAsker): Promise<RsaKeyPair> {
    if (this.#isClosed) return Promise.reject(busy('the stub is stopping'));
    if (this.waiting >= this.#maxWaiting) this.#dropGone();
    if (this.waiting >= this.#maxWaiting && !this.#displaceFor(asker.address)) {
      return Promise.reject(busy(`${this.waiting} wait for a key already`));
    }
    return new Promise((resolve, reject) => {
      const own = this.#waiting.get(asker.address) ?? [];
      own.push({ bits, asker, resolve, reject });
      this.#waiting.set(asker.address, own);
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const each of [this.#current, ...[...this.#waiting.values()].flat()])
      each?.reject(busy('the stub is stopping'));
    this.#waiting.clear();
    this.#current = undefined;
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** The last of an address that has more than its share gives up its place for one that has less. */
  #displaceFor(address: string): boolean {
    const mine = this.#waiting.get(address)?.length ?? 0;
    if (mine >= this.#fairShare) return false;
    let most: Waiting[] = [];
    for (const each of this.#waiting.values()) if (each.length > most.length) most = each;
    if (most.length <= this.#fairShare || most.length <= mine + 1) return false;
    most.pop()?.reject(busy('others wait for keys too'));
    return true;
  }

  #dropGone(): void {
    for (const [address, own] of this.#waiting) {
      const there = own.filter((each) => !this.#isGone(each));
      if (there.length === 0) this.#waiting.delete(address);
      else this.#waiting.set(address, there);
    }
  }

  #isGone({ asker, reject }: Waiting): boolean {
    if (!asker.isGone()) return false;
    reject(busy('the asker has gone away'));
    return true;
  }

  #next(): void {
    if (this.#current !== undefined) return;
    for (const [address, own] of this.#waiting) {
      const first = own.shift();
      this.#waiting.delete(address);
      if (own.length > 0) this.#waiting.set(address, own); // behind the others
      if (first === undefined || this.#isGone(first)) continue;
      this.#current = first;
      const worker = this.#open();
      worker.ref();
      worker.postMessage(first.bits);
      return;
    }
  }

  #open(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(program, { eval: true, env: {}, execArgv: [], name: 'rollcall keys' });
    worker.on('message', (key: RsaKeyPair) => this.#made(worker, (current) => current.resolve(key)));
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#made(worker, (current) => current.reject(error));
    });
    this.#worker = worker;
    return worker;
  }

  #made(worker: Worker, tell: (current: Waiting) => void): void {
    const current = this.#current;
    this.#current = undefined;
    worker.unref(); // an idle thread keeps no process alive
    if (current !== undefined && !this.#isGone(current)) tell(current);
    this.#next();
  }
}

const busy = (why: string) => stubError('STUB_BUSY', `no key is made now: ${why}`);
