import type { Clock } from '../../base/clock.js';

/** Something that has starts in the order of their times. All times in elapsed ms. */
export interface Source {
  /** When its next start is due; Infinity: none for now. Cheap: asked for each start of any source. */
  next(): number;
  /**
   * Takes that start out, which has come, and begins it. Undefined: nothing came of it. The promise ends with it and never rejects.
   */
  start(dueAt: number): Promise<void> | undefined;
  /** Takes it out and counts it as given up. Absent: it is never given up. */
  drop?(dueAt: number): void;
}

export interface SchedulerOptions {
  /** Waits. */
  readonly clock: Clock;
  /** Measures: milliseconds with fractions, ever rising, at the pace of `clock`. */
  readonly elapsed: () => number;
  /** No more than this many at the same time; who must wait for a place is late, and its response time shows it. */
  readonly places: number;
  /** What could not start so long after its time is given up. */
  readonly dropAfterMs?: number;
  /** How late a start was because of this process alone: not for want of a place. */
  readonly onLate?: (ms: number) => void;
}

/** The event loop is given back after so long, that answers which came meanwhile are read. */
const sliceMs = 4;
/** Sources whose time goes by another clock are looked at at least so often. */
const lookMs = 500;
/** What is due so soon is due: a wait as short may be none to a clock. */
const soonMs = 0.01;

/** Starts what is due, the earliest first, from any number of sources: one timer for all of them. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #sources: Source[] = [];
  #busy = 0;
  #isStopped = false;
  #isPumping = false;
  #isAgain = false;
  /** Since when there has been a place, as of the last start. */
  #freeSince = Number.NEGATIVE_INFINITY;
  #alarm: { readonly at: number; cancel(): void } | undefined;
  readonly #idle: (() => void)[] = [];

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** How many go on at the moment. */
  get busy(): number {
    return this.#busy;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  add(source: Source): void {
    this.#sources.push(source);
    this.look();
  }

  remove(source: Source): void {
    const at = this.#sources.indexOf(source);
    if (at >= 0) this.#sources.splice(at, 1);
  }

  /** Something has changed: what is due now starts. */
  look(): void {
    if (this.#isPumping) {
      this.#isAgain = true;
      return;
    }
    this.#isPumping = true;
    try {
      do {
        this.#isAgain = false;
        this.#pump();
      } while (this.#isAgain);
    } finally {
      this.#isPumping = false;
    }
  }

  /** Nothing starts any more. */
  stop(): void {
    this.#isStopped = true;
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  /** Resolves when nothing goes on. */
  idle(): Promise<void> {
    if (this.#busy === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #pump(): void {
    const { elapsed, places, dropAfterMs } = this.#options;
    const until = elapsed() + sliceMs;
    while (!this.#isStopped) {
      const { source, at } = this.#first();
      const now = elapsed();
      if (source === undefined || at > now + soonMs) {
        this.#alarmAt(source === undefined ? undefined : at, now);
        return;
      }
      if (source.drop !== undefined && dropAfterMs !== undefined && now - at > dropAfterMs) {
        source.drop(at);
        continue;
      }
      if (this.#busy >= places) {
        // A place that becomes free looks again; until then only what is given up needs a look.
        this.#alarmAt(dropAfterMs === undefined ? undefined : at + dropAfterMs + 1, now);
        return;
      }
      if (now >= until) {
        setImmediate(() => this.look());
        return;
      }
      this.#start(source, at, now);
    }
  }

  #first(): { readonly source: Source | undefined; readonly at: number } {
    let source: Source | undefined;
    let at = Number.POSITIVE_INFINITY;
    for (const each of this.#sources) {
      const next = each.next();
      if (next < at) {
        at = next;
        source = each;
      }
    }
    return { source, at };
  }

  #start(source: Source, at: number, now: number): void {
    const started = source.start(at);
    if (started === undefined) return;
    this.#options.onLate?.(Math.max(0, now - Math.max(at, this.#freeSince)));
    this.#busy++;
    void started.finally(() => {
      if (this.#busy-- >= this.#options.places) this.#freeSince = this.#options.elapsed();
      if (this.#busy === 0) for (const resolve of this.#idle.splice(0)) resolve();
      this.look();
    });
  }

  #alarmAt(at: number | undefined, now: number): void {
    if (at === undefined) {
      this.#alarm?.cancel();
      this.#alarm = undefined;
      return;
    }
    const until = Math.min(at, now + lookMs);
    if (this.#alarm !== undefined && this.#alarm.at <= until) return; // fires early, and looks again
    this.#alarm?.cancel();
    const cancel = this.#options.clock.after(until - now, () => {
      this.#alarm = undefined;
      this.look();
    });
    this.#alarm = { at: until, cancel };
  }
}
