// When a device acts by itself and when it tries again, as data and pure functions: a driver states them, device-run.ts and
// a fleet's scheduler keep them. Times are milliseconds, moments milliseconds since the epoch on the device's clock.
import type { RollcallError } from '../../base/errors.js';

/** One stretch of a schedule: `times` moments, `everyMs` apart; without `times` it goes on for ever. 0 ms: left out. */
export interface Tier {
  readonly everyMs: number;
  readonly times?: number;
}

/**
 * The first moment of a schedule that comes after `after`; undefined when it has run out. The tiers follow each other and are
 * counted from `since` (an enrollment, or the last change of the schedule), whatever happened meanwhile: those that a device
 * missed while it was off are one. Saving `since` and the time of the last check-in is saving the progress.
 *
 * @example
 * const tiers = [{ everyMs: 180_000, times: 5 }, { everyMs: 900_000, times: 8 }, { everyMs: 28_800_000 }];
 * nextOfTiers(tiers, enrolledAt, lastCheckInAt ?? enrolledAt);
 */
export function nextOfTiers(tiers: readonly Tier[], since: number, after: number): number | undefined {
  let from = since;
  for (const { everyMs, times } of tiers) {
    if (!(everyMs > 0)) continue;
    const next = Math.max(0, Math.floor((after - from) / everyMs)) + 1;
    if (times === undefined || next <= times) return from + next * everyMs;
    from += times * everyMs;
  }
  return undefined;
}

/** One try of a session that broke with an error that may be tried again. */
export interface FailedTry {
  /** How many tries there have been, this one included. */
  readonly tries: number;
  /** As it was thrown: its details may hold what the server asked for. */
  readonly error: RollcallError;
  /** Random, in [0, 1). */
  readonly fraction: number;
}

/** The pause before the next try; undefined when there is none until the device is woken or its schedule comes. Pure. */
export type RetryPolicy = (failed: FailedTry) => number | undefined;

/**
 * Pauses that double from `firstPauseMs` to `longestPauseMs`, each shortened at random by up to half; `maxTries` in all.
 *
 * @example
 * const retry = exponentialRetry({ maxTries: 6, firstPauseMs: 2_000, longestPauseMs: 120_000 });
 * retry({ tries: 1, fraction: 0.5 }); // milliseconds until the second try
 */
export function exponentialRetry(options: {
  readonly maxTries: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}): RetryPolicy {
  return ({ tries, fraction }) =>
    tries >= options.maxTries ? undefined : exponentialPause(options, tries - 1, fraction);
}

/** The pause after `lost` earlier ones: doubled each time, never above `longestPauseMs`, shortened by up to half. */
export function exponentialPause(
  { firstPauseMs, longestPauseMs }: { readonly firstPauseMs: number; readonly longestPauseMs: number },
  lost: number,
  fraction: number,
): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(lost, 50)) * (0.5 + fraction / 2);
}

/** For platforms whose protocol says nothing of it, and for an enrollment that is owed. */
export const defaultRetry: RetryPolicy = exponentialRetry({
  maxTries: 6,
  firstPauseMs: 2_000,
  longestPauseMs: 120_000,
});
