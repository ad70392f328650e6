import { describe, expect, it } from 'vitest';
import { chosenFrom, crowdOf } from '../../../fleet/engine/selection.js';
import { shardOf } from '../../../fleet/engine/shard.js';
import { traitsOf } from '../../../fleet/engine/traits.js';
import { interleave } from '../../../fleet/scenario/interleave.js';

const groups = [
  { name: 'phones', platform: 'ios', count: 500, supervised: 0.2 },
  {
    name: 'tablets',
    platform: 'android',
    count: 200,
    enrolled: [
      { as: 'work-profile', weight: 1 },
      { as: 'application', weight: 3 },
    ],
  },
  { name: 'pcs', platform: 'windows', count: 300 },
] as const;
const cast = interleave({ groups, seed: 's' });

describe('a choice of devices', () => {
  it('is exact in all, and in each group as exact as a whole number can be', () => {
    for (const share of [0.1, 1 / 3, 0.77]) {
      const chosen = chosenFrom(cast, 's', 'switch', { share });
      expect(chosen.length).toBe(Math.floor(1000 * share + 0.5));
      for (const { name, count } of groups) {
        const own = [...chosen].filter((index) => cast.groupOf(index).name === name).length;
        expect(Math.abs(own - count * share)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('is the same for the same seed and name, and another for another', () => {
    const of = (seed: string, name: string) => [...chosenFrom(cast, seed, name, { share: 0.5 })];
    expect(of('s', 'one')).toEqual(of('s', 'one'));
    const other = new Set(of('s', 'two'));
    const both = of('s', 'one').filter((index) => other.has(index)).length;
    expect(both).toBeGreaterThan(200); // by chance half of 500
    expect(both).toBeLessThan(300);
    expect(of('t', 'one')).not.toEqual(of('s', 'one'));
  });

  it('keeps to platforms and groups, ascending', () => {
    const chosen = chosenFrom(cast, 's', 'x', { platforms: ['ios', 'windows'], groups: ['phones'] });
    expect(chosen.length).toBe(500);
    expect([...chosen]).toEqual([...chosen].sort((a, b) => a - b));
    expect(chosenFrom(cast, 's', 'x', { share: 0 }).length).toBe(0);
    expect(chosenFrom(crowdOf({ ios: 15 }).cast, 's', 'x', { share: 0.1 }).length).toBe(2);
    expect(chosenFrom(crowdOf({ ios: 0 }).cast, 's', 'x', { share: 0.5 }).length).toBe(0);
  });
});

describe('a shard', () => {
  it('has each device in one engine, whatever their number', () => {
    for (const n of [1, 2, 3, 7]) {
      const found: number[] = [];
      for (let i = 0; i < n; i++) {
        const shard = shardOf({ shard: { i, n }, devices: { from: 5, to: 29 } });
        for (let slot = 0; slot < shard.size; slot++) {
          const index = shard.indexOf(slot);
          expect([shard.has(index), shard.slotOf(index), index % n]).toEqual([true, slot, i]);
          found.push(index);
        }
      }
      expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, k) => k + 5));
    }
    expect(() => shardOf({ shard: { i: 0, n: 2 }, devices: { from: 0, to: 4 } }).slotOf(1)).toThrow(RangeError);
  });

  it('gives traits by exact shares of a group, the same in whichever engine a device is', () => {
    const all = traitsOf(cast, groups, 's', shardOf({ shard: { i: 0, n: 1 }, devices: { from: 0, to: 1000 } }));
    const count = (fits: (slot: number) => boolean) => Array.from({ length: 1000 }, (_, k) => k).filter(fits).length;
    expect(count((slot) => all.supervised(slot) === true)).toBe(100);
    expect(count((slot) => all.supervised(slot) === false)).toBe(400);
    expect(count((slot) => all.enrolledAs(slot) === 'work-profile')).toBe(50);
    expect(count((slot) => all.enrolledAs(slot) === 'application')).toBe(150);
    const shard = shardOf({ shard: { i: 1, n: 3 }, devices: { from: 0, to: 1000 } });
    const own = traitsOf(cast, groups, 's', shard);
    for (let slot = 0; slot < shard.size; slot++) {
      const index = shard.indexOf(slot);
      expect([own.supervised(slot), own.enrolledAs(slot)]).toEqual([all.supervised(index), all.enrolledAs(index)]);
    }
  });
});
