import type { Clock } from '../../base/clock.js';

/**
 * Calls back for each device not seen for `everyMs`, and again each `everyMs` until it is seen or forgotten.
 * The interval is the same for all, so the order of being seen is the order of falling due: one map, one clock timer.
 */
export class Timeouts {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #onDue: (deviceId: string) => void;
  readonly #due = new Map<string, number>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, everyMs: number, onDue: (deviceId: string) => void) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#onDue = onDue;
  }

  /** The device was seen now, or at `at`; restored devices must come oldest first. */
  seen(deviceId: string, at = this.#clock.now()): void {
    this.#due.delete(deviceId);
    this.#due.set(deviceId, at + this.#everyMs);
    if (this.#cancel === undefined) this.#arm();
  }

  /** How many are waited for. */
  get size(): number {
    return this.#due.size;
  }

  forget(deviceId: string): void {
    this.#due.delete(deviceId);
    if (this.#due.size === 0) this.stop();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(): void {
    const first = this.#due.values().next();
    if (first.done) return;
    this.#cancel = this.#clock.after(Math.max(0, first.value - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    const due: string[] = [];
    for (const [deviceId, at] of this.#due) {
      if (at > now) break;
      due.push(deviceId);
    }
    for (const deviceId of due) this.seen(deviceId, now);
    this.stop();
    this.#arm();
    for (const deviceId of due) this.#onDue(deviceId);
  }
}
