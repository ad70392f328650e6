import type { Random } from '../../model/ports.js';
import { exponentialPause } from '../../platform/schedule.js';

const pauses = { firstPauseMs: 1_000, longestPauseMs: 60_000 };

/** How long to stay away from a service that was lost: longer each time, never the same for all. */
export class BackOff {
  readonly #random: Random;
  #lost = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  nextMs(): number {
    return Math.round(exponentialPause(pauses, this.#lost++, this.#random.fraction()));
  }

  /** It is there again. */
  reset(): void {
    this.#lost = 0;
  }
}
