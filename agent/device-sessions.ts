import { isRollcallError } from '../base/errors.js';
import type { Command, Outcome } from '../protocol/vocabulary.js';
import type { DeviceRecord } from './device-record.js';
import type { DeviceOptions } from './device-types.js';
import type { Due } from './due.js';
import { agentError } from './errors.js';
import { afterLeaving, carryOut } from './model/carry-out.js';
import { step } from './model/lifecycle.js';
import type { DeviceState } from './model/state.js';
import { toldCommand } from './model/told.js';
import type { Driver, Invitation, Link, Platform, SessionReport } from './platform/driver.js';

/** What happened in one session so far, should it break off. */
interface Tally {
  readonly authority: string;
  commands: number;
  later: number;
  left?: 'removed' | 'wiped';
}

/** What a device does with its authorities. One call at a time: device.ts sees to that. */
export class Sessions {
  private driver: Driver | undefined;
  /** An enrollment that is to follow a wipe (Return to Service) and has not come about. */
  owedEnrollment: Invitation | undefined;

  constructor(
    private readonly platform: Platform,
    private readonly options: DeviceOptions,
    private readonly record: DeviceRecord,
    private readonly due: Due,
  ) {}

  private get state(): DeviceState {
    return this.record.state;
  }

  async enroll(invitation: Invitation, signal: AbortSignal): Promise<void> {
    const before = this.state;
    this.record.assertReachable();
    this.record.put({ ...before, lifecycle: step(before.lifecycle, 'invited') });
    await this.join(invitation, signal, before.lifecycle, before);
  }

  async leave(signal: AbortSignal): Promise<void> {
    const link = this.link();
    await this.sayGoodbye(link, signal);
    await this.left(link, 'removed', 'left');
  }

  async switchTo(invitation: Invitation, signal: AbortSignal): Promise<void> {
    const link = this.link();
    this.record.assertReachable();
    this.record.put({ ...this.state, lifecycle: step(this.state.lifecycle, 'switch-asked') });
    try {
      await this.sayGoodbye(link, signal);
    } catch (error) {
      this.record.put({ ...this.state, lifecycle: 'enrolled' }); // stopped before anything was given up
      throw error;
    }
    // What the old authority had installed goes with it, its key to this device last.
    this.record.put({ ...afterLeaving(this.state, 'removed'), lifecycle: 'switching' });
    this.record.link = undefined;
    await this.record.keep();
    await link.forget();
    this.record.tell({ type: 'left', authority: link.saved.authority });
    await this.join(invitation, signal, step(this.state.lifecycle, 'refused'));
  }

  /** Enrolls from `enrolling` or `switching`. On failure the device is as `before` says, or as it is, but `refused`. */
  private async join(
    invitation: Invitation,
    signal: AbortSignal,
    refused: DeviceState['lifecycle'],
    before: DeviceState = this.state,
  ): Promise<void> {
    const { authority } = invitation;
    const tally: Tally = { authority, commands: 0, later: 0 };
    this.record.tell({ type: 'enrolling', authority });
    try {
      const link = await this.ownDriver().enroll(invitation, (command) => this.apply(command, tally), signal);
      this.record.link = link;
      this.owedEnrollment = undefined;
      await this.record.save({
        ...this.state,
        lifecycle: step(this.state.lifecycle, 'joined'),
        link: link.saved,
        owesCheckIn: false,
      });
      this.record.tell({ type: 'enrolled', authority });
    } catch (error) {
      if (this.state.lifecycle !== 'enrolled')
        await this.record.save({ ...before, condition: this.state.condition, lifecycle: refused });
      throw this.record.failed('enroll', error, signal);
    }
  }

  async checkIn(signal: AbortSignal): Promise<SessionReport> {
    const link = this.link();
    this.record.assertReachable();
    this.record.tell({ type: 'check-in' });
    const tally: Tally = { authority: link.saved.authority, commands: 0, later: 0 };
    const wasLocked = this.record.isLocked;
    const wasDue = this.due.take(); // whatever woke the device before this session is answered by it
    let report: SessionReport;
    try {
      report = await link.checkIn(
        (command) => this.apply(command, tally),
        signal,
        () => this.record.keep(),
      );
    } catch (error) {
      // Wiped or retired is what it is, whether or not the authority still heard of it.
      if (tally.left === undefined) throw await this.broken(link, error, signal, wasDue);
      report = { commands: tally.commands, later: tally.later, requests: tally.commands, left: tally.left };
    }
    const at = this.options.ports.clock.now();
    if (report.left === undefined) {
      try {
        await this.record.save({ ...this.state, owesCheckIn: report.later > 0, lastCheckInAt: at });
      } catch (error) {
        throw this.record.failed('check-in', error, signal);
      }
      this.record.tell({ type: 'checked-in', report });
      if (report.later > 0 && wasLocked && !this.record.isLocked) this.due.become(); // unlocked while the session ran
      return report;
    }
    this.record.tell({ type: 'checked-in', report });
    await this.left(link, report.left, report.left === 'wiped' ? 'wiped' : 'left');
    if (report.next !== undefined) await this.returnToService(report.next, signal);
    return report;
  }

  /** The enrollment after a wipe. Its failure is told, not thrown: the check-in itself went well. */
  private async returnToService(invitation: Invitation, signal: AbortSignal): Promise<void> {
    this.owedEnrollment = invitation;
    try {
      await this.enroll(invitation, signal);
    } catch (error) {
      if (isRollcallError(error) && error.retry) this.due.become();
      else this.owedEnrollment = undefined;
    }
  }

  /** Keeps what the link learned; a device that was disowned is its user's again. Returns the error to throw. */
  private async broken(link: Link, error: unknown, signal: AbortSignal, wasDue: boolean): Promise<Error> {
    const failure = this.record.failed('check-in', error, signal);
    if (isRollcallError(failure, 'CHECKIN_REFUSED')) await this.left(link, 'removed', 'disowned');
    else {
      if (!isRollcallError(failure, 'STATE_UNSAVED')) await this.record.keep();
      if (wasDue) this.due.become(); // still unanswered
    }
    return failure;
  }

  /** Tells the authority, as far as it can be reached. Throws only when stopped on request. */
  private async sayGoodbye(link: Link, signal: AbortSignal): Promise<void> {
    if (!this.record.isReachable) return;
    try {
      await link.leave(signal);
    } catch (error) {
      const failure = this.record.failed('leave', error, signal);
      if (isRollcallError(failure, 'INTERRUPTED')) throw failure;
    }
  }

  private async left(link: Link, event: 'removed' | 'wiped', told: 'left' | 'wiped' | 'disowned'): Promise<void> {
    const { authority } = link.saved;
    this.record.link = undefined;
    await this.record.save(afterLeaving(this.state, event));
    await link.forget();
    this.record.tell({ type: told, authority });
  }

  private async apply(command: Command, tally: Tally): Promise<Outcome> {
    const { decide, ports } = this.options;
    tally.commands++;
    let outcome = decide?.(command, this.state);
    if (outcome === undefined) {
      const carried = carryOut(this.state, command, tally.authority, ports.clock.now());
      outcome = carried.outcome;
      if (carried.state !== this.state) this.record.put(carried.state);
      if (command.kind === 'wipe') tally.left = 'wiped';
      if (command.kind === 'retire') tally.left = 'removed';
    }
    if (outcome.status === 'later') tally.later++;
    if (this.record.isFollowed) this.record.tell({ type: 'command', command: toldCommand(command), outcome });
    return outcome;
  }

  /** The present enrollment. Throws NOT_ENROLLED, or STATE_CORRUPT where it cannot be picked up. */
  link(): Link {
    const { link, lifecycle } = this.state;
    if (link === undefined || lifecycle !== 'enrolled')
      throw agentError('NOT_ENROLLED', `the device is ${lifecycle}, not enrolled`);
    this.record.link ??= this.ownDriver().resume(link);
    return this.record.link;
  }

  private ownDriver(): Driver {
    this.driver ??= this.platform.create(this.record, this.options.ports);
    return this.driver;
  }
}
