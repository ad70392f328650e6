import type { ArrivalTimes } from './arrival-times.js';

/**
 * The rate grows, or falls, evenly in time from `from` to `to`, which the last of `total` reaches. The area under the rate is how
 * many have arrived: from·t + (to-from)·t²/2L = k, with L such that `total` - 1 fit.
 */
export function ramp({ from, to }: { readonly from: number; readonly to: number }, total: number): ArrivalTimes {
  const lastsSeconds = Math.max(0, total - 1) / ((from + to) / 2);
  const slope = lastsSeconds === 0 ? 0 : (to - from) / lastsSeconds;
  return (k) => secondsAt(from, slope, k) * 1000;
}

/**
 * After how many seconds `k` have arrived, at a rate of `from` that changes by `slope` each second. The form 2k / (from + root) holds
 * for a slope of 0 too, and loses no digits.
 */
export function secondsAt(from: number, slope: number, k: number): number {
  if (k <= 0) return 0;
  const root = Math.sqrt(Math.max(0, from * from + 2 * slope * k));
  return (2 * k) / (from + root);
}
