import type { Clock } from '../../base/clock.js';
import type { Deadlines } from './deadlines.js';

/** Devices for which a lane calls back before the process does something else; the others follow at the same time. */
const mostAtOnce = 100;

interface LaneOptions {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Its deadline's key. */
  readonly key: string;
  /** In milliseconds on the clock. Where it changes, for those too that are waited for, `intervalChanged` is to be called. */
  readonly everyMs: number;
  readonly onDue: (deviceId: string) => void;
}

/**
 * A lane of the deadlines: calls back for each device not seen for `everyMs`, and again each `everyMs` until it is seen or
 * forgotten. The interval is the same for all, so the order of being seen is the order of falling due: one map, one deadline.
 */
export class Timeouts {
  readonly #options: LaneOptions;
  readonly #seen = new Map<string, number>();
  #isArmed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** The device was seen now, or at `at`; restored devices must come oldest first. */
  seen(deviceId: string, at = this.#options.clock.now()): void {
    this.#seen.delete(deviceId);
    this.#seen.set(deviceId, at);
    if (!this.#isArmed) this.#arm();
  }

  /** How many are waited for. */
  get size(): number {
    return this.#seen.size;
  }

  forget(deviceId: string): void {
    this.#seen.delete(deviceId);
    if (this.#seen.size === 0) this.#disarm();
  }

  /** All that are waited for are waited for by the new interval; those whose time is over by it are called back soon. */
  intervalChanged(): void {
    this.#disarm();
    this.#arm();
  }

  #arm(): void {
    const first = this.#seen.values().next();
    if (first.done) return;
    const { deadlines, key, everyMs } = this.#options;
    this.#isArmed = true;
    deadlines.at(key, first.value + everyMs, () => this.#fire());
  }

  #disarm(): void {
    this.#isArmed = false;
    this.#options.deadlines.cancel(this.#options.key);
  }

  #fire(): void {
    this.#isArmed = false;
    const { clock, everyMs } = this.#options;
    const now = clock.now();
    const due: string[] = [];
    for (const [deviceId, at] of this.#seen) {
      if (at + everyMs > now || due.length === mostAtOnce) break;
      due.push(deviceId);
    }
    for (const deviceId of due) this.seen(deviceId, now);
    this.#disarm(); // for the first of them; the next to fall due is another
    this.#arm();
    for (const deviceId of due) this.#options.onDue(deviceId);
  }
}
