import { onAbort } from './abort.js';
import { type Clock, realClock, settle, sleepOf } from './clock.js';
import { DueQueue } from './due-queue.js';

/** Where a movable clock stands at first. */
interface MovableClockOptions {
  /** What drives it. Default: the real clock. */
  readonly base?: Clock;
  /** What it shows at first, in milliseconds since the epoch. Default: what the base shows. */
  readonly at?: number;
  /** Milliseconds of this clock that pass in one of the base's; 0: it stands still. Default 1. */
  readonly scale?: number;
}

/** How long a clock waits for those who hold it. */
interface QuietOptions {
  /** Milliseconds of the base; who holds it longer is waited for no more. */
  readonly withinMs: number;
  /** Aborted: nobody is waited for any more. */
  readonly signal?: AbortSignal;
}

/**
 * A clock on another one, whose pace may change and which may be moved: calls that fall due on the way are made in order, each at
 * its own time. Its owner moves it, one move at a time.
 */
export class MovableClock implements Clock {
  readonly #base: Clock;
  readonly #queue = new DueQueue();
  readonly sleep: Clock['sleep'];
  #scale: number;
  /** What it showed at `#since` of the base. */
  #at: number;
  #since: number;
  #isMoving = false;
  #added = 0;
  #armedFor = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  /** Who is in the middle of something; `#free` is called when nobody is. */
  readonly #holds = new Set<object>();
  #free: (() => void) | undefined;

  /** Throws RangeError for a scale that is negative or not finite, and for a time that is no number. */
  constructor({ base = realClock, at = base.now(), scale = 1 }: MovableClockOptions = {}) {
    if (!Number.isFinite(at)) throw new RangeError(`a clock cannot show ${at}`);
    this.#base = base;
    this.#at = at;
    this.#since = base.now();
    this.#scale = checkedScale(scale);
    this.sleep = sleepOf((ms, call) => this.after(ms, call));
  }

  /** As `Clock` says. */
  now(): number {
    if (this.#isMoving || this.#scale === 0) return this.#at;
    return Math.floor(this.#at + (this.#base.now() - this.#since) * this.#scale);
  }

  /** As `Clock` says. */
  after(ms: number, call: () => void): () => void {
    const entry = this.#queue.add(this.now() + Math.max(0, ms), call);
    this.#added = entry.order + 1;
    this.#arm();
    return () => {
      this.#queue.cancel(entry);
      if (this.#queue.size === 0) this.#disarm();
    };
  }

  /** How many calls wait. */
  get pending(): number {
    return this.#queue.size;
  }

  /** When the earliest of them is due, in milliseconds since the epoch; undefined where none waits. */
  get dueAt(): number | undefined {
    return this.#queue.first()?.at;
  }

  /** Milliseconds of this clock that pass in one of the base's; 0: it stands still. */
  get scale(): number {
    return this.#scale;
  }

  /** From now on it goes at this pace, from the time that it shows. Throws RangeError as the constructor does. */
  pace(scale: number): void {
    const checked = checkedScale(scale);
    this.#stand(this.now());
    this.#scale = checked;
    this.#disarm();
    this.#arm();
  }

  /**
   * Shows another time from now on, without a call for what lies between: for one that was found to be ahead. What waits keeps
   * its time.
   */
  show(time: number): void {
    this.#stand(time);
    this.#disarm();
    this.#arm();
  }

  /**
   * Goes on to `time` (milliseconds since the epoch), making every call that falls due on its way, in order, and then at its pace.
   * Calls, and what they set going, have run before the next one is made. `before` is waited for before the first call of each
   * time; the clock shows that time then. Nothing happens where `time` has passed. Throws what the first of the calls that threw
   * did, when all are made.
   */
  async advanceTo(time: number, before?: (time: number) => Promise<void>): Promise<void> {
    await settle();
    this.#stand(Math.max(this.now(), this.#at));
    this.#isMoving = true;
    this.#disarm();
    const errors: unknown[] = [];
    try {
      for (let first = this.#queue.first(); first !== undefined && first.at <= time; first = this.#queue.first()) {
        const isLater = first.at > this.#at;
        if (isLater) this.#at = first.at;
        if (isLater && before !== undefined) await before(this.#at);
        try {
          this.#queue.take(this.#at)?.();
        } catch (error) {
          errors.push(error);
        }
        await settle();
      }
      this.#at = Math.max(this.#at, time);
    } finally {
      this.#isMoving = false;
      this.#since = this.#base.now();
      this.#arm();
    }
    if (errors.length > 0) throw errors[0];
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

  /** Resolves when nobody is in the middle of something, nor begins it now: for its owner, before a move. */
  async quiet({ withinMs, signal }: QuietOptions): Promise<void> {
    await settle(); // a wake-up that came just before
    while (this.#holds.size > 0 && signal?.aborted !== true) {
      const waiting = new AbortController();
      const cancel = this.#base.after(withinMs, () => {
        this.#holds.clear();
        waiting.abort();
      });
      const forget = signal === undefined ? undefined : onAbort(signal, () => waiting.abort());
      this.#free = () => waiting.abort();
      await new Promise<void>((resolve) => void onAbort(waiting.signal, resolve));
      cancel();
      forget?.();
      this.#free = undefined;
      await settle();
    }
  }

  #stand(at: number): void {
    this.#at = at;
    this.#since = this.#base.now();
  }

  /** One timer of the base for the earliest; where that was taken back it fires early, and is armed again. */
  #arm(): void {
    const first = this.#queue.first();
    if (first === undefined || this.#isMoving || this.#scale === 0 || first.at >= this.#armedFor) return;
    this.#cancelTimer?.();
    this.#armedFor = first.at;
    this.#cancelTimer = this.#base.after((first.at - this.now()) / this.#scale, () => this.#fire());
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  /**
   * What the base's timer was for is due, whatever its time of day has been set to meanwhile. What the calls add for the same
   * time waits for its own turn.
   */
  #fire(): void {
    const upTo = Math.max(this.#armedFor, this.now());
    const before = this.#added;
    this.#cancelTimer = undefined;
    this.#armedFor = Number.POSITIVE_INFINITY;
    try {
      for (let first = this.#queue.first(); first !== undefined && first.order < before; first = this.#queue.first()) {
        const call = this.#queue.take(upTo);
        if (call === undefined) break;
        call();
      }
    } finally {
      this.#arm();
    }
  }
}

function checkedScale(scale: number): number {
  if (!(scale >= 0) || !Number.isFinite(scale)) throw new RangeError(`a clock cannot run ${scale} times as fast`);
  return scale;
}
