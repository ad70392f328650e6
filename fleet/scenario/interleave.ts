// Which group each device of a run belongs to: groups are mixed through the population, exactly and the same in every process.
import { fractionOf, hashOf } from '../engine/draw.js';
import type { DeviceGroup, FleetPlan } from './model.js';

/** 1 divided by the golden ratio: its multiples lie as evenly on a circle as any do, however many they are. */
const step = (Math.sqrt(5) - 1) / 2;

/** The population of a plan, device by device. */
interface Crowd {
  readonly total: number;
  /** Throws RangeError for an index that no device has. */
  readonly groupOf: (index: number) => DeviceGroup;
}

/**
 * Device k has the place frac(k·step + offset) of [0, 1), with an offset of the seed's; the lowest places are the first group's, the
 * next the second's and so on, each group having as many as it counts. So totals are exact, and every prefix and every shard of
 * stride n has nearly the mix of the whole.
 */
export function interleave({ groups, seed }: Pick<FleetPlan, 'groups' | 'seed'>): Crowd {
  const peopled = groups.filter(({ count }) => count > 0);
  const total = peopled.reduce((sum, { count }) => sum + count, 0);
  const offset = fractionOf(hashOf(`${seed}/groups`), 0);
  const placeOf = (index: number): number => (index * step + offset) % 1;
  const ends = endsOf(
    Float64Array.from({ length: total }, (_, index) => placeOf(index)).sort(),
    peopled.map(({ count }) => count),
  );
  return {
    total,
    groupOf(index) {
      const place = placeOf(index);
      const group = peopled[ends.findIndex((end) => place < end)];
      if (group === undefined || !Number.isInteger(index) || index < 0 || index >= total)
        throw new RangeError(`no device ${index} in a fleet of ${total}`);
      return group;
    },
  };
}

/** Below which place each group's devices are: the first place of the group after it, which is above the last one's. */
function endsOf(places: Float64Array, counts: readonly number[]): number[] {
  let before = 0;
  return counts.map((count) => {
    before += count;
    return places[before] ?? 1;
  });
}
