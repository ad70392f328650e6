// The clock of a device that a person has before them: the machine's, wrong by as much as its owner left it, and moved by hand.
import { type Clock, realClock } from '../base/clock.js';
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
  constructor(skewMs = 0) {
    super({ at: realClock.now() + skewMs });
  }

  /** Goes on by `ms`, from one thing that the device does by itself to the next; each has come to its end before the next begins. */
  async advance(ms: number, device: Pick<Device, 'nextActAt'>, signal: AbortSignal): Promise<void> {
    const target = this.now() + ms;
    await this.quiet({ withinMs: quietMs });
    while (!signal.aborted) {
      const { nextActAt: next } = device;
      const isOnTheWay = next !== undefined && next > this.now() && next < target;
      await this.advanceTo(isOnTheWay ? next : target);
      await this.quiet({ withinMs: quietMs });
      if (!isOnTheWay) return;
    }
  }
}

/**
 * The same clock, `skewMs` milliseconds before it (after it where that is negative).
 *
 * @example
 * const ports = { ...made.ports, clock: skewed(made.ports.clock, 3_600_000) }; // an hour fast
 */
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
