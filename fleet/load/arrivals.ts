/**
 * When device `k` of `count` is meant to start, in milliseconds after the step began: evenly spread over `overMs`,
 * or all at once when that is 0. Pure, so that every process computes the same schedule.
 */
export function arrivalMs(k: number, count: number, overMs: number): number {
  return count === 0 ? 0 : (k * overMs) / count;
}
