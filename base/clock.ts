import { onAbort } from './abort.js';
import { DueQueue } from './due-queue.js';

// The only file that touches the machine's time.

/** The only source of time. Real, scaled or manual; nothing else calls Date.now or setTimeout. */
export interface Clock {
  /** Milliseconds since the Unix epoch, on this clock. */
  now(): number;
  /** Resolves after `ms` on this clock; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back after `ms` on this clock, unless cancelled by the function returned. Throws RangeError where `ms` is no number. */
  after(ms: number, call: () => void): () => void;
  /**
   * Of a clock that somebody else moves: whoever is in the middle of something lets it stand until the function returned is
   * called, within bounds of the clock's own. Absent where a clock waits for nobody.
   */
  hold?(): () => void;
}

const longestTimerMs = 2 ** 31 - 1;

/** Milliseconds that only ever rise, for measuring how long something took. No relation to any Clock. */
export const monotonicMs = (): number => performance.now();

/**
 * One timer of Node for any number of due times: the earliest. Where all were taken back it stays armed for a while, for
 * the next request's timeout to use again, but keeps no process alive.
 */
function timers(scale: number): Clock['after'] {
  const queue = new DueQueue();
  let timer: NodeJS.Timeout | undefined;
  let armedFor = Number.POSITIVE_INFINITY;

  function disarm(): void {
    clearTimeout(timer);
    timer = undefined;
    armedFor = Number.POSITIVE_INFINITY;
  }

  function arm(): void {
    const first = queue.first();
    if (first === undefined) {
      disarm();
      return;
    }
    if (timer !== undefined && first.at >= armedFor) {
      timer.ref();
      return; // fires early, perhaps for an entry taken back: then it arms again
    }
    clearTimeout(timer);
    armedFor = first.at;
    timer = setTimeout(fire, Math.min(Math.max(0, Math.ceil(first.at - monotonicMs())), longestTimerMs));
  }

  function fire(): void {
    timer = undefined;
    armedFor = Number.POSITIVE_INFINITY;
    const now = monotonicMs();
    try {
      for (let call = queue.take(now); call !== undefined; call = queue.take(now)) call();
    } finally {
      arm();
    }
  }

  return (ms, call) => {
    const entry = queue.add(monotonicMs() + Math.max(0, ms) / scale, call);
    arm();
    return () => {
      queue.cancel(entry);
      if (queue.size === 0) timer?.unref();
    };
  };
}

/** `sleep` as every clock has it, made from `after`. */
export function sleepOf(after: Clock['after']): Clock['sleep'] {
  return (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal === undefined) {
        after(ms, resolve);
        return;
      }
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const cancel = after(ms, () => {
        forget();
        resolve();
      });
      const forget = onAbort(signal, () => {
        cancel();
        reject(signal.reason);
      });
    });
}

/** At what pace a scaled clock runs, and from which time on. */
export interface ScaledClockOptions {
  /** How many milliseconds of this clock pass in a real one: 3600 makes an hour a second. */
  readonly scale: number;
  /** What this clock shows at `realOrigin`. Default: the real time then. */
  readonly origin?: number;
  /** A real time, ms since the epoch. Default: now. Processes that are given the same two origins agree. */
  readonly realOrigin?: number;
}

/**
 * A clock that runs faster or slower than the machine's. Throws RangeError for a scale that is no positive number.
 *
 * @example
 * const clock = scaledClock({ scale: 3600 });
 * await clock.sleep(8 * 3_600_000); // eight hours for the devices, eight seconds here
 */
export function scaledClock({ scale, realOrigin = Date.now(), origin = realOrigin }: ScaledClockOptions): Clock {
  if (!(scale > 0) || !Number.isFinite(scale)) throw new RangeError(`a clock cannot run ${scale} times as fast`);
  const after = timers(scale);
  return { now: () => Math.floor(origin + (Date.now() - realOrigin) * scale), after, sleep: sleepOf(after) };
}

const realAfter = timers(1);

/** The time of day of this machine, with one timer for all who wait. */
export const realClock: Clock = { now: () => Date.now(), after: realAfter, sleep: sleepOf(realAfter) };

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** How many due times wait. */
  readonly pending: number;
  /** Goes on by `ms`, making every call that falls due on its way, in order; each sees its own time and may add more. */
  advance(ms: number): Promise<void>;
}

/** All that was already set going gets to run: promises, and what they queue in turn. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * A clock for tests: it shows `start` (milliseconds since the epoch) and goes on only by `advance`.
 *
 * @example
 * const clock = manualClock(Date.UTC(2026, 0, 1));
 * clock.after(60_000, () => console.log('a minute later'));
 * await clock.advance(60_000);
 */
export function manualClock(start = 0): ManualClock {
  const queue = new DueQueue();
  let now = start;
  const after: Clock['after'] = (ms, call) => {
    const entry = queue.add(now + Math.max(0, ms), call);
    return () => queue.cancel(entry);
  };
  return {
    now: () => now,
    after,
    sleep: sleepOf(after),
    get pending() {
      return queue.size;
    },
    async advance(ms) {
      const target = now + ms;
      await settle();
      for (let first = queue.first(); first !== undefined && first.at <= target; first = queue.first()) {
        now = Math.max(now, first.at);
        queue.take(now)?.();
        await settle();
      }
      now = target;
    },
  };
}
