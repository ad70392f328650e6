import type { ArrivalTimes } from './arrival-times.js';
import { secondsAt } from './ramp.js';

interface Stage {
  readonly startsAtMs: number;
  /** How many have arrived before it. */
  readonly before: number;
  readonly from: number;
  readonly slope: number;
}

/**
 * Stages, one after another; each goes evenly from the rate before it (0 before the first) to its own, and the rate of the last goes
 * on until all have arrived.
 */
export function stages({
  stages: all,
}: {
  readonly stages: readonly { readonly to: number; readonly forMs: number }[];
}): ArrivalTimes {
  const table: Stage[] = [];
  let [startsAtMs, before, from] = [0, 0, 0];
  for (const { to, forMs } of all) {
    table.push({ startsAtMs, before, from, slope: ((to - from) * 1000) / forMs });
    before += ((from + to) / 2) * (forMs / 1000);
    startsAtMs += forMs;
    from = to;
  }
  table.push({ startsAtMs, before, from, slope: 0 });
  return (k) => {
    const stage = table.findLast((each) => each.before <= k && (each.from > 0 || each.slope !== 0)) ?? table[0];
    return stage === undefined ? 0 : stage.startsAtMs + secondsAt(stage.from, stage.slope, k - stage.before) * 1000;
  };
}
