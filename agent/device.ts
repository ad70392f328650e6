import { isRollcallError } from '../protocol/errors.js';
import type { Command, Outcome, ProfileKind } from '../protocol/vocabulary.js';
import { live } from './device-life.js';
import { askGate } from './device-resource.js';
import type { Device, DeviceEvent, DeviceOptions } from './device-types.js';
import { agentError } from './errors.js';
import { interrupted, onAbort, throwIfInterrupted } from './model/abort.js';
import { afterLeaving, carryOut, newDevice, without } from './model/carry-out.js';
import { step } from './model/lifecycle.js';
import type { Condition, DeviceState } from './model/state.js';
import { toldCommand } from './model/told.js';
import type { Driver, Invitation, Link, Platform, SessionReport } from './platform/driver.js';
import { Turns } from './turns.js';

type Told = DeviceEvent extends infer E ? (E extends DeviceEvent ? Omit<E, 'at'> : never) : never;

/** What happened in one session so far, should it break off. */
interface Tally {
  readonly authority: string;
  commands: number;
  later: number;
  left?: 'removed' | 'wiped';
}

/** A device of this platform, which options.platform must name. Nothing is sent and no timer started until it is told to. */
export function createDeviceOf(platform: Platform, options: DeviceOptions): Device {
  return new EmulatedDevice(platform, options);
}

const offline = new Error('the device went offline');

/** A class, not closures: of thousands of devices each costs its state and these few fields. */
class EmulatedDevice implements Device {
  private current: DeviceState;
  private driver: Driver | undefined;
  private openedLink: Link | undefined;
  private readonly turns = new Turns();
  /** Of the session that runs. */
  private running: AbortController | undefined;
  private listeners: Set<(event: DeviceEvent) => void> | undefined;
  /** Told whenever something changed that a living device acts upon. */
  private watchers: Set<() => void> | undefined;
  private ending: AbortController | undefined;
  private isClosed = false;
  /** A check-in that the device owes on its own account, for `run` to make. */
  private isDue = false;
  /** An enrollment that is to follow a wipe (Return to Service) and has not come about. */
  private owedEnrollment: Invitation | undefined;

  constructor(
    private readonly platform: Platform,
    private readonly options: DeviceOptions,
  ) {
    const { random } = options.ports;
    if (options.state === undefined) {
      const facts = { ...platform.describe(random), ...options.facts };
      this.current = newDevice(facts, 20 + random.integer(81));
    } else this.current = pickedUp(options.state);
    if (this.current.facts.platform !== platform.name)
      throw agentError(
        'STATE_CORRUPT',
        `a device of ${this.current.facts.platform} where ${platform.name} is asked for`,
      );
  }

  get state(): DeviceState {
    return this.current;
  }

  enroll(invitation: Invitation, signal?: AbortSignal): Promise<void> {
    return this.turn(signal, async (own) => {
      if (this.current.lifecycle === 'enrolled')
        throw agentError('ALREADY_ENROLLED', `managed by ${this.current.link?.authority ?? 'an authority'} already`);
      await this.enrollNow(invitation, own);
    });
  }

  checkIn(signal?: AbortSignal): Promise<SessionReport> {
    return this.turn(signal, (own) => this.checkInNow(own));
  }

  leave(signal?: AbortSignal): Promise<void> {
    return this.turn(signal, async (own) => {
      const link = this.link();
      await this.sayGoodbye(link, own);
      await this.left(link, 'removed', 'left');
    });
  }

  switchTo(invitation: Invitation, signal?: AbortSignal): Promise<void> {
    return this.turn(signal, async (own) => {
      const link = this.link();
      this.assertReachable();
      this.current = { ...this.current, lifecycle: step(this.current.lifecycle, 'switch-asked') };
      try {
        await this.sayGoodbye(link, own);
      } catch (error) {
        this.current = { ...this.current, lifecycle: 'enrolled' }; // stopped before anything was given up
        throw error;
      }
      // What the old authority had installed goes with it, its key to this device last.
      this.current = { ...afterLeaving(this.current, 'removed'), lifecycle: 'switching' };
      this.openedLink = undefined;
      await link.forget();
      this.tell({ type: 'left', authority: link.saved.authority });
      await this.join(invitation, own, step(this.current.lifecycle, 'refused'));
    });
  }

  async lock(): Promise<void> {
    await this.change({ locked: true });
  }

  async unlock(): Promise<void> {
    await this.change({ locked: false });
    if (!this.current.owesCheckIn || this.current.lifecycle !== 'enrolled' || !this.isReachable()) return;
    if (this.watchers === undefined) await this.checkIn();
    else this.becomeDue();
  }

  async setPasscode(passcode: string | undefined): Promise<void> {
    const { condition } = this.current;
    const next =
      passcode === undefined ? { ...without(condition, 'passcode'), locked: false } : { ...condition, passcode };
    await this.store({ ...this.current, condition: next });
  }

  /** Going offline breaks the session that runs. Coming online also switches on a device that was shut down. */
  async setOnline(online: boolean): Promise<void> {
    if (!online) this.running?.abort(offline);
    await this.change(online ? { online, powered: true } : { online });
    this.changed();
  }

  async rename(deviceName: string): Promise<void> {
    await this.change({ deviceName });
  }

  async useResource(kind: ProfileKind, name?: string, signal?: AbortSignal): Promise<void> {
    this.assertReachable();
    await askGate(this.current, kind, name, this.options.ports.http, signal);
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.isClosed) throw agentError('INTERRUPTED', 'the device was closed');
    this.ending ??= new AbortController();
    const life = new AbortController();
    const forget = [signal, this.ending.signal].map((each) => onAbort(each, () => life.abort(each.reason)));
    this.watchers ??= new Set();
    if (this.current.owesCheckIn && !this.isLocked()) this.isDue = true;
    try {
      await live(
        {
          link: () => (this.current.lifecycle === 'enrolled' ? this.link() : undefined),
          isReachable: () => this.isReachable(),
          takeDue: () => this.takeDue(),
          becomeDue: () => this.becomeDue(),
          act: (own) => this.actOnOwnAccount(own),
          watch: (call) => this.watchers?.add(call),
          unwatch: (call) => this.watchers?.delete(call),
          woken: () => this.tell({ type: 'woken' }),
          log: this.options.ports.log,
        },
        this.options.ports,
        this.options.checkInEveryMs,
        life.signal,
      );
    } finally {
      for (const each of forget) each();
      if (this.watchers?.size === 0) this.watchers = undefined;
    }
  }

  onEvent(listener: (event: DeviceEvent) => void): () => void {
    this.listeners ??= new Set();
    this.listeners.add(listener);
    return () => this.listeners?.delete(listener);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const reason = new Error('the device was closed');
    this.ending?.abort(reason);
    this.running?.abort(reason);
    (await this.turns.take())();
    this.listeners = undefined;
  }

  // ---- one thing at a time

  private async turn<T>(signal: AbortSignal | undefined, act: (own: AbortSignal) => Promise<T>): Promise<T> {
    const end = await this.turns.take(signal);
    const own = new AbortController();
    const forget = signal === undefined ? undefined : onAbort(signal, () => own.abort(signal.reason));
    try {
      if (this.isClosed) throw agentError('INTERRUPTED', 'the device was closed');
      throwIfInterrupted(own.signal);
      this.running = own;
      return await act(own.signal);
    } finally {
      forget?.();
      this.running = undefined;
      end();
      this.changed();
    }
  }

  /** What a living device does when it is due: the enrollment it owes, or else a check-in. */
  private actOnOwnAccount(signal: AbortSignal): Promise<unknown> {
    const owed = this.owedEnrollment;
    if (owed !== undefined && this.current.lifecycle === 'unenrolled')
      return this.turn(signal, (own) => this.enrollNow(owed, own));
    return this.checkIn(signal);
  }

  // ---- sessions

  private async enrollNow(invitation: Invitation, signal: AbortSignal): Promise<void> {
    const before = this.current;
    this.assertReachable();
    this.current = { ...before, lifecycle: step(before.lifecycle, 'invited') };
    await this.join(invitation, signal, before.lifecycle, before);
  }

  /** Enrolls from `enrolling` or `switching`. On failure the device is as `before` says, or as it is, but `refused`. */
  private async join(
    invitation: Invitation,
    signal: AbortSignal,
    refused: DeviceState['lifecycle'],
    before: DeviceState = this.current,
  ): Promise<void> {
    const { authority } = invitation;
    const tally: Tally = { authority, commands: 0, later: 0 };
    this.tell({ type: 'enrolling', authority });
    try {
      const link = await this.ownDriver().enroll(invitation, (command) => this.apply(command, tally), signal);
      this.openedLink = link;
      this.owedEnrollment = undefined;
      await this.store({
        ...this.current,
        lifecycle: step(this.current.lifecycle, 'joined'),
        link: link.saved,
        owesCheckIn: false,
      });
      this.tell({ type: 'enrolled', authority });
    } catch (error) {
      if (this.current.lifecycle !== 'enrolled')
        await this.store({ ...before, condition: this.current.condition, lifecycle: refused });
      throw this.failed('enroll', error, signal);
    }
  }

  private async checkInNow(signal: AbortSignal): Promise<SessionReport> {
    const link = this.link();
    this.assertReachable();
    this.tell({ type: 'check-in' });
    const tally: Tally = { authority: link.saved.authority, commands: 0, later: 0 };
    const wasLocked = this.isLocked();
    let report: SessionReport;
    try {
      report = await link.checkIn((command) => this.apply(command, tally), signal);
    } catch (error) {
      // Wiped or retired is what it is, whether or not the authority still heard of it.
      if (tally.left === undefined) throw await this.sessionBroke(link, error, signal);
      report = { commands: tally.commands, later: tally.later, requests: tally.commands, left: tally.left };
    }
    const at = this.options.ports.clock.now();
    if (report.left === undefined) {
      await this.store({ ...this.current, link: link.saved, owesCheckIn: report.later > 0, lastCheckInAt: at });
      this.tell({ type: 'checked-in', report });
      if (report.later > 0 && wasLocked && !this.isLocked()) this.becomeDue(); // unlocked while the session ran
      return report;
    }
    this.tell({ type: 'checked-in', report });
    await this.left(link, report.left, report.left === 'wiped' ? 'wiped' : 'left');
    if (report.next !== undefined) await this.returnToService(report.next, signal);
    return report;
  }

  /** The enrollment after a wipe. Its failure is told, not thrown: the check-in itself went well. */
  private async returnToService(invitation: Invitation, signal: AbortSignal): Promise<void> {
    this.owedEnrollment = invitation;
    try {
      await this.enrollNow(invitation, signal);
    } catch (error) {
      if (isRollcallError(error) && error.retry) this.becomeDue();
      else this.owedEnrollment = undefined;
    }
  }

  /** Keeps what the link learned; a device that was disowned is its user's again. Returns the error to throw. */
  private async sessionBroke(link: Link, error: unknown, signal: AbortSignal): Promise<Error> {
    const failure = this.failed('check-in', error, signal);
    if (isRollcallError(failure, 'CHECKIN_REFUSED')) await this.left(link, 'removed', 'disowned');
    else if (this.current.link !== link.saved) await this.store({ ...this.current, link: link.saved });
    return failure;
  }

  /** Tells the authority, as far as it can be reached. Throws only when stopped on request. */
  private async sayGoodbye(link: Link, signal: AbortSignal): Promise<void> {
    if (!this.isReachable()) return;
    try {
      await link.leave(signal);
    } catch (error) {
      const failure = this.failed('leave', error, signal);
      if (isRollcallError(failure, 'INTERRUPTED')) throw failure;
    }
  }

  private async left(link: Link, event: 'removed' | 'wiped', told: 'left' | 'wiped' | 'disowned'): Promise<void> {
    const { authority } = link.saved;
    this.openedLink = undefined;
    await this.store(afterLeaving(this.current, event));
    await link.forget();
    this.tell({ type: told, authority });
  }

  private async apply(command: Command, tally: Tally): Promise<Outcome> {
    const { decide, ports } = this.options;
    tally.commands++;
    let outcome = decide?.(command, this.current);
    if (outcome === undefined) {
      const carried = carryOut(this.current, command, tally.authority, ports.clock.now());
      outcome = carried.outcome;
      if (carried.state !== this.current) await this.store(carried.state);
      if (command.kind === 'wipe') tally.left = 'wiped';
      if (command.kind === 'retire') tally.left = 'removed';
    }
    if (outcome.status === 'later') tally.later++;
    if (this.listeners !== undefined) this.tell({ type: 'command', command: toldCommand(command), outcome });
    return outcome;
  }

  // ---- state

  private link(): Link {
    const { link, lifecycle } = this.current;
    if (link === undefined || lifecycle !== 'enrolled')
      throw agentError('NOT_ENROLLED', `the device is ${lifecycle}, not enrolled`);
    this.openedLink ??= this.ownDriver().resume(link);
    return this.openedLink;
  }

  private ownDriver(): Driver {
    this.driver ??= this.platform.create(this, this.options.ports);
    return this.driver;
  }

  private async change(condition: Partial<Condition>): Promise<void> {
    await this.store({ ...this.current, condition: { ...this.current.condition, ...condition } });
  }

  private async store(state: DeviceState): Promise<void> {
    this.current = state;
    await this.options.store?.save(state);
  }

  private isLocked(): boolean {
    const { locked, passcode } = this.current.condition;
    return locked && passcode !== undefined;
  }

  private isReachable(): boolean {
    const { online, powered } = this.current.condition;
    return online && powered;
  }

  private assertReachable(): void {
    if (this.isReachable()) return;
    const reason = this.current.condition.powered ? 'offline' : 'switched off';
    throw agentError('TRANSPORT_LOST', `the device is ${reason}`, { details: { reason } });
  }

  // ---- telling

  /** Makes of what was thrown the error to throw on, tells it and logs it: the one place where a failure is logged. */
  private failed(during: 'enroll' | 'check-in' | 'leave', thrown: unknown, signal: AbortSignal): Error {
    const error = toFailure(thrown, signal);
    const code = isRollcallError(error) ? error.code : 'BUG';
    this.options.ports.log.warn(code, { device: this.current.facts.id, during, error });
    this.tell({ type: 'failed', during, error });
    return error;
  }

  private tell(told: Told): void {
    if (this.listeners === undefined) return;
    const event = { ...told, at: this.options.ports.clock.now() } as DeviceEvent;
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch (error) {
        this.options.ports.log.error('BUG', { device: this.current.facts.id, listener: event.type, error });
      }
    }
  }

  private takeDue(): boolean {
    const { isDue } = this;
    this.isDue = false;
    return isDue;
  }

  private becomeDue(): void {
    this.isDue = true;
    this.changed();
  }

  private changed(): void {
    if (this.watchers !== undefined) for (const call of this.watchers) call();
  }
}

/** What an operation that was cut off throws is its signal's business: going offline is a lost line, the rest a request. */
function toFailure(thrown: unknown, signal: AbortSignal): Error {
  const isVerdict = isRollcallError(thrown) && thrown.code !== 'INTERRUPTED' && thrown.code !== 'TRANSPORT_LOST';
  if (signal.aborted && !isVerdict)
    return signal.reason === offline
      ? agentError('TRANSPORT_LOST', offline.message, { cause: thrown, details: { reason: 'offline' } })
      : interrupted(signal);
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** A process that ended in the middle leaves a state that no later one can be in. */
function pickedUp(state: DeviceState): DeviceState {
  const isLinked = state.link !== undefined;
  if (state.lifecycle === 'enrolled' && !isLinked) throw agentError('STATE_CORRUPT', 'enrolled, but with no link');
  if (state.lifecycle === 'enrolling') return { ...state, lifecycle: 'unenrolled' };
  if (state.lifecycle === 'switching') return { ...state, lifecycle: isLinked ? 'enrolled' : 'orphaned' };
  return state;
}
