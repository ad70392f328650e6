import type { Clock } from '../../base/clock.js';

/** What may go at once after a pause: a twentieth of a second's worth, so that a rate is kept over short times too. */
const burstSeconds = 1 / 20;

/** How many pushes may go now, at so many per second: a bucket that fills with time. Without a rate there is no bound. */
export class Rate {
  readonly #clock: Clock;
  readonly #capacity: number;
  #available: number;
  #filledAt: number;

  constructor(
    clock: Clock,
    readonly perSecond: number | undefined,
  ) {
    this.#clock = clock;
    this.#capacity = perSecond === undefined ? Number.POSITIVE_INFINITY : Math.max(1, perSecond * burstSeconds);
    this.#available = this.#capacity;
    this.#filledAt = clock.now();
  }

  /** Takes up to `wanted`; answers how many, 0 when the next one is not due yet. What is not used is to be given back. */
  take(wanted: number): number {
    if (this.perSecond === undefined) return wanted;
    this.#fill(this.perSecond);
    const taken = Math.min(wanted, Math.floor(this.#available));
    this.#available -= taken;
    return taken;
  }

  giveBack(unused: number): void {
    this.#available = Math.min(this.#capacity, this.#available + unused);
  }

  /** What one of several may take before the next has its turn, of `wanted` at most: some turns for each burst. */
  shareOf(wanted: number): number {
    return Math.max(1, Math.min(wanted, Math.floor(this.#capacity / 8)));
  }

  /** Milliseconds on the clock until there is something to take again, and not for each single one at a high rate. */
  get waitMs(): number {
    if (this.perSecond === undefined) return 0;
    const worthIt = Math.max(1, this.#capacity / 2);
    return Math.ceil((Math.max(0, worthIt - this.#available) / this.perSecond) * 1000);
  }

  #fill(perSecond: number): void {
    const now = this.#clock.now();
    const passedMs = Math.max(0, now - this.#filledAt); // a clock of day may be set back
    this.#filledAt = now;
    this.#available = Math.min(this.#capacity, this.#available + (passedMs / 1000) * perSecond);
  }
}
