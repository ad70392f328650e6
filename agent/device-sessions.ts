import { isRollcallError } from '../base/errors.js';
import type { Command, Outcome } from '../protocol/vocabulary.js';
import type { DeviceMemory } from './device-memory.js';
import type { DeviceOptions } from './device-types.js';
import { agentError } from './errors.js';
import { afterLeaving, applyCommand } from './model/apply-command.js';
import { step } from './model/lifecycle.js';
import type { DeviceState } from './model/state.js';
import { toldCommand } from './model/told.js';
import type { PendingCheckIn } from './pending-check-in.js';
import type {
  CheckInReason,
  Driver,
  Invitation,
  Link,
  LocalReport,
  Platform,
  SessionReport,
} from './platform/driver.js';

/** What happened in one session so far, should it break off. */
interface Tally {
  readonly authority: string;
  commands: number;
  later: number;
  left?: 'removed' | 'wiped';
}

/** What a device does with its authorities. One call at a time: device.ts sees to that. */
export class Sessions {
  readonly #platform: Platform;
  readonly #options: DeviceOptions;
  readonly #memory: DeviceMemory;
  readonly #pending: PendingCheckIn;
  #driver: Driver | undefined;
  /** An enrollment that is to follow a wipe (Return to Service) and has not come about. */
  owedEnrollment: Invitation | undefined;

  constructor(platform: Platform, options: DeviceOptions, memory: DeviceMemory, pending: PendingCheckIn) {
    this.#platform = platform;
    this.#options = options;
    this.#memory = memory;
    this.#pending = pending;
  }

  get #state(): DeviceState {
    return this.#memory.state;
  }

  async enroll(invitation: Invitation, signal: AbortSignal): Promise<void> {
    const before = this.#state;
    this.#memory.assertReachable();
    this.#memory.put({ ...before, lifecycle: step(before.lifecycle, 'invited') });
    await this.#join(invitation, signal, before.lifecycle, before);
  }

  async leave(signal: AbortSignal): Promise<void> {
    const link = this.link();
    await this.#sayGoodbye(link, signal);
    await this.#left(link, 'removed', 'left');
  }

  /** Leaves without telling anybody. False when there was no enrollment, whole or half. */
  async forget(): Promise<boolean> {
    const { lifecycle, link: saved } = this.#state;
    this.owedEnrollment = undefined;
    this.#pending.take();
    if (lifecycle === 'unenrolled') return false;
    const link = this.#linkIfReadable();
    this.#memory.link = undefined;
    await this.#memory.save(afterLeaving(this.#state, 'removed'));
    await link?.forget();
    if (saved !== undefined) this.#memory.tell({ type: 'left', authority: saved.authority });
    return true;
  }

  /** One that cannot be picked up is forgotten all the same. */
  #linkIfReadable(): Link | undefined {
    try {
      return this.link();
    } catch (error) {
      if (!isRollcallError(error)) throw error;
      return undefined;
    }
  }

  async switchTo(invitation: Invitation, signal: AbortSignal): Promise<void> {
    const link = this.link();
    this.#memory.assertReachable();
    this.#memory.put({ ...this.#state, lifecycle: step(this.#state.lifecycle, 'switch-asked') });
    try {
      await this.#sayGoodbye(link, signal);
    } catch (error) {
      this.#memory.put({ ...this.#state, lifecycle: 'enrolled' }); // stopped before anything was given up
      throw error;
    }
    // What the old authority had installed goes with it, its key to this device last.
    this.#memory.put({ ...afterLeaving(this.#state, 'removed'), lifecycle: 'switching' });
    this.#memory.link = undefined;
    await this.#memory.keep();
    await link.forget();
    this.#memory.tell({ type: 'left', authority: link.saved.authority });
    await this.#join(invitation, signal, step(this.#state.lifecycle, 'refused'));
  }

  /** Enrolls from `enrolling` or `switching`. On failure the device is as `before` says, or as it is, but `refused`. */
  async #join(
    invitation: Invitation,
    signal: AbortSignal,
    refused: DeviceState['lifecycle'],
    before: DeviceState = this.#state,
  ): Promise<void> {
    const { authority } = invitation;
    const tally: Tally = { authority, commands: 0, later: 0 };
    this.#memory.tell({ type: 'enrolling', authority });
    try {
      const apply = async (command: Command) => this.#apply(command, tally);
      const joined = (link: Link): DeviceState => {
        const { lastCheckInAt: _before, ...present } = this.#state; // that was another enrollment's
        return { ...present, lifecycle: step(present.lifecycle, 'joined'), link: link.saved, owesCheckIn: false };
      };
      const settle = (link: Link) => this.#memory.saveAhead(joined(link));
      const link = await this.#ownDriver().enroll(invitation, apply, signal, settle);
      this.#memory.link = link;
      this.owedEnrollment = undefined;
      await this.#memory.save(joined(link));
      this.#memory.tell({ type: 'enrolled', authority });
    } catch (error) {
      if (this.#state.lifecycle !== 'enrolled') {
        const back = { ...before, condition: this.#state.condition, lifecycle: refused };
        await this.#memory.save(back).catch(() => {}); // it is owed from then on; what was thrown before says more
      }
      throw this.#memory.failed('enroll', error, signal);
    }
  }

  /**
   * Does what the link has to do by itself by now, without the authority. Resolves with true when that ended the enrollment.
   * Each change is told once it is saved. Throws what saving throws.
   */
  async actLocally(signal: AbortSignal): Promise<boolean> {
    const link = this.link();
    const now = this.#options.ports.clock.now();
    this.#memory.actedAt = now;
    if (link.actLocally === undefined) return false;
    const tally: Tally = { authority: link.saved.authority, commands: 0, later: 0 };
    const done: { readonly command: Command; readonly outcome: Outcome }[] = [];
    let report: LocalReport;
    try {
      report = await link.actLocally({
        now,
        apply: async (command) => {
          const outcome = this.#carriedOut(command, tally);
          done.push({ command, outcome });
          return outcome;
        },
      });
      await this.#memory.keep();
    } catch (error) {
      throw this.#memory.failed('local-act', error, signal);
    }
    for (const { command, outcome } of done)
      this.#memory.tell({ type: 'local-act', command: toldCommand(command), outcome });
    if (report.left === undefined) return false;
    if (report.isSilent === undefined) await this.#sayGoodbye(link, signal);
    await this.#left(link, report.left, 'left');
    return true;
  }

  /** One session, after what the link has to do by itself by now. */
  async checkIn(reason: CheckInReason, signal: AbortSignal): Promise<SessionReport> {
    this.link();
    this.#memory.assertReachable();
    const wasPending = this.#pending.take(); // whatever woke the device before this session is answered by it
    try {
      if (await this.actLocally(signal)) return { commands: 0, later: 0, requests: 0, left: 'removed' };
    } catch (error) {
      this.#memory.failedAt = this.#options.ports.clock.now();
      this.#pending.restore(wasPending);
      throw error;
    }
    const link = this.link();
    this.#memory.tell({ type: 'check-in', reason });
    const at = this.#options.ports.clock.now();
    const tally: Tally = { authority: link.saved.authority, commands: 0, later: 0 };
    const wasLocked = this.#memory.isLocked;
    let report: SessionReport;
    try {
      report = await link.checkIn({
        reason,
        apply: async (command) => this.#apply(command, tally),
        signal,
        save: (ahead) => this.#memory.keep(ahead),
        undo: () => {
          this.#memory.undo();
          delete tally.left;
        },
      });
    } catch (error) {
      // Wiped or retired is what it is, whether or not the authority still heard of it.
      if (tally.left === undefined) throw await this.#broken(link, error, signal, wasPending);
      report = { commands: tally.commands, later: tally.later, requests: tally.commands, left: tally.left };
    }
    if (report.left === undefined) {
      try {
        await this.#memory.save({ ...this.#state, owesCheckIn: report.later > 0, lastCheckInAt: at });
      } catch (error) {
        throw this.#memory.failed('check-in', error, signal);
      }
      this.#memory.tell({ type: 'checked-in', report });
      if (report.later > 0 && wasLocked && !this.#memory.isLocked) this.#pending.become('unlocked'); // meanwhile
      return report;
    }
    this.#memory.tell({ type: 'checked-in', report });
    await this.#left(link, report.left, report.left === 'wiped' ? 'wiped' : 'left');
    if (report.next !== undefined) await this.#returnToService(report.next, signal);
    return report;
  }

  /** The enrollment after a wipe. Its failure is told, not thrown: the check-in itself went well. */
  async #returnToService(invitation: Invitation, signal: AbortSignal): Promise<void> {
    this.owedEnrollment = invitation;
    try {
      await this.enroll(invitation, signal);
    } catch (error) {
      if (isRollcallError(error) && error.retry) this.#pending.become('enrolled');
      else this.owedEnrollment = undefined;
    }
  }

  /** Keeps what the link learned; a device that was disowned is its user's again. Returns the error to throw. */
  async #broken(
    link: Link,
    error: unknown,
    signal: AbortSignal,
    wasPending: CheckInReason | undefined,
  ): Promise<Error> {
    const failure = this.#memory.failed('check-in', error, signal);
    this.#memory.failedAt = this.#options.ports.clock.now();
    if (isRollcallError(failure, 'CHECKIN_REFUSED')) await this.#left(link, 'removed', 'disowned');
    else {
      if (!isRollcallError(failure, 'STATE_UNSAVED')) await this.#memory.keep();
      this.#pending.restore(wasPending); // still unanswered
    }
    return failure;
  }

  /** Tells the authority, as far as it can be reached. Throws only when stopped on request. */
  async #sayGoodbye(link: Link, signal: AbortSignal): Promise<void> {
    if (!this.#memory.isReachable) return;
    try {
      await link.leave(signal);
    } catch (error) {
      const failure = this.#memory.failed('leave', error, signal);
      if (isRollcallError(failure, 'INTERRUPTED')) throw failure;
    }
  }

  async #left(link: Link, event: 'removed' | 'wiped', told: 'left' | 'wiped' | 'disowned'): Promise<void> {
    const { authority } = link.saved;
    this.#memory.link = undefined;
    await this.#memory.save(afterLeaving(this.#state, event));
    await link.forget();
    this.#memory.tell({ type: told, authority });
  }

  #apply(command: Command, tally: Tally): Outcome {
    const outcome = this.#carriedOut(command, tally);
    this.#memory.changed({ command, outcome });
    return outcome;
  }

  #carriedOut(command: Command, tally: Tally): Outcome {
    const { decide, ports } = this.#options;
    tally.commands++;
    let outcome = decide?.(command, this.#state);
    if (outcome === undefined) {
      const applied = applyCommand(this.#state, command, tally.authority, ports.clock.now());
      outcome = applied.outcome;
      if (applied.state !== this.#state) this.#memory.put(applied.state);
      if (command.kind === 'wipe') tally.left = 'wiped';
      if (command.kind === 'retire') tally.left = 'removed';
    }
    if (outcome.status === 'later') tally.later++;
    return outcome;
  }

  /** The present enrollment. Throws NOT_ENROLLED, or STATE_CORRUPT where it cannot be picked up. */
  link(): Link {
    const { link, lifecycle } = this.#state;
    if (link === undefined || lifecycle !== 'enrolled')
      throw agentError('NOT_ENROLLED', `the device is ${lifecycle}, not enrolled`);
    this.#memory.link ??= this.#ownDriver().resume(link);
    return this.#memory.link;
  }

  #ownDriver(): Driver {
    this.#driver ??= this.#platform.create(this.#memory, this.#options.ports);
    return this.#driver;
  }
}
