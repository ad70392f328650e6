// When each device starts: one pure file for each shape. Every process of a run computes the same schedule.
import type { Arrivals } from '../scenario/model.js';
import type { ArrivalTimes } from './arrival-times.js';
import { burst } from './burst.js';
import { constant } from './constant.js';
import { poisson } from './poisson.js';
import { ramp } from './ramp.js';
import { spread } from './spread.js';
import { stages } from './stages.js';

/**
 * The schedule of `total` arrivals. `seed`: of the shapes that chance decides; the same gives the same times.
 *
 * @example
 * arrivals({ shape: 'constant', perSecond: 10 }, 100, 'seed/enroll')(5); // 500
 */
export function arrivals(spec: Arrivals, total: number, seed: string): ArrivalTimes {
  switch (spec.shape) {
    case 'spread':
      return spread(spec, total);
    case 'constant':
      return constant(spec);
    case 'ramp':
      return ramp(spec, total);
    case 'poisson':
      return poisson(spec, total, seed);
    case 'burst':
      return burst();
    case 'stages':
      return stages(spec);
  }
}
