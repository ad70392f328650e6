import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrivals } from '../../../fleet/load/arrivals.js';
import type { Arrivals } from '../../../fleet/scenario/model.js';

const times = (spec: Arrivals, total: number, seed = 's') => {
  const at = arrivals(spec, total, seed);
  return Array.from({ length: total }, (_, k) => at(k));
};
/** How many arrive in [from, to) seconds. */
const within = (all: readonly number[], from: number, to: number) =>
  all.filter((ms) => ms >= from * 1000 - 1e-6 && ms < to * 1000 - 1e-6).length;

describe('arrivals', () => {
  it('are spread evenly over a time, or at one instant', () => {
    expect(times({ shape: 'spread', overMs: 2000 }, 4)).toEqual([0, 500, 1000, 1500]);
    expect(times({ shape: 'spread', overMs: 0 }, 3)).toEqual([0, 0, 0]);
    expect(times({ shape: 'burst' }, 3)).toEqual([0, 0, 0]);
    expect(arrivals({ shape: 'spread', overMs: 100 }, 0, 's')(0)).toBe(0);
  });

  it('have a constant rate', () => {
    expect(times({ shape: 'constant', perSecond: 10 }, 4)).toEqual([0, 100, 200, 300]);
    expect(times({ shape: 'constant', perSecond: 0.5 }, 3)).toEqual([0, 2000, 4000]);
  });

  it('ramp from one rate to the other, which the last one reaches', () => {
    const all = times({ shape: 'ramp', from: 20, to: 60 }, 1001);
    expect(all[0]).toBe(0);
    expect(all[1000]).toBeCloseTo(25_000, 3); // 1000 at a mean of 40 a second
    expect(within(all, 0, 1)).toBe(21); // 20 of the rate, 0.8 of its growth, and the one at the start
    expect(within(all, 24, 25)).toBe(59);
    const falling = times({ shape: 'ramp', from: 60, to: 0 }, 301);
    expect(falling[300]).toBeCloseTo(10_000, 3);
    expect(within(falling, 0, 5)).toBe(225);
    expect(times({ shape: 'ramp', from: 5, to: 5 }, 3)).toEqual([0, 200, 400]);
    expect(times({ shape: 'ramp', from: 0, to: 5 }, 1)).toEqual([0]);
  });

  it('go from stage to stage, and the last one goes on', () => {
    const stages = [
      { to: 10, forMs: 10_000 },
      { to: 10, forMs: 10_000 },
      { to: 0, forMs: 5_000 },
      { to: 0, forMs: 60_000 },
      { to: 20, forMs: 10_000 },
    ];
    const all = times({ shape: 'stages', stages }, 500);
    expect(within(all, 0, 10)).toBe(50);
    expect(within(all, 10, 20)).toBe(100);
    expect(within(all, 20, 25)).toBe(25);
    expect(within(all, 25, 85)).toBe(0);
    expect(within(all, 85, 95)).toBe(100);
    expect(within(all, 95, 105)).toBe(200);
  });

  it('come at random at a mean rate, the same for the same seed', () => {
    const spec = { shape: 'poisson', perSecond: 50 } as const;
    const all = times(spec, 10_000);
    expect(times(spec, 10_000)).toEqual(all);
    expect(times(spec, 10_000, 'other')).not.toEqual(all);
    expect((all.at(-1) ?? 0) / 1000).toBeGreaterThan(190);
    expect((all.at(-1) ?? 0) / 1000).toBeLessThan(210);
    // the numbers of Poisson arrivals vary as much as their mean
    const counts = Array.from({ length: 180 }, (_, second) => within(all, second, second + 1));
    const mean = counts.reduce((sum, each) => sum + each, 0) / counts.length;
    const variance = counts.reduce((sum, each) => sum + (each - mean) ** 2, 0) / counts.length;
    expect(variance / mean).toBeGreaterThan(0.7);
    expect(variance / mean).toBeLessThan(1.4);
  });

  it('never run backwards, and are finite', () => {
    const perSecond = fc.double({ min: 0.001, max: 1000, noNaN: true });
    const rate = fc.oneof(fc.constant(0), perSecond);
    const spec: fc.Arbitrary<Arrivals> = fc.oneof(
      fc.record({ shape: fc.constant('ramp' as const), from: rate, to: perSecond }),
      fc.record({ shape: fc.constant('ramp' as const), from: perSecond, to: rate }),
      fc.record({ shape: fc.constant('poisson' as const), perSecond }),
      fc.record({
        shape: fc.constant('stages' as const),
        stages: fc
          .array(fc.record({ to: rate, forMs: fc.integer({ min: 1, max: 100_000 }) }), { maxLength: 5 })
          .chain((some) => perSecond.map((to) => [...some, { to, forMs: 1000 }])),
      }),
    );
    fc.assert(
      fc.property(spec, (each) => {
        let before = 0;
        for (const ms of times(each, 200)) {
          expect(Number.isFinite(ms)).toBe(true);
          expect(ms).toBeGreaterThanOrEqual(before - 1e-6 * Math.max(1, before));
          before = ms;
        }
      }),
      { numRuns: 200 },
    );
  });
});
