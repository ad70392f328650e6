import { generateKeyPair, type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { baseError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { agentError } from '../errors.js';
import type { DeviceKey, KeyRef, Keys } from '../model/ports.js';
import { type KeyFolder, keyFolder, poolName } from './key-folder.js';
import { type KeyBits, KeyStock } from './key-stock.js';
import { PoolKey, pkcs8Ref, readPkcs8 } from './pool-key.js';
import { Waiters } from './waiters.js';

export type { KeyBits } from './key-stock.js';

/** How many keys a pool holds, of what size, where they are kept and whether devices share them. */
export interface KeyPoolOptions {
  /** Where keys are kept for the next start: mode 0700, a file of PKCS#8 PEM for each, mode 0600. Without it: memory only. */
  readonly folder?: string;
  /** How many keys are made in advance, of `bits` each. Default 64. */
  readonly size?: number;
  /** True: when `size` keys exist devices share them in turn. False: one each, which then lives in the device's record. */
  readonly reuse: boolean;
  /** Default 2048. */
  readonly bits?: KeyBits;
  /** How many are generated at a time. Default: one for each processor. */
  readonly parallel?: number;
  readonly log: Log;
}

/** For the report: "64 keys shared by 10 000 devices". */
export interface KeyPoolFigures {
  readonly keys: number;
  readonly devices: number;
  readonly reuse: boolean;
}

/** RSA keys generated natively in the background, ready when a device asks. */
export interface KeyPool extends Keys {
  describe(): KeyPoolFigures;
  /** How many keys made in advance are ready: what a person is shown while `ready` waits. */
  readonly prepared: number;
  /** SubjectPublicKeyInfo (DER) of the keys that are ready: bytes that recur in the certificates of a fleet that shares them. */
  publicKeys(): Buffer[];
  /**
   * Resolves when as many keys are ready as the pool should hold: what a run waits for before it starts its clock.
   * Rejects with INTERRUPTED, or KEY_MISSING when a key could not be generated.
   */
  ready(signal?: AbortSignal): Promise<void>;
  /** Stops filling; keys asked for and not yet there are refused with INTERRUPTED. Resolves when nothing runs any more. */
  close(): Promise<void>;
}

/**
 * Opens the pool and begins to fill it, natively and in the background. Throws what the system says when the folder cannot be made.
 *
 * @example
 * const keys = openKeyPool({ size: 64, reuse: true, folder: '.rollcall/keys', log: silentLog });
 * await keys.ready();
 * const { privateKey, ref } = await keys.take(2048);
 */
export function openKeyPool(options: KeyPoolOptions): KeyPool {
  return new NativeKeyPool(options);
}

class NativeKeyPool implements KeyPool {
  readonly #reuse: boolean;
  readonly #parallel: number;
  readonly #size: number;
  readonly #log: Log;
  readonly #folder: KeyFolder | undefined;
  readonly #stocks = new Map<KeyBits, KeyStock>();
  readonly #mainStock: KeyStock;
  readonly #byName = new Map<string, PoolKey>();
  readonly #opened = new WeakMap<KeyRef, DeviceKey>();
  readonly #onDisk = new Set<string>();
  readonly #sharedNames = new Set<string>();
  readonly #untilFull = new Waiters<void>();
  #ownKeys = 0;
  #devices = 0;
  #generating = 0;
  #isClosed = false;
  #whenIdle: (() => void) | undefined;

  constructor({ reuse, bits = 2048, parallel = availableParallelism(), log, size = 64, folder }: KeyPoolOptions) {
    this.#reuse = reuse;
    this.#parallel = parallel;
    this.#log = log;
    this.#size = Math.max(reuse ? 1 : 0, size); // what is shared must be one at least
    this.#folder = folder === undefined ? undefined : keyFolder(folder, log);
    this.#mainStock = this.#addStock(bits, true);
    this.#fill();
  }

  take(bits: KeyBits, signal?: AbortSignal): Promise<DeviceKey> {
    if (this.#isClosed) return Promise.reject(closed());
    const stock = this.#stocks.get(bits) ?? this.#addStock(bits, false);
    const taken = stock.waiting.wait(signal);
    queueMicrotask(() => {
      this.#serve(stock);
      this.#fill();
    });
    return taken;
  }

  ready(signal?: AbortSignal): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    const filled = this.#untilFull.wait(signal);
    queueMicrotask(() => this.#tellIfFull());
    return filled;
  }

  open(ref: KeyRef): DeviceKey {
    if ('pkcs8' in ref) {
      const known = this.#opened.get(ref);
      if (known !== undefined) return known;
      const key = new PoolKey(ref, readPkcs8(ref.pkcs8));
      this.#opened.set(ref, key);
      return key;
    }
    const known = this.#byName.get(ref.pool);
    if (known !== undefined) return known;
    const read = this.#folder?.read(ref.pool);
    if (read === undefined) throw agentError('KEY_MISSING', `no key "${ref.pool.slice(0, 60)}" in the pool`);
    const key = new PoolKey(ref, read);
    this.#byName.set(ref.pool, key);
    return key;
  }

  adopt(privateKey: KeyObject): DeviceKey {
    const key = new PoolKey(pkcs8Ref(privateKey), privateKey);
    this.#opened.set(key.ref, key);
    return key;
  }

  get prepared(): number {
    return Math.min(this.#mainStock.keys.length, this.#size);
  }

  describe(): KeyPoolFigures {
    return { keys: this.#sharedNames.size + this.#ownKeys, devices: this.#devices, reuse: this.#reuse };
  }

  publicKeys(): Buffer[] {
    return [...this.#byName.values()].map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' }));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stock of this.#stocks.values()) stock.waiting.rejectAll(closed());
    this.#untilFull.rejectAll(closed());
    if (this.#generating === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  #addStock(bits: KeyBits, madeAhead: boolean): KeyStock {
    const stock = new KeyStock(bits, this.#size, madeAhead);
    this.#stocks.set(bits, stock);
    this.#readFolder(stock);
    return stock;
  }

  #readFolder(stock: KeyStock): void {
    if (this.#folder === undefined) return;
    for (const name of this.#folder.names(stock.bits)) {
      if (stock.isFull) return;
      if (this.#byName.has(name)) continue;
      const key = this.#folder.read(name);
      if (key === undefined) continue;
      this.#onDisk.add(name);
      this.#put(stock, new PoolKey({ pool: name }, key), name);
    }
  }

  #put(stock: KeyStock, key: PoolKey, name: string): void {
    this.#byName.set(name, key);
    stock.keys.push(key);
  }

  #serve(stock: KeyStock): void {
    stock.waiting.serve(() => {
      const key = this.#reuse ? stock.nextShared() : this.#nextOfItsOwn(stock);
      if (key === undefined) return undefined;
      if (key.poolName !== undefined) this.#sharedNames.add(key.poolName);
      this.#devices++;
      return key;
    });
  }

  /** Takes a key out of the stock for good: from now on it lives in the record of the one device that has it. */
  #nextOfItsOwn(stock: KeyStock): PoolKey | undefined {
    for (let key = stock.keys.shift(); key !== undefined; key = stock.keys.shift()) {
      const name = key.poolName ?? '';
      this.#byName.delete(name);
      if (this.#onDisk.delete(name) && this.#folder?.remove(name) === false) continue; // another process took it first
      this.#ownKeys++;
      return new PoolKey(pkcs8Ref(key.privateKey), key.privateKey, key.publicKey);
    }
    return undefined;
  }

  /** Generates as many keys at a time as are allowed, for the stocks with the most callers waiting first. */
  #fill(): void {
    if (this.#isClosed) return;
    const inNeed = [...this.#stocks.values()].sort((a, b) => b.waiting.size - a.waiting.size);
    for (const stock of inNeed)
      while (this.#generating < this.#parallel && stock.missing(this.#reuse) > 0) this.#generate(stock);
  }

  #generate(stock: KeyStock): void {
    this.#generating++;
    stock.generating++;
    generateKeyPair('rsa', { modulusLength: stock.bits }, (error, publicKey, privateKey) => {
      this.#generating--;
      stock.generating--;
      if (error === null) this.#generated(stock, publicKey, privateKey);
      else this.#couldNotGenerate(stock, error);
      if (this.#generating === 0) this.#whenIdle?.();
    });
  }

  #generated(stock: KeyStock, publicKey: KeyObject, privateKey: KeyObject): void {
    const name = poolName(stock.bits, publicKey);
    const isKept = this.#folder?.write(name, privateKey) ?? true;
    if (isKept && this.#folder !== undefined) this.#onDisk.add(name);
    // A key that could not be kept would be missing tomorrow: it goes into the devices' own records.
    const ref = isKept || !this.#reuse ? { pool: name } : pkcs8Ref(privateKey);
    const key = new PoolKey(ref, privateKey, publicKey);
    this.#opened.set(ref, key);
    if (!this.#isClosed) this.#put(stock, key, name);
    if (this.#reuse && !this.#isClosed) this.#readFolder(stock); // what other processes have made need not be made again
    this.#serve(stock);
    this.#tellIfFull();
    this.#fill();
  }

  #couldNotGenerate(stock: KeyStock, cause: Error): void {
    this.#log.error('KEY_MISSING', { bits: stock.bits, error: cause });
    const failure = agentError('KEY_MISSING', `no RSA key of ${stock.bits} bits could be made`, { cause });
    stock.waiting.rejectAll(failure);
    this.#untilFull.rejectAll(failure);
  }

  #tellIfFull(): void {
    if (this.#mainStock.isFull) this.#untilFull.resolveAll();
  }
}

const closed = (): Error => baseError('INTERRUPTED', 'the key pool was closed');
