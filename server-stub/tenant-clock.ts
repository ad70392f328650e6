// The clock that a stub's tenant lives by: the machine's, a faster one, or one that is moved by hand. By convention, no protocol has it.
import { z } from 'zod';
import { type Clock, realClock } from '../base/clock.js';
import { MovableClock } from '../base/movable-clock.js';
import { stubError } from './errors.js';
import type { Keep } from './keep.js';
import { readKept } from './kept.js';

export const clockModes = ['real', 'scaled', 'manual'] as const;
type ClockMode = (typeof clockModes)[number];

/** How a clock is to go: as the machine's, not at all but by hand, or so many times as fast as the machine's. */
export type ClockSetting = 'real' | 'manual' | number;

/** What is to become of a clock: first how it goes, then how far it is moved, by a duration in milliseconds or to a time. */
interface ClockChange {
  readonly setting?: ClockSetting | undefined;
  readonly advance?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly to?: number | undefined;
}

/** When a listener is to be told next. */
export interface NextStep {
  /** By this clock; Infinity: at the end of the move. */
  readonly at: number;
  /** At the times of what is due for the tenant, too: it would notice what is done then. */
  readonly isReached: boolean;
}

/** Waited for, within bounds of its own: at the start of a move and at its end, before what is due at a time is done, and after. */
type StepListener = (time: number) => Promise<NextStep>;

/** The time of a tenant. It may be changed while the tenant runs, never backwards. */
export interface TenantClock extends Clock {
  readonly mode: ClockMode;
  /** Milliseconds of this clock that pass in a real one: 1 where it is real, 0 where it is moved by hand, or is being moved. */
  readonly scale: number;
  /** How often it was changed or moved, in all runs with the same data folder. */
  readonly changes: number;
  /**
   * `setting`: it goes on like this from the time that it shows; `real` moves it to the machine's time first. `advance`, `to`:
   * moves it on; a real one is ahead of the machine's from then on, and called scaled. Resolves when all that falls due on the way
   * was done, in order, each at its own time. Throws REQUEST_INVALID, with nothing changed, for a move backwards or beyond 2048,
   * and for a pace that is none.
   */
  change(change: ClockChange): Promise<void>;
  /** `change` of the setting alone. */
  set(to: ClockSetting): Promise<void>;
  /** `change` by so many milliseconds alone. */
  advance(ms: number): Promise<void>;
  /** Calls when mode, scale or time were changed, and no more once the function returned was called. */
  onChange(listener: () => void): () => void;
  /** Calls at the start of a move, on its way and at its end. */
  onStep(listener: StepListener): () => void;
}

interface TenantClockOptions {
  /** The machine's time. Default: the real clock. */
  readonly base?: Clock;
  /** Where mode and time outlive the process. */
  readonly keep?: Keep | undefined;
  /** Default: as it was kept, or else real. */
  readonly setting?: ClockSetting | undefined;
}

const keptSchema = z.object({
  mode: z.enum(clockModes),
  scale: z.number().min(0),
  /** What it showed when the machine's clock showed `since`. */
  at: z.number(),
  since: z.number(),
  changes: z.number().int().min(0),
});
type Kept = z.output<typeof keptSchema>;

const fastest = 1_000_000;
/** The stub's own root ends with 2049. */
const latest = Date.UTC(2049, 0, 1);
/**
 * Of what is due for the tenant listeners are told at a thousand times of a move, and wherever such times lie so far apart; the times
 * that they wish for themselves are kept apart so that there are ten thousand.
 */
const steps = 1000;
const stepMs = 6 * 3_600_000;
const wishes = 10_000;

/** Throws what `TenantClock.set` throws. */
export function openTenantClock({ base = realClock, keep, setting }: TenantClockOptions = {}): TenantClock {
  const [[, kept] = []] = readKept(keep, 'clock', keptSchema);
  return new OpenClock(base, keep, kept, setting);
}

class OpenClock implements TenantClock {
  readonly #base: Clock;
  readonly #keep: Keep | undefined;
  readonly #clock: MovableClock;
  readonly #listeners = new Set<() => void>();
  readonly #steps = new Set<StepListener>();
  #mode: ClockMode;
  #changes: number;
  #isMoving = false;
  /** Changes are made one after the other. */
  #turn: Promise<void> = Promise.resolve();
  readonly sleep: Clock['sleep'];

  constructor(base: Clock, keep: Keep | undefined, kept: Kept | undefined, setting: ClockSetting | undefined) {
    this.#base = base;
    this.#keep = keep;
    this.#changes = kept?.changes ?? 0;
    const at = kept === undefined || kept.mode === 'real' ? base.now() : passed(kept, base.now());
    const to = setting ?? (kept === undefined ? 'real' : settingOf(kept));
    const scale = this.#checked(to, at);
    this.#mode = modeOf(to);
    this.#clock = new MovableClock({ base, scale, ...(to !== 'real' && { at }) });
    this.sleep = this.#clock.sleep;
    const isKept = kept !== undefined || to !== 'real';
    if (isKept && (setting !== undefined || kept === undefined)) this.#store(this.now());
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, call: () => void): () => void {
    return this.#clock.after(ms, call);
  }

  get mode(): ClockMode {
    return this.#mode;
  }

  get scale(): number {
    return this.#isMoving ? 0 : this.#clock.scale;
  }

  get changes(): number {
    return this.#changes;
  }

  set(setting: ClockSetting): Promise<void> {
    return this.change({ setting });
  }

  advance(ms: number): Promise<void> {
    return this.change({ advance: ms });
  }

  change(change: ClockChange): Promise<void> {
    const made = this.#turn.then(() => this.#change(change));
    this.#turn = made.catch(() => {});
    return made;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onStep(listener: StepListener): () => void {
    this.#steps.add(listener);
    return () => this.#steps.delete(listener);
  }

  async #change({ setting, advance = 0, to }: ClockChange): Promise<void> {
    const now = this.now();
    const scale = setting === undefined ? undefined : this.#checked(setting, now);
    const from = setting === 'real' ? this.#base.now() : now;
    const until = to ?? from + advance;
    if (!(until >= from)) {
      throw stubError('REQUEST_INVALID', `The clock shows ${shown(now)} and is never moved backwards`);
    }
    if (!(until <= latest)) {
      throw stubError(
        'REQUEST_INVALID',
        `The clock is not moved beyond ${shown(latest)}: the stub's own root ends soon after`,
      );
    }
    if (setting === 'real') await this.#move(from);
    if (scale !== undefined) {
      this.#mode = modeOf(setting ?? 'real');
      if (setting === 'real') this.#clock.show(this.#base.now());
      this.#clock.pace(scale);
    }
    const isMoved = until > from;
    if (isMoved) {
      if (this.#mode === 'real') this.#mode = 'scaled';
      await this.#move(until);
    }
    if (!isMoved || this.scale > 0) await this.#step(this.now());
    this.#store(this.now());
    for (const listener of this.#listeners) listener();
  }

  /** What is stored first is where it comes to stand: a process that ends on the way finds no time that lies before its own records. */
  async #move(to: number): Promise<void> {
    this.#store(to);
    const { scale } = this.#clock;
    this.#isMoving = true;
    this.#clock.pace(0);
    try {
      await this.#moveBySteps(to, to - this.now());
    } finally {
      this.#isMoving = false;
      this.#clock.pace(scale);
    }
  }

  /** From what is due next to what is due then, whoever's it is. Throws what the first of the calls that threw did, when all are made. */
  async #moveBySteps(to: number, ms: number): Promise<void> {
    const errors: unknown[] = [];
    const apart = Math.min(ms / steps, stepMs);
    for (let next = await this.#step(this.now()); this.now() < to; next = await this.#step(this.now())) {
      const from = this.now();
      const due = this.#clock.dueAt ?? to;
      const own = next.isReached ? Math.max(due, from + apart) : to;
      const stop = Math.min(own, Math.max(next.at, from + ms / wishes), to);
      const tell = async (time: number) => {
        if (time === stop) await this.#step(time);
      };
      await this.#clock.advanceTo(stop, tell).catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Resolves to when the first of the listeners is to be told next. */
  async #step(time: number): Promise<NextStep> {
    this.#changes++;
    const next = await Promise.all([...this.#steps].map((listener) => listener(time)));
    return { at: Math.min(...next.map(({ at }) => at)), isReached: next.some(({ isReached }) => isReached) };
  }

  /** The scale that is meant. */
  #checked(to: ClockSetting, at: number): number {
    if (to === 'manual') return 0;
    if (to !== 'real') {
      if (to > 0 && to <= fastest) return to;
      throw stubError('REQUEST_INVALID', `A clock cannot run ${to} times as fast: above 0, at most ${fastest}`);
    }
    if (at <= this.#base.now()) return 1;
    throw stubError(
      'REQUEST_INVALID',
      `The clock shows ${shown(at)}, the machine's ${shown(this.#base.now())}: it is never moved backwards`,
      {
        hint: 'A scale of 1 lets it go on from there at the pace of the machine’s.',
      },
    );
  }

  #store(at: number): void {
    const kept: Kept = {
      mode: this.#mode,
      scale: this.#clock.scale,
      at,
      since: this.#base.now(),
      changes: this.#changes,
    };
    this.#keep?.put('clock', kept);
  }
}

const shown = (ms: number): string => new Date(ms).toISOString();

const modeOf = (to: ClockSetting): ClockMode => (to === 'real' || to === 'manual' ? to : 'scaled');

const settingOf = ({ mode, scale }: Kept): ClockSetting => (mode === 'scaled' ? scale : mode);

/** While the process was away a scaled clock went on; one that is moved by hand stood still. */
const passed = ({ at, since, scale }: Kept, now: number): number => at + Math.max(0, now - since) * scale;
