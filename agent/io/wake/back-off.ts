import type { Random } from '../../model/ports.js';
import { exponentialPause } from '../../platform/schedule.js';

const pauses = { firstPauseMs: 1_000, longestPauseMs: 60_000 };

/** Milliseconds to stay away from a service after `lost` earlier losses in a row: 1 s at first, a minute at most. */
export const usualPauseMs = (lost: number, fraction: number): number =>
  Math.round(exponentialPause(pauses, lost, fraction));

/** How long to stay away from a service that was lost: longer each time, never the same for all. */
export class BackOff {
  readonly #random: Random;
  #lost = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  nextMs(): number {
    return usualPauseMs(this.#lost++, this.#random.fraction());
  }

  /** It is there again. */
  reset(): void {
    this.#lost = 0;
  }
}
