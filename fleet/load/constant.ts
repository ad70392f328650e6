import type { ArrivalTimes } from './arrival-times.js';

/** The same rate all the time: one every 1/rate. */
export const constant =
  ({ perSecond }: { readonly perSecond: number }): ArrivalTimes =>
  (k) =>
    (k * 1000) / perSecond;
