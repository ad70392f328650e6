// Steps in which the authority does something to everybody at once, and devices answer when they are woken.
import type { Device, DeviceState } from '../../agent/index.js';
import type { Acted, ActReason, DeviceStep, EngineContext } from '../steps/kind.js';

export interface WakeStepOptions {
  /** How long it waits, in the phase's time; absent: until the phase ends. */
  readonly withinMs?: number | undefined;
  /** Who is away when it happens; without a time until the phase is over. */
  readonly offline?: { readonly share: number; readonly forMs?: number } | undefined;
  /** Whether a device has got there, after a session. */
  isThere(state: DeviceState, session: Session): boolean;
  /** What the authority answered when it did its part. */
  heard?(value: unknown): void;
  /**
   * Whether it is concerned at all, of one that nobody has woken. Absent: all are. Those that are not are counted so, and waited for
   * no longer where nothing else goes on.
   */
  isConcerned?(state: DeviceState): boolean;
  /** Those that got there count as moved, too. */
  readonly counts?: 'moved';
  /** Why a device fails that did not get there; undefined where it was not concerned, as its state shows now. */
  missed(index: number, hadSession: boolean): Error | undefined;
}

/** `isSince`: it began after the authority did its part. `before`: the device's state then. */
export interface Session {
  readonly isSince: boolean;
  readonly before: DeviceState;
}

/** The authority was met: what a person does at the device, such as a use of its mail, is no session. */
const wasSession = (before: DeviceState, after: DeviceState): boolean =>
  (['lastCheckInAt', 'lifecycle', 'managedBy', 'holdings'] as const).some((key) => before[key] !== after[key]);

/** Notifications to those whom it concerns have come by then; real ms. */
const notifiedMs = 3000;
/** Looking at states is given so much at a time; real ms. */
const lookMs = 4;

/** A session that ended before it was known when the authority did its part. */
interface Early {
  readonly startedAgeMs: number;
  readonly endedAgeMs: number;
  readonly state: DeviceState;
  readonly before: DeviceState;
}

/**
 * Waits for each device that the step is for, until it has got there. Times count from the moment at which the authority did its part;
 * of a device that was away, from when it was back.
 */
export class WakeStep implements DeviceStep {
  readonly #context: EngineContext;
  readonly #options: WakeStepOptions;
  /** Who is waited for. */
  readonly #open = new Set<number>();
  readonly #hadSession = new Set<number>();
  readonly #early = new Map<number, Early>();
  readonly #away = new Set<number>();
  /** Whose state was looked at, and whom it concerns. */
  readonly #concerned = new Set<number>();
  #happenedAgeMs: number | undefined;

  constructor(context: EngineContext, options: WakeStepOptions) {
    this.#context = context;
    this.#options = options;
    const chosen = context.chosen();
    for (let at = 0; at < chosen.length; at++) {
      const index = chosen[at] ?? 0;
      if (!context.hasFailed(index)) this.#open.add(index);
    }
  }

  before(): void {
    const { offline } = this.#options;
    if (offline === undefined) return;
    for (const index of this.#context.among(offline.share, 'offline')) {
      if (!this.#open.has(index)) continue;
      this.#away.add(index);
      this.#context.setAway(index, true);
    }
  }

  wantsWake(index: number): boolean {
    return this.#open.has(index);
  }

  comesBack(index: number): boolean {
    return this.#away.has(index);
  }

  async act(device: Device, index: number, why: ActReason): Promise<Acted> {
    const isGone = device.state.lifecycle === 'unenrolled'; // notified once more of what has ended its enrollment
    if (!isGone && (why !== 'later' || this.#open.has(index)))
      await device.checkIn(this.#context.signal, why === 'later' ? 'scheduled' : 'woken');
    return { isOpen: true };
  }

  afterSession(device: Device, index: number, startedAgeMs: number, before: DeviceState): void {
    if (!this.#open.has(index) || !wasSession(before, device.state)) return;
    const happened = this.#happenedAgeMs;
    const { isThere } = this.#options;
    const endedAgeMs = this.#context.ageMs();
    if (happened === undefined) {
      this.#early.set(index, { startedAgeMs, endedAgeMs, state: device.state, before });
      return;
    }
    const isSince = startedAgeMs >= happened;
    if (isSince) this.#hadSession.add(index);
    if (isThere(device.state, { isSince, before })) this.#reached(index, startedAgeMs, endedAgeMs, happened);
  }

  happened(value: unknown, ageMs: number): void {
    if (this.#happenedAgeMs !== undefined) return;
    const { heard, isThere } = this.#options;
    heard?.(value);
    this.#happenedAgeMs = ageMs;
    for (const [index, { startedAgeMs, endedAgeMs, state, before }] of this.#early) {
      if (!this.#open.has(index)) continue; // it has failed since
      const isSince = startedAgeMs >= ageMs;
      if (isSince) this.#hadSession.add(index);
      if (isThere(state, { isSince, before })) this.#reached(index, startedAgeMs, Math.max(ageMs, endedAgeMs), ageMs);
    }
    this.#early.clear();
    for (const index of this.#away) this.#isAway(index, ageMs);
  }

  failed(index: number): boolean {
    return this.#open.delete(index);
  }

  superseded(index: number): boolean {
    return this.#happenedAgeMs !== undefined && this.#open.delete(index);
  }

  isDone(): boolean {
    const happened = this.#happenedAgeMs;
    if (happened === undefined) return false;
    const { withinMs = Number.POSITIVE_INFINITY, offline } = this.#options;
    if (this.#context.ageMs() >= happened + withinMs + (offline?.forMs ?? 0)) return true;
    this.#leaveOut(happened);
    return this.#open.size === 0;
  }

  waitsOn(): boolean {
    if (this.#happenedAgeMs === undefined || this.#options.withinMs !== undefined) return false;
    return ![...this.#open].some((index) => this.#context.isAway(index)); // who is away comes back
  }

  end(): void {
    for (const index of [...this.#open]) {
      if (this.#context.isAway(index)) continue;
      const error = this.#options.missed(index, this.#hadSession.has(index));
      if (error === undefined) this.#isUnconcerned(index);
      else this.#context.fail(index, error);
    }
    this.#open.clear();
  }

  notStarted(): Iterable<number> {
    return this.#open;
  }

  /** Those whom it does not concern, a few at a time. */
  #leaveOut(happened: number): void {
    const { elapsedAt, ageMs, isAwaited, peek } = this.#context;
    const { isConcerned } = this.#options;
    const now = () => elapsedAt(ageMs());
    const began = now();
    if (isConcerned === undefined || began < elapsedAt(happened) + notifiedMs) return;
    for (const index of this.#open) {
      if (this.#concerned.has(index) || this.#away.has(index) || isAwaited(index)) continue;
      const state = peek(index);
      if (state === undefined || !isConcerned(state)) this.#isUnconcerned(index);
      else this.#concerned.add(index);
      if (now() - began > lookMs) return;
    }
  }

  #isUnconcerned(index: number): void {
    const { ageMs, sink, subject } = this.#context;
    this.#open.delete(index);
    sink.count(subject(index), 'unconcerned', 1, ageMs());
  }

  #isAway(index: number, ageMs: number): void {
    if (!this.#open.has(index)) return;
    const { sink, subject } = this.#context;
    const forMs = this.#options.offline?.forMs;
    sink.count(subject(index), 'away', 1, ageMs);
    if (forMs !== undefined) {
      this.#context.actAt(index, ageMs + forMs);
      return;
    }
    sink.count(subject(index), 'passed', 1, ageMs); // that it hears nothing is what was asked for
    this.#open.delete(index);
  }

  #reached(index: number, startedAgeMs: number, endedAgeMs: number, happened: number): void {
    this.#open.delete(index);
    const { elapsedAt, sink, subject } = this.#context;
    const backMs = this.#away.has(index) ? (this.#options.offline?.forMs ?? 0) : 0;
    const from = happened + backMs;
    const age = endedAgeMs - backMs;
    const ended = elapsedAt(endedAgeMs);
    sink.passed(subject(index), ended - elapsedAt(from), ended - elapsedAt(startedAgeMs), age);
    if (this.#options.counts === undefined) return;
    this.#context.moved(index, age);
    sink.lasted(subject(index), endedAgeMs - from, age);
  }
}
