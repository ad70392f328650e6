// The latest notifications of a push service, for an administrator.
import type { Clock } from '../../base/clock.js';
import type { ApnsReason } from '../../protocol/apple-mdm/apns.js';
import type { Notification } from './token-state.js';

export interface PushLogEntry {
  readonly at: number;
  readonly id: string;
  /** The token's first 16 digits: the rest is the device's secret. */
  readonly token: string;
  readonly topic?: string | undefined;
  /** `sent`: to the connection of its device, which takes it as fast as it can. */
  readonly outcome: 'sent' | 'kept' | 'dropped' | ApnsReason;
}

/** As many as it was made for, or up to twice that. */
export class PushLog {
  readonly #entries: PushLogEntry[] = [];
  readonly #clock: Clock;
  readonly #size: number;

  constructor(clock: Clock, size: number) {
    this.#clock = clock;
    this.#size = size;
  }

  /** The latest, the oldest of them first. */
  get entries(): readonly PushLogEntry[] {
    return [...this.#entries];
  }

  record({ id, token, topic }: Pick<Notification, 'id' | 'token' | 'topic'>, outcome: PushLogEntry['outcome']): void {
    this.#entries.push({ at: this.#clock.now(), id, token: token.slice(0, 16), topic, outcome });
    if (this.#entries.length >= this.#size * 2) this.#entries.splice(0, this.#size);
  }
}
