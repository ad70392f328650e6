import { describe, expect, it } from 'vitest';
import { drawOf, hashOf } from '../../../fleet/engine/draw.js';
import { drawn } from '../../../fleet/load/drawn.js';
import type { Distribution } from '../../../fleet/scenario/model.js';

const many = (distribution: Distribution, count = 20_000) => {
  const draw = drawOf(hashOf('seed'));
  return Array.from({ length: count }, () => drawn(distribution, draw));
};
const meanOf = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0) / all.length;
const deviationOf = (all: readonly number[]) => Math.sqrt(meanOf(all.map((each) => (each - meanOf(all)) ** 2)));

describe('a duration that varies', () => {
  it('is fixed where it does not', () => {
    expect(many({ kind: 'fixed', value: 7 }, 3)).toEqual([7, 7, 7]);
  });

  it('lies evenly between two', () => {
    const all = many({ kind: 'uniform', from: 100, to: 300 });
    expect(Math.min(...all)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...all)).toBeLessThan(300);
    expect(Math.abs(meanOf(all) - 200)).toBeLessThan(2);
    expect(Math.abs(deviationOf(all) - 200 / Math.sqrt(12))).toBeLessThan(1);
  });

  it('is normal around a mean, and never below 0', () => {
    const all = many({ kind: 'normal', mean: 1000, deviation: 100 });
    expect(Math.abs(meanOf(all) - 1000)).toBeLessThan(5);
    expect(Math.abs(deviationOf(all) - 100)).toBeLessThan(5);
    expect(Math.min(...many({ kind: 'normal', mean: 1, deviation: 100 }))).toBe(0);
  });

  it('is exponential of a mean', () => {
    const all = many({ kind: 'exponential', mean: 50 });
    expect(Math.abs(meanOf(all) - 50)).toBeLessThan(2);
    expect(Math.abs(deviationOf(all) - 50)).toBeLessThan(3);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
  });
});
