import { type Clock, monotonicMs, realClock } from '../../base/clock.js';

/** What an engine measures and waits by: real time. */
export interface EngineClocks {
  /** The wall clock, and waiting. Default: the real one. */
  readonly clock: Clock;
  /** Milliseconds with fractions that only ever rise, at the pace of `clock`. */
  readonly monotonic: () => number;
}

export const realClocks: EngineClocks = { clock: realClock, monotonic: monotonicMs };

/** The run's own time: 0 is the moment at which its first phase begins; negative before that. */
export class RunTime {
  readonly #clocks: EngineClocks;
  #zero: number;
  #isSet = false;

  constructor(clocks: EngineClocks) {
    this.#clocks = clocks;
    this.#zero = clocks.monotonic();
  }

  /** Milliseconds since the run began. */
  readonly elapsed = (): number => this.#clocks.monotonic() - this.#zero;

  /** A moment of the wall clock, in elapsed ms. */
  at(wallAt: number): number {
    return this.elapsed() + (wallAt - this.#clocks.clock.now());
  }

  /** The run begins at this moment of the wall clock; said again it does not change. */
  beginAt(wallAt: number): void {
    if (this.#isSet) return;
    this.#isSet = true;
    this.#zero += this.at(wallAt);
  }
}
