import type { ArrivalTimes } from './arrival-times.js';

/** Evenly over a time, the first at its begin; 0: all at once. */
export const spread =
  ({ overMs }: { readonly overMs: number }, total: number): ArrivalTimes =>
  (k) =>
    total === 0 ? 0 : (k * overMs) / total;
