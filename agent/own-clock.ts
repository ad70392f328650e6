// The clock of a device that a person has before them: the machine's, or that of a stub, wrong by as much as its owner left it.
import { type Clock, realClock } from '../base/clock.js';
import { MovableClock } from '../base/movable-clock.js';
import type { ConsoleClock } from './console.js';
import type { Device } from './device-types.js';

/** A step waits so long for a session that it set off, in real time. */
const quietMs = 60_000;

/**
 * Another clock, `skewMs` milliseconds before it (after it where that is negative). Setting it wrong makes nothing fall due.
 *
 * @example
 * const clock = new WrongClock(realClock, 2 * 86_400_000); // two days fast
 * clock.skewMs = 0; // set right
 */
export class WrongClock implements Clock {
  readonly #right: Clock;
  skewMs: number;
  readonly hold?: NonNullable<Clock['hold']>;

  constructor(right: Clock, skewMs = 0) {
    this.#right = right;
    this.skewMs = skewMs;
    const { hold } = right;
    if (hold !== undefined) this.hold = () => hold.call(right);
  }

  now(): number {
    return this.#right.now() + this.skewMs;
  }

  after(ms: number, call: () => void): () => void {
    return this.#right.after(ms, call);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#right.sleep(ms, signal);
  }
}

/**
 * Goes as the machine's does until it is moved. Devices hold it while they are in a session.
 *
 * @example
 * const clock = new OwnClock();
 * await clock.advance(8 * 3_600_000, device, signal); // what the device does by itself in eight hours
 */
export class OwnClock extends MovableClock {
  constructor() {
    super({ at: realClock.now() });
  }

  /**
   * Goes on by `ms`, from one thing that the device does by itself to the next; each has come to its end before the next begins.
   * `nextActAt` is of this clock, whatever the device's is.
   */
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
export const skewed = (clock: Clock, skewMs: number): Clock => (skewMs === 0 ? clock : new WrongClock(clock, skewMs));

/** What the prompt does with a clock that may be wrong; `own`: what moves it, where the machine's is under it. */
export function consoleClock(
  clock: WrongClock,
  own: OwnClock | undefined,
  device: Device,
  keep?: KeepSkew,
): ConsoleClock {
  const right: Pick<Device, 'nextActAt'> = {
    get nextActAt() {
      const at = device.nextActAt;
      return at === undefined ? undefined : at - clock.skewMs;
    },
  };
  return {
    now: () => clock.now(),
    get skewMs() {
      return clock.skewMs;
    },
    async setSkew(ms) {
      clock.skewMs = ms;
      await keep?.(ms);
    },
    ...(own === undefined ? {} : { advance: (ms, stop) => own.advance(ms, right, stop) }),
  };
}

/** Keeps how wrong a clock is for the next time. */
type KeepSkew = (skewMs: number) => Promise<void>;
