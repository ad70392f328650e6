import type { Clock } from '../../agent/index.js';
import { arrivalMs } from '../load/arrivals.js';

export interface PaceOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly count: number;
  readonly overMs: number;
  /** No more than this many at the same time; who must wait for a place is late, and its response time shows it. */
  readonly concurrency: number;
}

/**
 * Open loop: starts `act(k, dueAt)` for k = 0 .. count-1 at its own time of the schedule, whether or not earlier ones have
 * ended. Resolves when all have. `act` must not reject. Stops starting when the signal is aborted.
 */
export async function paced(options: PaceOptions, act: (k: number, dueAt: number) => Promise<void>): Promise<void> {
  const { clock, signal, count, overMs, concurrency } = options;
  const startedAt = clock.now();
  let running = 0;
  let wake: (() => void) | undefined;
  const untilOneEnds = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  for (let k = 0; k < count && !signal.aborted; k++) {
    const dueAt = startedAt + arrivalMs(k, count, overMs);
    const wait = dueAt - clock.now();
    if (wait >= 1) await clock.sleep(wait, signal).catch(() => undefined);
    while (running >= concurrency) await untilOneEnds();
    if (signal.aborted) break;
    running++;
    void act(k, dueAt).finally(() => {
      running--;
      wake?.();
    });
  }
  while (running > 0) await untilOneEnds();
}
