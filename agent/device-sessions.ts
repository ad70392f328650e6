import { isRollcallError } from '../base/errors.js';
import type { Command, Outcome } from '../protocol/vocabulary.js';
import { carriedOut, carriedOutAndTold, type Tally } from './device-commands.js';
import type { Membership } from './device-membership.js';
import type { DeviceMemory } from './device-memory.js';
import type { DeviceOptions } from './device-types.js';
import type { DeviceState } from './model/state.js';
import { toldCommand } from './model/told.js';
import type { PendingCheckIn } from './pending-check-in.js';
import type { CheckInReason, Invitation, Link, LinkReport, LocalReport, SessionReport } from './platform/driver.js';

/** What a device does with the authority that it is enrolled at. One call at a time: device.ts sees to that. */
export class Sessions {
  readonly #membership: Membership;
  readonly #options: DeviceOptions;
  readonly #memory: DeviceMemory;
  readonly #pending: PendingCheckIn;

  constructor(membership: Membership, options: DeviceOptions, memory: DeviceMemory, pending: PendingCheckIn) {
    this.#membership = membership;
    this.#options = options;
    this.#memory = memory;
    this.#pending = pending;
  }

  get #state(): DeviceState {
    return this.#memory.state;
  }

  /**
   * Does what the link has to do by itself by now, without the authority. Resolves with true when that ended the enrollment.
   * Each change is told once it is saved. Throws what saving throws.
   */
  async actLocally(signal: AbortSignal): Promise<boolean> {
    const link = this.#membership.link();
    const now = this.#options.ports.clock.now();
    this.#memory.actedAt = now;
    if (link.actLocally === undefined) return false;
    const tally: Tally = { authority: link.saved.authority, commands: 0, later: 0 };
    const done: { readonly command: Command; readonly outcome: Outcome }[] = [];
    let report: LocalReport;
    try {
      report = await link.actLocally({
        now,
        apply: async (command, whose) => {
          const outcome = carriedOut(command, tally, this.#memory, this.#options, whose);
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
    if (report.isSilent === undefined) await this.#membership.sayGoodbye(link, signal);
    await this.#membership.left(link, report.left, 'left');
    return true;
  }

  /** One session, after what the link has to do by itself by now. */
  async checkIn(reason: CheckInReason, signal: AbortSignal): Promise<SessionReport> {
    this.#membership.link();
    this.#memory.assertReachable();
    const wasPending = this.#pending.take(); // whatever woke the device before this session is answered by it
    try {
      if (await this.actLocally(signal)) return { commands: 0, later: 0, requests: 0, left: 'removed' };
    } catch (error) {
      this.#memory.failedAt = this.#options.ports.clock.now();
      this.#pending.restore(wasPending);
      throw error;
    }
    const link = this.#membership.link();
    this.#memory.tell({ type: 'check-in', reason });
    const at = this.#options.ports.clock.now();
    const tally: Tally = { authority: link.saved.authority, commands: 0, later: 0 };
    const wasLocked = this.#memory.isLocked;
    let report: LinkReport;
    try {
      report = await link.checkIn({
        reason,
        apply: async (command, whose) => carriedOutAndTold(command, tally, this.#memory, this.#options, whose),
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
    const told = toldReport(report);
    if (report.left === undefined) {
      try {
        await this.#memory.save({ ...this.#state, owesCheckIn: report.later > 0, lastCheckInAt: at });
      } catch (error) {
        throw this.#memory.failed('check-in', error, signal);
      }
      this.#memory.tell({ type: 'checked-in', report: told });
      if (report.later > 0 && wasLocked && !this.#memory.isLocked) this.#pending.become('unlocked'); // meanwhile
      return told;
    }
    this.#memory.tell({ type: 'checked-in', report: told });
    await this.#membership.left(link, report.left, report.left === 'wiped' ? 'wiped' : 'left');
    if (report.next !== undefined) await this.#returnToService(report.next, signal);
    return told;
  }

  /** The enrollment after a wipe. Its failure is told, not thrown: the check-in itself went well. */
  async #returnToService(invitation: Invitation, signal: AbortSignal): Promise<void> {
    this.#membership.owedEnrollment = invitation;
    try {
      await this.#membership.enroll(invitation, signal);
    } catch (error) {
      if (isRollcallError(error) && error.retry) this.#pending.become('enrolled');
      else this.#membership.owedEnrollment = undefined;
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
    if (isRollcallError(failure, 'CHECKIN_REFUSED')) await this.#membership.left(link, 'removed', 'disowned');
    else {
      if (!isRollcallError(failure, 'STATE_UNSAVED')) await this.#memory.keep();
      this.#pending.restore(wasPending); // still unanswered
    }
    return failure;
  }
}

/** What is told of a session: of an enrollment to follow where it is, never its document, which holds secrets. */
function toldReport({ next, ...report }: LinkReport): SessionReport {
  if (next === undefined) return report;
  const { authority, url } = next;
  return { ...report, next: { authority, ...(url === undefined ? {} : { url }) } };
}
