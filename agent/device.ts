import { OwnController, onAbort, throwIfInterrupted } from '../base/abort.js';
import { asError, baseError, isRollcallError } from '../base/errors.js';
import type { ProfileKind } from '../protocol/vocabulary.js';
import { Membership } from './device-membership.js';
import { DeviceMemory, offline, pickedUp } from './device-memory.js';
import { askGate } from './device-resource.js';
import { type Attempt, DeviceRun } from './device-run.js';
import { Sessions } from './device-sessions.js';
import type { Device, DeviceEvent, DeviceOptions } from './device-types.js';
import { checked } from './enrollment-checks.js';
import { agentError } from './errors.js';
import { newDevice, without } from './model/apply-command.js';
import { type PasscodeManners, withPasscode } from './model/passcode.js';
import type { CompanyPortal, DeviceState } from './model/state.js';
import { PendingCheckIn } from './pending-check-in.js';
import type { CheckInReason, Invitation, Link, PlannedCheckIn, Platform, SessionReport } from './platform/driver.js';
import { Turns } from './turns.js';

/** A device of this platform, which options.platform must name. Nothing is sent and no timer started until it is told to. */
export function createDeviceOf(platform: Platform, options: DeviceOptions): Device {
  return new EmulatedDevice(platform, options);
}

const closed = new Error('the device was closed'); // one for all: a stack for each would cost more than the rest of closing

/** A class, not closures: of thousands of devices each costs its state and these few fields. */
class EmulatedDevice implements Device {
  readonly #options: DeviceOptions;
  readonly #passcodeManners: PasscodeManners | undefined;
  readonly #alreadyEnrolledWords: Platform['alreadyEnrolled'];
  readonly #memory: DeviceMemory;
  readonly #pending = new PendingCheckIn();
  readonly #membership: Membership;
  readonly #sessions: Sessions;
  readonly #turns = new Turns();
  /** Of the session that runs. */
  #running: AbortController | undefined;
  #ending: AbortController | undefined;
  #isClosed = false;
  /** As the wake-up port was told last. */
  #wasReachable: boolean;

  constructor(platform: Platform, options: DeviceOptions) {
    this.#options = options;
    this.#passcodeManners = platform.passcode;
    this.#alreadyEnrolledWords = platform.alreadyEnrolled;
    const { random } = options.ports;
    if (options.state === undefined) {
      const facts = { ...platform.describe(random), ...options.facts };
      this.#memory = new DeviceMemory(newDevice(facts, 20 + random.integer(81)), options);
    } else this.#memory = new DeviceMemory(pickedUp(options.state), options);
    this.#wasReachable = this.#memory.isReachable;
    this.#membership = new Membership(platform, options, this.#memory, this.#pending);
    this.#sessions = new Sessions(this.#membership, options, this.#memory, this.#pending);
    const { facts } = this.state;
    if (facts.platform !== platform.name)
      throw agentError('STATE_CORRUPT', `a device of ${facts.platform} where ${platform.name} is asked for`);
  }

  get state(): DeviceState {
    return this.#memory.state;
  }

  enroll(invitation: Invitation, signal?: AbortSignal): Promise<void> {
    return this.#turn(signal, async (own) => {
      if (this.state.lifecycle === 'enrolled') throw this.#memory.failed('enroll', this.#alreadyEnrolled(), own);
      await this.#membership.enroll(invitation, own);
    });
  }

  checkIn(signal?: AbortSignal, reason: CheckInReason = 'by-hand'): Promise<SessionReport> {
    return this.#turn(signal, (own) => this.#sessions.checkIn(reason, own));
  }

  get nextActAt(): number | undefined {
    const local = this.state.condition.powered ? this.#nextLocalAct() : undefined;
    const planned = this.#memory.isReachable ? this.#nextCheckIn()?.at : undefined;
    return local === undefined || planned === undefined ? (local ?? planned) : Math.min(local, planned);
  }

  actIfDue(signal?: AbortSignal): Promise<SessionReport | undefined> {
    return this.#turn(signal, async (own) => {
      const now = this.#options.ports.clock.now();
      const planned = this.#nextCheckIn();
      if (planned !== undefined && planned.at <= now && this.#memory.isReachable)
        return await this.#sessions.checkIn(planned.reason, own);
      const localAt = this.#nextLocalAct();
      if (localAt !== undefined && localAt <= now && this.state.condition.powered) await this.#sessions.actLocally(own);
      return undefined;
    });
  }

  leave(signal?: AbortSignal): Promise<void> {
    return this.#turn(signal, (own) => this.#membership.leave(own));
  }

  forget(): Promise<boolean> {
    return this.#turn(undefined, () => this.#membership.forget());
  }

  switchTo(invitation: Invitation, signal?: AbortSignal): Promise<void> {
    return this.#turn(signal, (own) => this.#membership.switchTo(invitation, own));
  }

  async lock(): Promise<void> {
    await this.#memory.change({ locked: true });
  }

  async unlock(): Promise<void> {
    const { condition } = this.state;
    if (condition.lostMode !== undefined) return; // no code opens a lost device
    await this.#memory.save({ ...this.state, condition: { ...without(condition, 'lockMessage'), locked: false } });
    if (!this.state.owesCheckIn || this.state.lifecycle !== 'enrolled' || !this.#memory.isReachable) return;
    if (this.#pending.isWatched) this.#pending.become('unlocked');
    else await this.checkIn(undefined, 'unlocked');
  }

  async setPasscode(passcode: string | undefined): Promise<void> {
    const now = this.#options.ports.clock.now();
    await this.#memory.save(withPasscode(this.state, passcode, now, this.#passcodeManners));
  }

  async signIn(who: 'user' | 'others' | 'none', signal?: AbortSignal): Promise<void> {
    await this.#memory.change({ signedIn: who });
    if (who === 'none' || !this.#memory.isReachable || this.#link()?.checksInAtSignIn !== true) return;
    if (this.#pending.isWatched) this.#pending.become('login');
    else await this.checkIn(signal, 'login');
  }

  /** Going offline breaks the session that runs. Coming online also switches on a device that was shut down. */
  async setOnline(online: boolean): Promise<void> {
    if (!online) this.#running?.abort(offline);
    await this.#memory.change(online ? { online, powered: true } : { online });
    this.#followNetwork();
    this.#pending.changed();
  }

  async setNetwork(network: 'wifi' | 'cellular' | 'none'): Promise<void> {
    if (network === 'none') return await this.setOnline(false);
    const { network: _before, ...condition } = this.state.condition;
    this.#memory.put({ ...this.state, condition: network === 'wifi' ? condition : { ...condition, network } });
    await this.setOnline(true);
  }

  async setCompanyPortal(portal: CompanyPortal | undefined): Promise<void> {
    const condition = without(this.state.condition, 'companyPortal');
    const changed = portal === undefined ? condition : { ...condition, companyPortal: portal };
    await this.#memory.save({ ...this.state, condition: changed });
  }

  async rename(deviceName: string): Promise<void> {
    await this.#memory.change({ deviceName });
  }

  async useResource(kind: ProfileKind, name?: string, signal?: AbortSignal): Promise<void> {
    this.#memory.assertReachable();
    const { http } = this.#options.ports;
    const link = this.#link();
    await askGate(this.state, { kind, name, link }, http, signal);
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw baseError('INTERRUPTED', 'the device was closed');
    this.#ending ??= new AbortController();
    const life = new AbortController();
    const forget = [signal, this.#ending.signal].map((each) => onAbort(each, () => life.abort(each.reason)));
    if (this.state.owesCheckIn && !this.#memory.isLocked) this.#pending.become('unlocked');
    const device = {
      link: () => this.#link(),
      isReachable: () => this.#memory.isReachable,
      isPowered: () => this.state.condition.powered,
      pending: this.#pending,
      nextCheckIn: () => this.#nextCheckIn(),
      nextLocalAct: () => this.#nextLocalAct(),
      act: (own: AbortSignal, again: CheckInReason | undefined) => this.#actOnOwnAccount(own, again),
      actLocally: (own: AbortSignal) => this.#actLocally(own),
      woken: () => this.#memory.tell({ type: 'woken' }),
      log: this.#options.ports.log,
    };
    try {
      const { clock, random } = this.#options.ports;
      await new DeviceRun(device, { clock, random, everyMs: this.#options.checkInEveryMs }).until(life.signal);
    } finally {
      for (const each of forget) each();
    }
  }

  askToBeWoken(signal?: AbortSignal): Promise<void> {
    return this.#turn(signal, async (own) => {
      if (this.#memory.isReachable) await this.#link()?.askToBeWoken?.(own);
    });
  }

  onEvent(listener: (event: DeviceEvent) => void): () => void {
    return this.#memory.onEvent(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#ending?.abort(closed);
    this.#running?.abort(closed);
    (await this.#turns.take())();
    this.#memory.silence();
  }

  #alreadyEnrolled(): Error {
    const by = `managed by ${this.state.link?.authority ?? 'an authority'} already`;
    const more = this.#alreadyEnrolledWords;
    if (more === undefined) return checked(agentError('ALREADY_ENROLLED', by));
    return checked(agentError('ALREADY_ENROLLED', `${by}: ${more.message}`, { details: more.details }));
  }

  // ---- one thing at a time

  async #turn<T>(signal: AbortSignal | undefined, act: (own: AbortSignal) => Promise<T>): Promise<T> {
    const end = await this.#turns.take(signal);
    const release = this.#options.ports.clock.hold?.();
    const own = new OwnController();
    const forget = signal === undefined ? undefined : onAbort(signal, () => own.abort(signal.reason));
    try {
      if (this.#isClosed) throw baseError('INTERRUPTED', 'the device was closed');
      throwIfInterrupted(own.signal);
      this.#running = own;
      return await act(own.signal);
    } finally {
      forget?.();
      this.#running = undefined;
      this.#followNetwork(); // a command may have shut it down
      end();
      this.#pending.changed();
      release?.();
    }
  }

  /** A connection by which the device alone is woken ends with its network, packed or not, and comes back with it. */
  #followNetwork(): void {
    const { isReachable } = this.#memory;
    if (isReachable === this.#wasReachable) return;
    this.#wasReachable = isReachable;
    const { wake, log } = this.#options.ports;
    if (wake === undefined || this.state.lifecycle !== 'enrolled') return;
    try {
      const { wakeAsk } = this.#membership.link();
      if (wakeAsk === undefined) return;
      if (isReachable) wake.resume(wakeAsk);
      else wake.pause(wakeAsk);
    } catch (error) {
      log.warn(isRollcallError(error) ? error.code : 'BUG', { during: 'wake-ups', error: asError(error) });
    }
  }

  /** What a running device does on its own account: the enrollment it owes, or else a check-in. */
  #actOnOwnAccount(signal: AbortSignal, again: CheckInReason | undefined): Promise<Attempt | undefined> {
    return this.#turn(signal, async (own) => {
      const reason = this.#pending.take() ?? again;
      if (reason === undefined) return undefined; // answered while it waited for its turn
      const owed = this.#membership.owedEnrollment;
      try {
        if (owed !== undefined && this.state.lifecycle === 'unenrolled') await this.#membership.enroll(owed, own);
        else await this.#sessions.checkIn(reason, own);
        return { reason };
      } catch (error) {
        return { reason, error };
      }
    });
  }

  #actLocally(signal: AbortSignal): Promise<unknown> {
    return this.#turn(signal, async (own) => {
      if (this.state.lifecycle === 'enrolled') await this.#sessions.actLocally(own);
    });
  }

  // ---- what the present enrollment does by itself

  #link(): Link | undefined {
    return this.state.lifecycle === 'enrolled' ? this.#membership.link() : undefined;
  }

  #nextCheckIn(): PlannedCheckIn | undefined {
    return this.#link()?.nextCheckIn?.(this.#memory.triedAt);
  }

  #nextLocalAct(): number | undefined {
    return this.#link()?.nextLocalAct?.(this.#memory.actedAt);
  }
}
