// How long this time: one value of a distribution.
import type { Draw } from '../engine/draw.js';
import type { Distribution } from '../scenario/model.js';

/** A value in milliseconds, with fractions; never below 0. */
export function drawn(distribution: Distribution, draw: Pick<Draw, 'fraction'>): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.value;
    case 'uniform':
      return distribution.from + (distribution.to - distribution.from) * draw.fraction();
    case 'normal':
      return Math.max(0, distribution.mean + distribution.deviation * standardNormal(draw));
    case 'exponential':
      return -distribution.mean * Math.log(1 - draw.fraction());
  }
}

/** Box and Muller's method. */
const standardNormal = (draw: Pick<Draw, 'fraction'>): number =>
  Math.sqrt(-2 * Math.log(1 - draw.fraction())) * Math.cos(2 * Math.PI * draw.fraction());
