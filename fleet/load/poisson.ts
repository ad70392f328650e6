import { drawOf, hashOf } from '../engine/draw.js';
import type { ArrivalTimes } from './arrival-times.js';

/** Independent arrivals of a mean rate: exponential waits between them, added up once, by the seed. */
export function poisson({ perSecond }: { readonly perSecond: number }, total: number, seed: string): ArrivalTimes {
  const draw = drawOf(hashOf(`${seed}/arrivals`));
  const times = new Float64Array(total);
  let at = 0;
  for (let k = 0; k < total; k++) {
    times[k] = at;
    at -= (Math.log(1 - draw.fraction()) * 1000) / perSecond;
  }
  return (k) => times[k] ?? at;
}
