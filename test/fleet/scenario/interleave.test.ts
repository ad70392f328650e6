import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interleave } from '../../../fleet/scenario/interleave.js';
import type { DeviceGroup } from '../../../fleet/scenario/model.js';

const mixed: readonly DeviceGroup[] = [
  { name: 'phones', platform: 'ios', count: 500 },
  { name: 'none', platform: 'ios', count: 0 },
  { name: 'desks', platform: 'windows', count: 300 },
  { name: 'tablets', platform: 'android', count: 200 },
];

const namesOf = (crowd: ReturnType<typeof interleave>, indexes: Iterable<number>) => {
  const counts = new Map<string, number>();
  for (const index of indexes) {
    const { name } = crowd.groupOf(index);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
};
const range = (from: number, to: number, by = 1) =>
  Array.from({ length: Math.ceil((to - from) / by) }, (_, at) => from + at * by);

describe('groups of a population', () => {
  it('have exactly as many devices as they count, whatever the seed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { minLength: 1, maxLength: 8 }), fc.string(), (counts, seed) => {
        const groups = counts.map((count, at): DeviceGroup => ({ name: `g${at}`, platform: 'ios', count }));
        const crowd = interleave({ groups, seed });
        const found = namesOf(crowd, range(0, crowd.total));
        expect(groups.map(({ name }) => found.get(name) ?? 0)).toEqual(counts);
      }),
      { numRuns: 50 },
    );
  });

  it('are mixed through it: every stretch and every shard of it has nearly the mix of the whole', () => {
    const crowd = interleave({ groups: mixed, seed: 'day' });
    const share = (indexes: readonly number[], name: string) =>
      (namesOf(crowd, indexes).get(name) ?? 0) / indexes.length;
    const parts = [
      range(0, 50),
      range(0, 100),
      range(400, 500),
      range(950, 1000),
      ...[2, 3, 4, 8].flatMap((n) => range(0, n).map((i) => range(i, 1000, n))),
    ];
    for (const part of parts) {
      expect(Math.abs(share(part, 'phones') - 0.5)).toBeLessThan(0.06);
      expect(Math.abs(share(part, 'desks') - 0.3)).toBeLessThan(0.06);
      expect(Math.abs(share(part, 'tablets') - 0.2)).toBeLessThan(0.06);
    }
  });

  it('are the same for the same seed, and others for another', () => {
    const names = (seed: string) => {
      const crowd = interleave({ groups: mixed, seed });
      return range(0, 100).map((index) => crowd.groupOf(index).name);
    };
    expect(names('a')).toEqual(names('a'));
    expect(names('a')).not.toEqual(names('b'));
  });

  it('have no device beyond the last', () => {
    const crowd = interleave({ groups: mixed, seed: 'x' });
    for (const index of [-1, 1000, 0.5]) expect(() => crowd.groupOf(index)).toThrow(RangeError);
  });
});
