import { onAbort, throwIfInterrupted } from '../base/abort.js';
import { baseError } from '../base/errors.js';
import type { ProfileKind } from '../protocol/vocabulary.js';
import { live } from './device-life.js';
import { DeviceRecord, offline, pickedUp } from './device-record.js';
import { askGate } from './device-resource.js';
import { Sessions } from './device-sessions.js';
import type { Device, DeviceEvent, DeviceOptions } from './device-types.js';
import { Due } from './due.js';
import { agentError } from './errors.js';
import { newDevice, without } from './model/carry-out.js';
import type { DeviceState } from './model/state.js';
import type { Invitation, Platform, SessionReport } from './platform/driver.js';
import { Turns } from './turns.js';

/** A device of this platform, which options.platform must name. Nothing is sent and no timer started until it is told to. */
export function createDeviceOf(platform: Platform, options: DeviceOptions): Device {
  return new EmulatedDevice(platform, options);
}

const closed = new Error('the device was closed'); // one for all: a stack for each would cost more than the rest of closing

/** A class, not closures: of thousands of devices each costs its state and these few fields. */
class EmulatedDevice implements Device {
  private readonly record: DeviceRecord;
  private readonly due = new Due();
  private readonly sessions: Sessions;
  private readonly turns = new Turns();
  /** Of the session that runs. */
  private running: AbortController | undefined;
  private ending: AbortController | undefined;
  private isClosed = false;

  constructor(
    platform: Platform,
    private readonly options: DeviceOptions,
  ) {
    const { random } = options.ports;
    if (options.state === undefined) {
      const facts = { ...platform.describe(random), ...options.facts };
      this.record = new DeviceRecord(newDevice(facts, 20 + random.integer(81)), options);
    } else this.record = new DeviceRecord(pickedUp(options.state), options);
    this.sessions = new Sessions(platform, options, this.record, this.due);
    const { facts } = this.state;
    if (facts.platform !== platform.name)
      throw agentError('STATE_CORRUPT', `a device of ${facts.platform} where ${platform.name} is asked for`);
  }

  get state(): DeviceState {
    return this.record.state;
  }

  enroll(invitation: Invitation, signal?: AbortSignal): Promise<void> {
    return this.turn(signal, async (own) => {
      if (this.state.lifecycle === 'enrolled')
        throw agentError('ALREADY_ENROLLED', `managed by ${this.state.link?.authority ?? 'an authority'} already`);
      await this.sessions.enroll(invitation, own);
    });
  }

  checkIn(signal?: AbortSignal): Promise<SessionReport> {
    return this.turn(signal, (own) => this.sessions.checkIn(own));
  }

  leave(signal?: AbortSignal): Promise<void> {
    return this.turn(signal, (own) => this.sessions.leave(own));
  }

  switchTo(invitation: Invitation, signal?: AbortSignal): Promise<void> {
    return this.turn(signal, (own) => this.sessions.switchTo(invitation, own));
  }

  async lock(): Promise<void> {
    await this.record.change({ locked: true });
  }

  async unlock(): Promise<void> {
    const { condition } = this.state;
    if (condition.lostMode !== undefined) return; // no code opens a lost device
    await this.record.save({ ...this.state, condition: { ...without(condition, 'lockMessage'), locked: false } });
    if (!this.state.owesCheckIn || this.state.lifecycle !== 'enrolled' || !this.record.isReachable) return;
    if (this.due.isWatched) this.due.become();
    else await this.checkIn();
  }

  async setPasscode(passcode: string | undefined): Promise<void> {
    const { condition } = this.state;
    const next =
      passcode === undefined ? { ...without(condition, 'passcode'), locked: false } : { ...condition, passcode };
    await this.record.save({ ...this.state, condition: next });
  }

  /** Going offline breaks the session that runs. Coming online also switches on a device that was shut down. */
  async setOnline(online: boolean): Promise<void> {
    if (!online) this.running?.abort(offline);
    await this.record.change(online ? { online, powered: true } : { online });
    this.due.changed();
  }

  async rename(deviceName: string): Promise<void> {
    await this.record.change({ deviceName });
  }

  async useResource(kind: ProfileKind, name?: string, signal?: AbortSignal): Promise<void> {
    this.record.assertReachable();
    const { http } = this.options.ports;
    const link = this.state.lifecycle === 'enrolled' ? this.sessions.link() : undefined;
    await askGate(this.state, { kind, name, link }, http, signal);
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.isClosed) throw baseError('INTERRUPTED', 'the device was closed');
    this.ending ??= new AbortController();
    const life = new AbortController();
    const forget = [signal, this.ending.signal].map((each) => onAbort(each, () => life.abort(each.reason)));
    if (this.state.owesCheckIn && !this.record.isLocked) this.due.become();
    try {
      await live(
        {
          link: () => (this.state.lifecycle === 'enrolled' ? this.sessions.link() : undefined),
          isReachable: () => this.record.isReachable,
          due: this.due,
          act: (own, isAgain) => this.actOnOwnAccount(own, isAgain),
          woken: () => this.record.tell({ type: 'woken' }),
          log: this.options.ports.log,
        },
        this.options.ports,
        this.options.checkInEveryMs,
        life.signal,
      );
    } finally {
      for (const each of forget) each();
    }
  }

  onEvent(listener: (event: DeviceEvent) => void): () => void {
    return this.record.onEvent(listener);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.ending?.abort(closed);
    this.running?.abort(closed);
    (await this.turns.take())();
    this.record.silence();
  }

  // ---- one thing at a time

  private async turn<T>(signal: AbortSignal | undefined, act: (own: AbortSignal) => Promise<T>): Promise<T> {
    const end = await this.turns.take(signal);
    const own = new AbortController();
    const forget = signal === undefined ? undefined : onAbort(signal, () => own.abort(signal.reason));
    try {
      if (this.isClosed) throw baseError('INTERRUPTED', 'the device was closed');
      throwIfInterrupted(own.signal);
      this.running = own;
      return await act(own.signal);
    } finally {
      forget?.();
      this.running = undefined;
      end();
      this.due.changed();
    }
  }

  /** What a living device does when it is due: the enrollment it owes, or else a check-in. */
  private actOnOwnAccount(signal: AbortSignal, isAgain: boolean): Promise<unknown> {
    return this.turn(signal, async (own) => {
      if (!this.due.take() && !isAgain) return;
      const owed = this.sessions.owedEnrollment;
      if (owed !== undefined && this.state.lifecycle === 'unenrolled') await this.sessions.enroll(owed, own);
      else await this.sessions.checkIn(own);
    });
  }
}
