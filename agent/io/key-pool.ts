import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { interrupted, onAbort } from '../../base/abort.js';
import { baseError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { agentError } from '../errors.js';
import type { DeviceKey, KeyRef, Keys } from '../model/ports.js';
import { keyFolder, poolName } from './key-folder.js';

export type KeyBits = Parameters<Keys['take']>[0];

export interface KeyPoolOptions {
  /** Where keys are kept for the next start: mode 0700, a file of PKCS#8 PEM for each, mode 0600. Without it: memory only. */
  readonly folder?: string;
  /** How many keys are made in advance, of `bits` each. Default 64. */
  readonly size?: number;
  /** True: when `size` keys exist devices share them in turn. False: one each, which then lives in the device's record. */
  readonly reuse: boolean;
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

export interface KeyPool extends Keys {
  describe(): KeyPoolFigures;
  /** How many keys of the stock lie ready: what a person is shown while `ready` waits. */
  readonly prepared: number;
  /** SubjectPublicKeyInfo (DER) of the keys that lie ready: bytes that recur in the certificates of a fleet that shares them. */
  publicKeys(): Buffer[];
  /** Resolves when as many keys lie ready as the pool should hold: what a run waits for before it starts its clock. */
  ready(signal?: AbortSignal): Promise<void>;
  /** Stops filling; keys asked for and not yet there are refused. Resolves when nothing runs any more. */
  close(): Promise<void>;
}

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Keys of one size: those there are, those who wait, those on their way. */
interface Shelf {
  readonly bits: KeyBits;
  readonly size: number;
  readonly keys: PoolKey[];
  readonly waiting: Set<Waiter<DeviceKey>>;
  underWay: number;
  /** Which key is next in turn, with `reuse`. */
  turn: number;
}

/** A key with the public half worked out when it is first asked for. */
class PoolKey implements DeviceKey {
  private madePublic: KeyObject | undefined;

  constructor(
    readonly ref: KeyRef,
    readonly privateKey: KeyObject,
    publicKey?: KeyObject,
  ) {
    this.madePublic = publicKey;
  }

  get publicKey(): KeyObject {
    this.madePublic ??= createPublicKey(this.privateKey);
    return this.madePublic;
  }
}

const pkcs8 = (key: KeyObject): KeyRef => ({ pkcs8: key.export({ type: 'pkcs8', format: 'der' }).toString('base64') });

/** Opens the pool and begins to fill it, natively and in the background. */
export function openKeyPool(options: KeyPoolOptions): KeyPool {
  const { reuse, bits: mainBits = 2048, parallel = availableParallelism(), log } = options;
  const size = Math.max(reuse ? 1 : 0, options.size ?? 64); // what is shared must be one at least
  const folder = options.folder === undefined ? undefined : keyFolder(options.folder, log);
  const shelves = new Map<KeyBits, Shelf>();
  const named = new Map<string, PoolKey>();
  const opened = new WeakMap<KeyRef, DeviceKey>();
  const onDisk = new Set<string>();
  const used = new Set<string>();
  let fresh = 0;
  let devices = 0;
  let running = 0;
  let closed = false;
  let idle = (): void => {};
  const untilFull = new Set<Waiter<void>>();

  function shelfOf(bits: KeyBits): Shelf {
    let shelf = shelves.get(bits);
    if (shelf === undefined) {
      // Only the main size is made in advance; of others, what is asked for, and shared like the rest.
      shelf = { bits, size, keys: [], waiting: new Set(), underWay: 0, turn: 0 };
      shelves.set(bits, shelf);
      readFolder(shelf);
    }
    return shelf;
  }

  function readFolder(shelf: Shelf): void {
    if (folder === undefined) return;
    for (const name of folder.names(shelf.bits)) {
      if (shelf.keys.length >= shelf.size) return;
      if (named.has(name)) continue;
      const key = folder.read(name);
      if (key === undefined) continue;
      onDisk.add(name);
      keep(shelf, new PoolKey({ pool: name }, key), name);
    }
  }

  function keep(shelf: Shelf, key: PoolKey, name: string): void {
    named.set(name, key);
    shelf.keys.push(key);
  }

  /** Gives out what there is to those who wait, first come first served. */
  function serve(shelf: Shelf): void {
    for (const waiter of shelf.waiting) {
      const key = reuse ? nextInTurn(shelf) : nextOfItsOwn(shelf);
      if (key === undefined) return;
      shelf.waiting.delete(waiter);
      devices++;
      waiter.resolve(key);
    }
  }

  function nextInTurn(shelf: Shelf): PoolKey | undefined {
    if (shelf.turn >= shelf.keys.length && shelf.keys.length < shelf.size) return undefined; // the next is being made
    const key = shelf.keys[shelf.turn % shelf.keys.length];
    shelf.turn++;
    if (key !== undefined && 'pool' in key.ref) used.add(key.ref.pool);
    return key;
  }

  function nextOfItsOwn(shelf: Shelf): PoolKey | undefined {
    for (let key = shelf.keys.shift(); key !== undefined; key = shelf.keys.shift()) {
      const name = 'pool' in key.ref ? key.ref.pool : '';
      named.delete(name);
      if (onDisk.delete(name) && folder?.remove(name) === false) continue; // another process was quicker: it is its key
      fresh++;
      return new PoolKey(pkcs8(key.privateKey), key.privateKey, key.publicKey);
    }
    return undefined;
  }

  /** How many keys are still to be made: the stock of the main size, and those that are waited for. */
  function missing(shelf: Shelf): number {
    const room = shelf.size - shelf.keys.length;
    const asked = shelf.waiting.size;
    const isMain = shelf.bits === mainBits;
    const wanted = reuse ? (isMain ? room : Math.min(asked, room)) : isMain ? room + asked : asked;
    return wanted - shelf.underWay;
  }

  function fill(): void {
    if (closed) return;
    const inNeed = [...shelves.values()].sort((a, b) => b.waiting.size - a.waiting.size);
    for (const shelf of inNeed) {
      while (running < parallel && missing(shelf) > 0) {
        running++;
        shelf.underWay++;
        generate(shelf);
      }
    }
  }

  function generate(shelf: Shelf): void {
    generateKeyPair('rsa', { modulusLength: shelf.bits }, (error, publicKey, privateKey) => {
      running--;
      shelf.underWay--;
      if (error !== null) {
        log.error('KEY_MISSING', { bits: shelf.bits, error });
        const failure = agentError('KEY_MISSING', `no RSA key of ${shelf.bits} bits could be made`, { cause: error });
        rejectAll(shelf.waiting, failure);
        rejectAll(untilFull, failure);
      } else {
        const name = poolName(shelf.bits, publicKey);
        if (folder?.write(name, privateKey)) onDisk.add(name);
        if (!closed) keep(shelf, new PoolKey({ pool: name }, privateKey, publicKey), name);
        if (reuse && !closed) readFolder(shelf); // what other processes have made meanwhile need not be made again
        serve(shelf);
        tellIfFull();
        fill();
      }
      if (running === 0) idle();
    });
  }

  function tellIfFull(): void {
    if (mainShelf.keys.length < size) return;
    for (const waiter of untilFull) waiter.resolve();
    untilFull.clear();
  }

  const mainShelf = shelfOf(mainBits);
  fill();

  return {
    take(bits, signal) {
      if (closed) return Promise.reject(baseError('INTERRUPTED', 'the key pool was closed'));
      const shelf = shelfOf(bits);
      const taken = waitIn(shelf.waiting, signal);
      queueMicrotask(() => {
        serve(shelf);
        fill();
      });
      return taken;
    },
    ready(signal) {
      if (closed) return Promise.reject(baseError('INTERRUPTED', 'the key pool was closed'));
      const filled = waitIn(untilFull, signal);
      queueMicrotask(tellIfFull);
      return filled;
    },
    open(ref) {
      if ('pkcs8' in ref) {
        const known = opened.get(ref);
        if (known !== undefined) return known;
        const key = new PoolKey(ref, readPkcs8(ref.pkcs8));
        opened.set(ref, key);
        return key;
      }
      const known = named.get(ref.pool);
      if (known !== undefined) return known;
      const read = folder?.read(ref.pool);
      if (read === undefined) throw agentError('KEY_MISSING', `no key "${ref.pool.slice(0, 60)}" in the pool`);
      const key = new PoolKey(ref, read);
      named.set(ref.pool, key);
      return key;
    },
    adopt(privateKey) {
      const key = new PoolKey(pkcs8(privateKey), privateKey);
      opened.set(key.ref, key);
      return key;
    },
    get prepared() {
      return Math.min(mainShelf.keys.length, size);
    },
    describe: () => ({ keys: used.size + fresh, devices, reuse }),
    publicKeys: () => [...named.values()].map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'der' })),
    async close() {
      closed = true;
      const error = baseError('INTERRUPTED', 'the key pool was closed');
      for (const shelf of shelves.values()) rejectAll(shelf.waiting, error);
      rejectAll(untilFull, error);
      if (running > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
    },
  };
}

/** A promise that whoever serves the set settles; an aborted signal takes it out. */
function waitIn<T>(waiting: Set<Waiter<T>>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(interrupted(signal));
      return;
    }
    const waiter: Waiter<T> = {
      resolve(value) {
        forget?.();
        resolve(value);
      },
      reject(error) {
        forget?.();
        reject(error);
      },
    };
    waiting.add(waiter);
    const forget =
      signal === undefined
        ? undefined
        : onAbort(signal, () => {
            if (waiting.delete(waiter)) reject(interrupted(signal));
          });
  });
}

function rejectAll<T>(waiting: Set<Waiter<T>>, error: Error): void {
  for (const waiter of waiting) waiter.reject(error);
  waiting.clear();
}

function readPkcs8(base64: string): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(base64, 'base64'), type: 'pkcs8', format: 'der' });
  } catch (cause) {
    throw agentError('KEY_MISSING', 'the stored key is no PKCS#8', { cause });
  }
}
