// The devices of one engine, numbered from 0 as its arrays have them.
import type { ShardJob } from './messages.js';

/** Device `from + first`, and every n-th after it. */
export interface Shard {
  /** How many there are. */
  readonly size: number;
  has(index: number): boolean;
  /** Place of device `index` of the run, which must be one of them. */
  slotOf(index: number): number;
  indexOf(slot: number): number;
}

/** Devices k of [from, to) with k mod n = i. */
export function shardOf({ shard: { i, n }, devices: { from, to } }: Pick<ShardJob, 'shard' | 'devices'>): Shard {
  const first = from + ((i - (from % n) + n) % n);
  const size = Math.max(0, Math.ceil((to - first) / n));
  return {
    size,
    has: (index) => index >= first && index < to && index % n === i,
    slotOf(index) {
      const slot = (index - first) / n;
      if (Number.isInteger(slot) && slot >= 0 && slot < size) return slot;
      throw new RangeError(`no device ${index} among ${size} from ${first} on, each ${n}th`);
    },
    indexOf: (slot) => first + slot * n,
  };
}

/** All of a run. */
export const wholeOf = (total: number): Shard => shardOf({ shard: { i: 0, n: 1 }, devices: { from: 0, to: total } });
