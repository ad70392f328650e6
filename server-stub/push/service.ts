// What a push service remembers: which tokens exist, where each is connected, and the newest notification of those that are not.
import type { Clock } from '../../base/clock.js';
import type { ApnsReason } from '../../protocol/apple-mdm/apns.js';

export interface Notification {
  /** Lower-case hex. */
  readonly token: string;
  /** The apns-id. */
  readonly id: string;
  /** JSON text. */
  readonly payload: string;
  readonly topic?: string | undefined;
  /** Milliseconds on the clock; 0 means: now or never. */
  readonly expiresAt: number;
}

/** Where tokens are live: one connection. `send` answers false when nothing more fits in; the notification is then kept. */
export interface Listener {
  send(notification: Notification): boolean;
}

export interface PushLogEntry {
  readonly at: number;
  readonly id: string;
  /** The token's first 16 digits: the rest is the device's secret. */
  readonly token: string;
  readonly topic?: string | undefined;
  readonly outcome: 'sent' | 'kept' | 'dropped' | ApnsReason;
}

export type PushResult =
  | { readonly ok: true; readonly sent: boolean }
  | { readonly ok: false; readonly reason: ApnsReason; readonly timestamp?: number };

interface TokenState {
  listener?: Listener;
  waiting?: Notification;
  topic?: string;
  /** Set once the device has given the token up. */
  goneAt?: number;
}

export interface PushServiceOptions {
  readonly clock: Clock;
  readonly maxTokens?: number;
  readonly logSize?: number;
}

/** APNs keeps a notification without an expiration for 30 days. */
export const keepMs = 30 * 24 * 3600 * 1000;

export class PushService {
  readonly #tokens = new Map<string, TokenState>();
  /** Tokens given up, the oldest first: they make room when it is short. */
  readonly #gone = new Set<string>();
  readonly #log: PushLogEntry[] = [];
  readonly #clock: Clock;
  readonly #maxTokens: number;
  readonly #logSize: number;
  #pushed = 0;

  constructor({ clock, maxTokens = 500_000, logSize = 1000 }: PushServiceOptions) {
    this.#clock = clock;
    this.#maxTokens = maxTokens;
    this.#logSize = logSize;
  }

  /** A device is live on this connection; an earlier connection of the token loses it. False when no more tokens fit. */
  register(token: string, listener: Listener): boolean {
    const state = this.#stateOf(token);
    if (state === undefined) return false;
    state.listener = listener;
    this.#isBack(token, state);
    this.#flush(state);
    return true;
  }

  /** The device gave the token up: from now on it is answered Unregistered. Only its own connection may say so. */
  unregister(token: string, listener: Listener): void {
    const state = this.#tokens.get(token);
    if (state === undefined || (state.listener !== undefined && state.listener !== listener)) return;
    delete state.listener;
    delete state.waiting;
    state.goneAt = this.#clock.now();
    this.#gone.delete(token);
    this.#gone.add(token);
  }

  /** The connection ended: its tokens stay known and their notifications are kept. */
  disconnect(tokens: Iterable<string>, listener: Listener): void {
    for (const token of tokens) {
      const state = this.#tokens.get(token);
      if (state?.listener === listener) delete state.listener;
    }
  }

  /** An authority was told of this token by its device, so it exists, for this topic, even before it connects. */
  expect(token: string, topic: string): void {
    const state = this.#stateOf(token);
    if (state === undefined) return;
    state.topic = topic;
    this.#isBack(token, state);
  }

  /** The device has it: it need not be sent again. */
  received(token: string, id: string, listener: Listener): void {
    const state = this.#tokens.get(token);
    if (state?.listener === listener && state.waiting?.id === id) delete state.waiting;
  }

  /** Delivers or keeps; of several for one device only the newest is kept. */
  push(notification: Notification): PushResult {
    this.#pushed++;
    const state = this.#tokens.get(notification.token);
    if (state === undefined) return this.#refuse(notification, 'BadDeviceToken');
    if (state.goneAt !== undefined) return this.#refuse(notification, 'Unregistered', state.goneAt);
    if (notification.topic !== undefined && state.topic !== undefined && notification.topic !== state.topic) {
      return this.#refuse(notification, 'DeviceTokenNotForTopic');
    }
    const isTimeless = notification.expiresAt === 0;
    if (!isTimeless && notification.expiresAt <= this.#clock.now()) {
      this.#record(notification, 'dropped');
      return { ok: true, sent: false };
    }
    if (!isTimeless) state.waiting = notification; // replaces an older one, whatever its expiry
    const sent = state.listener?.send(notification) ?? false;
    this.#record(notification, sent ? 'sent' : isTimeless ? 'dropped' : 'kept');
    return { ok: true, sent };
  }

  /** Records a refusal that was made before the token was looked at. */
  refused(notification: Pick<Notification, 'id' | 'token' | 'topic'>, reason: ApnsReason): void {
    this.#record(notification, reason);
  }

  isLive(token: string): boolean {
    return this.#tokens.get(token)?.listener !== undefined;
  }

  get counts(): { readonly tokens: number; readonly pushed: number } {
    return { tokens: this.#tokens.size, pushed: this.#pushed };
  }

  /** The latest notifications, oldest first. */
  log(): readonly PushLogEntry[] {
    return [...this.#log];
  }

  #stateOf(token: string): TokenState | undefined {
    const known = this.#tokens.get(token);
    if (known !== undefined) return known;
    if (this.#tokens.size >= this.#maxTokens) {
      const [oldest] = this.#gone;
      if (oldest === undefined) return undefined;
      this.#gone.delete(oldest);
      this.#tokens.delete(oldest);
    }
    const state: TokenState = {};
    this.#tokens.set(token, state);
    return state;
  }

  #isBack(token: string, state: TokenState): void {
    if (state.goneAt === undefined) return;
    delete state.goneAt;
    this.#gone.delete(token);
  }

  #flush(state: TokenState): void {
    const { waiting, listener } = state;
    if (waiting === undefined) return;
    if (waiting.expiresAt <= this.#clock.now()) delete state.waiting;
    else listener?.send(waiting);
  }

  #refuse(notification: Notification, reason: ApnsReason, timestamp?: number): PushResult {
    this.#record(notification, reason);
    return timestamp === undefined ? { ok: false, reason } : { ok: false, reason, timestamp };
  }

  #record({ id, token, topic }: Pick<Notification, 'id' | 'token' | 'topic'>, outcome: PushLogEntry['outcome']): void {
    this.#log.push({ at: this.#clock.now(), id, token: token.slice(0, 16), topic, outcome });
    if (this.#log.length >= this.#logSize * 2) this.#log.splice(0, this.#logSize);
  }
}
