import { onAbort } from '../base/abort.js';
import type { Clock } from '../base/clock.js';
import { isRollcallError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { AutoResetEvent } from './auto-reset-event.js';
import type { Random } from './model/ports.js';
import type { PendingCheckIn } from './pending-check-in.js';
import type { CheckInReason, Link, PlannedCheckIn } from './platform/driver.js';
import { defaultRetry } from './platform/schedule.js';
import { WakeListener } from './wake-listener.js';

/** What a running device is asked and told; device.ts answers. */
interface RunningDevice {
  /** The present enrollment, if there is one. */
  link(): Link | undefined;
  isReachable(): boolean;
  isPowered(): boolean;
  readonly pending: PendingCheckIn;
  /** What the link does by itself next. */
  nextCheckIn(): PlannedCheckIn | undefined;
  nextLocalAct(): number | undefined;
  /** Makes the pending check-in (or the enrollment that is owed), else one `again`. Undefined when there was nothing to do. */
  act(signal: AbortSignal, again: CheckInReason | undefined): Promise<Attempt | undefined>;
  actLocally(signal: AbortSignal): Promise<unknown>;
  woken(): void;
  readonly log: Log;
}

/** A check-in on the device's own account, and what it threw: device.ts has told and logged that. */
export interface Attempt {
  readonly reason: CheckInReason;
  readonly error?: unknown;
}

interface DeviceRunOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** The user's own schedule, beside the link's. */
  readonly everyMs: number | undefined;
}

/** A try that failed and is to be made again at a time. */
interface Retry {
  readonly reason: CheckInReason;
  readonly tries: number;
  readonly at: number;
}

/** Answers wake-ups, keeps the schedules, acts at the link's own moments and tries again what may be tried again. */
export class DeviceRun {
  readonly #device: RunningDevice;
  readonly #options: DeviceRunOptions;
  readonly #changed = new AutoResetEvent();
  #listener: WakeListener | undefined;
  #cancelPoll: (() => void) | undefined;
  #alarm: { readonly at: number; cancel(): void } | undefined;
  #retry: Retry | undefined;

  constructor(device: RunningDevice, options: DeviceRunOptions) {
    this.#device = device;
    this.#options = options;
  }

  /** Resolves when the signal is aborted. */
  async until(signal: AbortSignal): Promise<void> {
    const changed = (): void => this.#changed.set();
    this.#device.pending.watch(changed);
    const forget = onAbort(signal, changed);
    try {
      while (!signal.aborted) {
        this.#listen();
        this.#poll();
        if (!(await this.#actOnce(signal))) await this.#changed.wait();
      }
    } finally {
      this.#listener?.close();
      this.#cancelPoll?.();
      this.#alarm?.cancel();
      forget();
      this.#device.pending.unwatch(changed);
    }
  }

  /** Offline it hears nothing: the way keeps what comes meanwhile. */
  #listen(): void {
    const link = this.#device.isReachable() ? this.#device.link() : undefined;
    if (this.#listener?.link === link) return;
    this.#listener?.close();
    const { log, pending } = this.#device;
    const woken = (): void => {
      this.#device.woken();
      pending.become('woken');
    };
    this.#listener =
      link === undefined ? undefined : new WakeListener(link, { clock: this.#options.clock, log, woken });
  }

  #poll(): void {
    const { clock, everyMs } = this.#options;
    if (everyMs === undefined || !(everyMs > 0) || this.#cancelPoll !== undefined) return;
    this.#cancelPoll = clock.after(everyMs, () => {
      this.#cancelPoll = undefined;
      this.#device.pending.become('scheduled');
    });
  }

  /** Does the first thing that is due. False when nothing is: then the next moment is waited for. */
  async #actOnce(signal: AbortSignal): Promise<boolean> {
    const device = this.#device;
    const now = this.#options.clock.now();
    const localAt = device.isPowered() ? device.nextLocalAct() : undefined;
    if (localAt !== undefined && localAt <= now) {
      await device.actLocally(signal).catch(() => {}); // told and logged
      return true;
    }
    const planned = device.nextCheckIn();
    const isPlanned = planned !== undefined && planned.at <= now;
    if (isPlanned && device.pending.reason === undefined) device.pending.become(planned.reason);
    if (!device.isReachable()) {
      device.pending.restore(this.#retry?.reason); // goes on when it is online again
      this.#retry = undefined;
    } else if (device.pending.reason !== undefined || (this.#retry !== undefined && this.#retry.at <= now)) {
      await this.#checkIn(signal);
      return true;
    }
    this.#setAlarm([localAt, isPlanned ? undefined : planned?.at, this.#retry?.at]);
    return false;
  }

  async #checkIn(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const policy = this.#device.link()?.retry ?? defaultRetry;
    const again = this.#device.pending.reason === undefined ? this.#retry : undefined;
    this.#retry = undefined;
    const attempt = await this.#device.act(signal, again?.reason).catch(() => undefined); // stopped, or nothing to do
    const error = attempt?.error;
    if (attempt === undefined || signal.aborted || !isRollcallError(error) || !error.retry) return;
    const tries = (again?.tries ?? 0) + 1;
    const pauseMs = policy({ tries, error, fraction: random.fraction() });
    if (pauseMs !== undefined) this.#retry = { reason: attempt.reason, tries, at: clock.now() + pauseMs };
    else if (!this.#device.isReachable()) this.#device.pending.restore(attempt.reason);
  }

  /** Something is to be looked at again at the first of these moments. */
  #setAlarm(moments: readonly (number | undefined)[]): void {
    const at = moments.reduce<number>((first, each) => Math.min(first, each ?? first), Number.POSITIVE_INFINITY);
    if (this.#alarm?.at === at) return;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (at === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#options;
    const cancel = clock.after(at - clock.now(), () => {
      this.#alarm = undefined;
      this.#changed.set();
    });
    this.#alarm = { at, cancel };
  }
}
