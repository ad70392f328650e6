import { isRollcallError } from '../base/errors.js';
import type { Command } from '../protocol/vocabulary.js';
import { carriedOutAndTold, type Tally } from './device-commands.js';
import type { DeviceMemory } from './device-memory.js';
import type { DeviceOptions } from './device-types.js';
import { checked } from './enrollment-checks.js';
import { agentError } from './errors.js';
import { afterLeaving, type Whose } from './model/apply-command.js';
import { step } from './model/lifecycle.js';
import type { DeviceState } from './model/state.js';
import type { PendingCheckIn } from './pending-check-in.js';
import type { Driver, Invitation, Link, Platform } from './platform/driver.js';

/** Whether and where a device is enrolled, and how that changes. One call at a time: device.ts sees to that. */
export class Membership {
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
    const started = this.#started(invitation, signal);
    this.#memory.put({ ...before, lifecycle: step(before.lifecycle, 'invited') });
    await this.#join(started, signal, before.lifecycle, before);
  }

  /**
   * The invitation as its driver has it: with the version of the Company Portal in which it starts, if it does. Throws what stops a
   * person at the device itself (B6, E22): nothing reaches the authority then.
   */
  #started(invitation: Invitation, signal: AbortSignal): Invitation {
    const { condition, facts } = this.#state;
    const { companyPortal: wished, ...rest } = invitation;
    try {
      this.#memory.assertReachable();
      const own = condition.companyPortal;
      if (wished === undefined && own === undefined) return invitation;
      if (wished === false || this.#platform.startsBySystem?.(facts, invitation) === true) return rest;
      if (wished === undefined && own?.isBroken === true)
        throw agentError('PORTAL_BROKEN', `the Company Portal ${own.version} does not start`);
      const version = wished ?? own?.version;
      return version === undefined ? rest : { ...rest, companyPortal: version };
    } catch (error) {
      throw this.#memory.failed('enroll', checked(error), signal);
    }
  }

  async leave(signal: AbortSignal): Promise<void> {
    const link = this.link();
    await this.sayGoodbye(link, signal);
    await this.left(link, 'removed', 'left');
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
    const started = this.#started(invitation, signal);
    this.#memory.put({ ...this.#state, lifecycle: step(this.#state.lifecycle, 'switch-asked') });
    try {
      await this.sayGoodbye(link, signal);
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
    await this.#join(started, signal, step(this.#state.lifecycle, 'refused'));
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
      const apply = async (command: Command, whose?: Whose) =>
        carriedOutAndTold(command, tally, this.#memory, this.#options, whose);
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
      throw this.#memory.failed('enroll', checked(error), signal);
    }
  }

  /** Tells the authority, as far as it can be reached. Throws only when stopped on request. */
  async sayGoodbye(link: Link, signal: AbortSignal): Promise<void> {
    if (!this.#memory.isReachable) return;
    try {
      await link.leave(signal);
    } catch (error) {
      const failure = this.#memory.failed('leave', error, signal);
      if (isRollcallError(failure, 'INTERRUPTED')) throw failure;
    }
  }

  /** The enrollment is over, however that came about: what it brought goes. */
  async left(link: Link, event: 'removed' | 'wiped', told: 'left' | 'wiped' | 'disowned'): Promise<void> {
    const { authority, origin = authority } = link.saved;
    this.#memory.link = undefined;
    await this.#memory.save(afterLeaving(this.#state, event));
    await link.forget();
    this.#memory.tell({ type: told, authority, ...(origin === authority ? {} : { origin }) });
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
