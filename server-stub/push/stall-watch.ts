import type { Clock } from '../../base/clock.js';

/** How often one that should move is looked at within the time it has. */
const looks = 4;

interface StallWatchOptions {
  readonly clock: Clock;
  /** How long nothing may move. */
  readonly stalledMs: number;
  /** What is there now: any change of it is progress. */
  readonly state: () => string;
  readonly onStalled: () => void;
}

/** Notices that something which should move does not: a client that takes nothing of what waits for it. */
export class StallWatch {
  readonly #options: StallWatchOptions;
  #cancel: (() => void) | undefined;

  constructor(options: StallWatchOptions) {
    this.#options = options;
  }

  /** From now on there is something to move. */
  start(): void {
    this.stop();
    const { clock, stalledMs, state, onStalled } = this.#options;
    let before = state();
    let still = 0;
    const look = (): void => {
      const now = state();
      still = now === before ? still + 1 : 0;
      before = now;
      if (still === looks) onStalled();
      else this.#cancel = clock.after(stalledMs / looks, look);
    };
    this.#cancel = clock.after(stalledMs / looks, look);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
