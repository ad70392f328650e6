// The clock of a device that a person has before them: the machine's, wrong by as much as its owner left it, and moved by hand.
import { type Clock, realClock, settle } from '../base/clock.js';
import { MovableClock } from '../base/movable-clock.js';
import type { Device } from './device-types.js';

/** A step waits so long for a session that it set off, in real time. */
const quietMs = 60_000;

/**
 * Goes as the machine's does, `skewMs` milliseconds before it, until it is moved. Devices hold it while they are in a session.
 *
 * @example
 * const clock = new OwnClock(0);
 * await clock.advance(8 * 3_600_000, device, signal); // what the device does by itself in eight hours
 */
export class OwnClock extends MovableClock {
  readonly #holds = new Set<object>();
  #free: (() => void) | undefined;

  constructor(skewMs = 0) {
    super({ at: realClock.now() + skewMs });
  }

  /** As `Clock` says. */
  hold(): () => void {
    const one = {};
    this.#holds.add(one);
    return () => {
      this.#holds.delete(one);
      if (this.#holds.size === 0) this.#free?.();
    };
  }

  /** Goes on by `ms`, from one thing that the device does by itself to the next; each has come to its end before the next begins. */
  async advance(ms: number, device: Pick<Device, 'nextActAt'>, signal: AbortSignal): Promise<void> {
    const target = this.now() + ms;
    await this.#quiet();
    while (!signal.aborted) {
      const { nextActAt: next } = device;
      const isOnTheWay = next !== undefined && next > this.now() && next < target;
      await this.advanceTo(isOnTheWay ? next : target);
      await this.#quiet();
      if (!isOnTheWay) return;
    }
  }

  /** Resolves when nobody is in the middle of something, nor begins it now. */
  async #quiet(): Promise<void> {
    await settle();
    while (this.#holds.size > 0) {
      await new Promise<void>((resolve) => {
        const cancel = realClock.after(quietMs, () => {
          this.#holds.clear();
          resolve();
        });
        this.#free = () => {
          cancel();
          resolve();
        };
      });
      this.#free = undefined;
      await settle();
    }
  }
}

/** The same clock, `skewMs` milliseconds before it (after it where that is negative). */
export function skewed(clock: Clock, skewMs: number): Clock {
  if (skewMs === 0) return clock;
  const { hold } = clock;
  return {
    now: () => clock.now() + skewMs,
    after: (ms, call) => clock.after(ms, call),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    ...(hold === undefined ? {} : { hold: () => hold.call(clock) }),
  };
}
