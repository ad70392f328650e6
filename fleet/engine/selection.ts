// Which devices of a run something is for: a function of the plan, the same in every process.
import type { PlatformName } from '../../protocol/vocabulary.js';
import type { DeviceGroup, Selection } from '../scenario/model.js';
import { hashOf, hashWith } from './draw.js';

/** The population as a choice sees it. */
export interface Cast {
  readonly total: number;
  readonly groupOf: (index: number) => DeviceGroup;
}

/**
 * Indexes of those that `selection` is for, ascending. A share is exact, of those that its platforms and groups leave, and as exact
 * in each group as a whole number can be; whom it hits is the seed's and `name`'s business.
 */
export function chosenFrom(
  { total, groupOf }: Cast,
  seed: string,
  name: string,
  selection: Selection = {},
): Uint32Array {
  const { share = 1, platforms, groups } = selection;
  const fitting = new Uint32Array(total);
  let count = 0;
  for (let index = 0; index < total; index++) {
    const group = groupOf(index);
    const fits = platforms?.includes(group.platform) !== false && groups?.includes(group.name) !== false;
    if (fits) fitting[count++] = index;
  }
  const eligible = fitting.subarray(0, count);
  return share >= 1 ? eligible : sampled(eligible, share, hashOf(`${seed}/${name}`), groupOf);
}

/** Ordered by group, and by chance within it, each that the running share completes is taken (systematic sampling). */
function sampled(eligible: Uint32Array, share: number, hash: number, groupOf: Cast['groupOf']): Uint32Array {
  const rankOf = new Map<DeviceGroup, number>();
  for (const index of eligible) if (!rankOf.has(groupOf(index))) rankOf.set(groupOf(index), rankOf.size);
  const keys = new Float64Array(eligible.length);
  const byKey = new Map<number, number>();
  for (const [at, index] of eligible.entries()) {
    // 2^32 values of chance for each group; where two devices of one draw the same, the next free one
    let key = (rankOf.get(groupOf(index)) ?? 0) * 2 ** 32 + hashWith(hash, index);
    while (byKey.has(key)) key++;
    keys[at] = key;
    byKey.set(key, index);
  }
  keys.sort();
  const taken: number[] = [];
  for (const [at, key] of keys.entries())
    if (Math.floor((at + 1) * share + 0.5) > Math.floor(at * share + 0.5)) taken.push(byKey.get(key) ?? 0);
  return Uint32Array.from(taken).sort();
}

/** Devices of each platform, one platform after another: for tests and benches. */
export function crowdOf(counts: Readonly<Partial<Record<PlatformName, number>>>): {
  readonly groups: readonly DeviceGroup[];
  readonly cast: Cast;
} {
  const groups = (Object.entries(counts) as [PlatformName, number][]).map(([platform, count]) => ({
    name: platform,
    platform,
    count,
  }));
  const all = groups.flatMap((group) => new Array<DeviceGroup>(group.count).fill(group));
  const groupOf = (index: number): DeviceGroup => {
    const group = all[index];
    if (group === undefined) throw new RangeError(`no device ${index} in a fleet of ${all.length}`);
    return group;
  };
  return { groups, cast: { total: all.length, groupOf } };
}
