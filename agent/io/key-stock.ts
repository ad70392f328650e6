import type { DeviceKey, Keys } from '../model/ports.js';
import type { PoolKey } from './pool-key.js';
import { Waiters } from './waiters.js';

/** RSA key sizes in bits. */
export type KeyBits = Parameters<Keys['take']>[0];

/** The keys of one size: those that are ready, those that are waited for, those that are being generated. */
export class KeyStock {
  readonly keys: PoolKey[] = [];
  readonly waiting = new Waiters<DeviceKey>();
  /** How many are being generated. */
  generating = 0;
  #turn = 0;

  /**
   * `size` is how many keys are shared, or made in advance. Only a stock that is `madeAhead` is filled before anybody asks; of
   * the others only what is asked for is made.
   */
  constructor(
    readonly bits: KeyBits,
    readonly size: number,
    readonly madeAhead: boolean,
  ) {}

  get isFull(): boolean {
    return this.keys.length >= this.size;
  }

  /** The next of the shared keys, in turn; undefined while it is still to be made. */
  nextShared(): PoolKey | undefined {
    if (this.#turn >= this.keys.length && !this.isFull) return undefined;
    const key = this.keys[this.#turn % this.keys.length];
    this.#turn++;
    return key;
  }

  /** How many keys have to be generated beside those under way. */
  missing(isShared: boolean): number {
    const room = this.size - this.keys.length;
    const asked = this.waiting.size;
    if (isShared) return (this.madeAhead ? room : Math.min(asked, room)) - this.generating;
    return (this.madeAhead ? room + asked : asked) - this.generating;
  }
}
