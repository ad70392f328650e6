import type { Clock } from '../../base/clock.js';
import { type DueEntry, DueQueue } from '../../base/due-queue.js';
import { isRollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';

/** Deadlines that are met before the process does something else: others wait for their turn at the same time. */
const mostAtOnce = 1000;

/** So long after one that could not be stored it is tried again, in milliseconds on the clock. */
const againMs = 60_000;

/**
 * All that a tenant does because a time has come, in one heap on its clock: schedules, days of grace, enrollments begun. Earliest
 * first, equal times in the order in which they were put. None is stored: whoever puts one here puts it again after a restart,
 * and one whose time has passed meanwhile is met at once.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #log: Pick<Log, 'error' | 'warn'>;
  readonly #queue = new DueQueue();
  readonly #entries = new Map<string, DueEntry>();
  #put = 0;
  #armedFor = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #isStopped = false;

  constructor(clock: Clock, log: Pick<Log, 'error' | 'warn'>) {
    this.#clock = clock;
    this.#log = log;
  }

  /** How many wait. */
  get size(): number {
    return this.#entries.size;
  }

  /** When the deadline of this key is, in milliseconds since the epoch; undefined where there is none. */
  timeOf(key: string): number | undefined {
    return this.#entries.get(key)?.at;
  }

  /**
   * Calls once when the clock shows `time` (milliseconds since the epoch), never before this returns; a later deadline of the same
   * key takes the place of an earlier one. A call that throws is logged and harms no other; one that throws STORE_UNWRITABLE is
   * made again a minute later. Throws RangeError where `time` is no number. Nothing happens once it is stopped.
   */
  at(key: string, time: number, call: () => void): void {
    this.cancel(key);
    if (this.#isStopped) return;
    const entry = this.#queue.add(time, () => {
      this.#entries.delete(key);
      this.#meet(key, call);
    });
    this.#put = entry.order + 1;
    this.#entries.set(key, entry);
    this.#arm();
  }

  /** Nothing happens where there is none. */
  cancel(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#queue.cancel(entry);
    if (this.#entries.size === 0) this.#disarm();
  }

  /** None is met any more, and none is taken. */
  stop(): void {
    this.#isStopped = true;
    for (const entry of this.#entries.values()) this.#queue.cancel(entry);
    this.#entries.clear();
    this.#disarm();
  }

  #meet(key: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      if (isRollcallError(error) && error.code === 'STORE_UNWRITABLE') {
        this.#log.warn('STORE_UNWRITABLE', { deadline: key, reason: error.message });
        this.at(key, this.#clock.now() + againMs, call);
        return;
      }
      this.#log.error('BUG', {
        deadline: key,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }

  /** One timer of the clock, for the earliest; it may fire for one that was taken back, and is armed again then. */
  #arm(): void {
    const first = this.#queue.first();
    if (first === undefined || first.at >= this.#armedFor) return;
    this.#cancelTimer?.();
    this.#armedFor = first.at;
    this.#cancelTimer = this.#clock.after(Math.max(0, first.at - this.#clock.now()), () => this.#fire());
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  /** Makes the calls that are due, but not those that they put here for the same time: the process has its turn between. */
  #fire(): void {
    this.#cancelTimer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    const before = this.#put;
    for (let made = 0; made < mostAtOnce; made++) {
      const first = this.#queue.first();
      if (first === undefined || first.order >= before) break;
      const call = this.#queue.take(now);
      if (call === undefined) break;
      call();
    }
    this.#arm();
  }
}
