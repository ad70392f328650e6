import type { CheckInReason } from './platform/driver.js';

/** The check-in that a device is to make on its own account, if any, and who wants to know when something changed. */
export class PendingCheckIn {
  #reason: CheckInReason | undefined;
  /** Told whenever something changed that a running device acts upon. */
  #watchers: Set<() => void> | undefined;

  /** Why it is to be made; undefined when there is none. */
  get reason(): CheckInReason | undefined {
    return this.#reason;
  }

  /** The reason, if a check-in is to be made; from then on there is none. */
  take(): CheckInReason | undefined {
    const reason = this.#reason;
    this.#reason = undefined;
    return reason;
  }

  /** A check-in is to be made. Of several reasons the newest stands. */
  become(reason: CheckInReason): void {
    this.#reason = reason;
    this.changed();
  }

  /** It was not made after all: it is pending again, unless another has become so meanwhile. */
  restore(reason: CheckInReason | undefined): void {
    if (reason !== undefined) this.become(this.#reason ?? reason);
  }

  changed(): void {
    if (this.#watchers !== undefined) for (const call of this.#watchers) call();
  }

  get isWatched(): boolean {
    return this.#watchers !== undefined;
  }

  watch(call: () => void): void {
    this.#watchers ??= new Set();
    this.#watchers.add(call);
  }

  unwatch(call: () => void): void {
    this.#watchers?.delete(call);
    if (this.#watchers?.size === 0) this.#watchers = undefined;
  }
}
