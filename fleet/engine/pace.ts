import type { Clock } from '../../base/clock.js';
import { arrivalMs } from '../load/arrivals.js';

export interface PaceOptions {
  /** Waits. */
  readonly clock: Clock;
  /** Measures: milliseconds with fractions, ever rising, at the pace of `clock`. */
  readonly elapsed: () => number;
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
  const { clock, elapsed, signal, count, overMs, concurrency } = options;
  const startedAt = elapsed();
  const places = new Places(concurrency);
  for (let k = 0; k < count && !signal.aborted; k++) {
    const dueAt = startedAt + arrivalMs(k, count, overMs);
    for (let wait = dueAt - elapsed(); wait > 0 && !signal.aborted; wait = dueAt - elapsed())
      await clock.sleep(wait, signal).catch(() => undefined);
    await places.take();
    if (signal.aborted) {
      places.give();
      break;
    }
    void act(k, dueAt).finally(() => places.give());
  }
  await places.allGiven();
}

/** How many may be busy at the same time. Those who wait are let in first come, first served. */
export class Places {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];
  #idle: (() => void) | undefined;

  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  async take(): Promise<void> {
    if (this.#taken < this.#size) this.#taken++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next(); // the place changes hands
      return;
    }
    this.#taken--;
    if (this.#taken === 0) this.#idle?.();
  }

  /** Resolves when nobody is busy. For one caller. */
  allGiven(): Promise<void> {
    if (this.#taken === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }
}
