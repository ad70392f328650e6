// What a push service remembers: which tokens exist, where each is connected, and the newest notification of those that are not.
import type { Clock } from '../../base/clock.js';
import type { ApnsReason } from '../../protocol/apple-mdm/apns.js';
import { type JoinedPush, type PushProgress, sumOf } from './progress.js';
import { PushLog, type PushLogEntry } from './push-log.js';
import { type Listener, type Notification, type Phase, TokenState } from './token-state.js';
import { nobody, Unannounced, type UnannouncedBounds } from './unannounced.js';

export type { JoinedPush, PushProgress } from './progress.js';
export type { PushLogEntry } from './push-log.js';
export type { Listener, Notification } from './token-state.js';

export type PushResult =
  /** `sent`: the device is connected; its connection takes the notification as fast as it can. */
  | { readonly ok: true; readonly sent: boolean }
  | { readonly ok: false; readonly reason: ApnsReason; readonly timestamp?: number };

interface PushServiceOptions {
  readonly clock: Clock;
  /** Of how long tokens that nobody announced are remembered. Default: `clock`. */
  readonly networkClock?: Clock;
  /** Beyond it tokens that no authority was told of are refused. Default 500 000. */
  readonly maxTokens?: number;
  readonly unannounced?: UnannouncedBounds;
  readonly logSize?: number;
}

const nothingToSend = { isLast: true } as const;

/** APNs keeps a notification without an expiration for 30 days. */
export const keepMs = 30 * 24 * 3600 * 1000;

export class PushService {
  readonly #tokens = new Map<string, TokenState>();
  /** Tokens given up, the oldest first: they make room when it is short. */
  readonly #gone = new Set<string>();
  readonly #unannounced: Unannounced;
  readonly #log: PushLog;
  readonly #clock: Clock;
  readonly #maxTokens: number;
  readonly #phases: Record<Phase, number> = { kept: 0, waiting: 0, unconfirmed: 0 };
  readonly #totals = { pushed: 0, sent: 0, repeated: 0, confirmed: 0, replaced: 0, expired: 0 };
  #passing = 0;
  /** Services that deliver in their own way, and are counted here. */
  readonly #joined = new Set<() => JoinedPush>();

  constructor(options: PushServiceOptions) {
    const { clock, networkClock = clock, maxTokens = 500_000, unannounced = {}, logSize = 1000 } = options;
    this.#clock = clock;
    this.#unannounced = new Unannounced(networkClock, unannounced, (token) => this.#drop(token));
    this.#maxTokens = maxTokens;
    this.#log = new PushLog(clock, logSize);
  }

  /**
   * A device is live on this connection; an earlier connection of the token loses it. False when it may not: the service is
   * full, or this connection or its address has named too many tokens that no authority was told of.
   */
  register(token: string, listener: Listener): boolean {
    const known = this.#tokens.get(token);
    const isExpected = known?.isExpected === true;
    if (!isExpected && !this.#unannounced.take(token, listener)) return false;
    const state = known ?? this.#stateOf(token);
    if (state === undefined) {
      this.#unannounced.release(token);
      return false;
    }
    if (isExpected) listener.known();
    this.#isBack(token, state);
    if (state.listener === listener) return true;
    state.listener = listener;
    if (state.phase !== undefined) this.#hand(token, state, listener);
    else if (state.passing !== undefined) listener.offer(token);
    return true;
  }

  /** The device gave the token up: from now on it is answered Unregistered. Only its own connection may say so. */
  unregister(token: string, listener: Listener): void {
    const state = this.#tokens.get(token);
    if (state === undefined || (state.listener !== undefined && state.listener !== listener)) return;
    state.listener = undefined;
    this.#forget(state);
    this.#dropPassing(state);
    state.goneAt = this.#clock.now();
    if (!state.isExpected) {
      this.#unannounced.leave(token, listener);
      return;
    }
    this.#gone.delete(token);
    this.#gone.add(token);
  }

  /** The connection ended: its tokens stay known and their notifications are kept. */
  disconnect(tokens: Iterable<string>, listener: Listener): void {
    for (const token of tokens) {
      const state = this.#tokens.get(token);
      if (state?.listener !== listener) continue;
      state.listener = undefined;
      this.#dropPassing(state);
      this.#takeBack(state);
      if (!state.isExpected) this.#unannounced.leave(token, listener);
    }
  }

  /** What this connection is to send to the token now, if anything; `isLast` says whether more waits for it. */
  take(token: string, listener: Listener): { readonly notification?: Notification; readonly isLast: boolean } {
    const state = this.#tokens.get(token);
    if (state === undefined || state.listener !== listener) return nothingToSend;
    const { newest, passing } = state;
    if (newest !== undefined && state.phase === 'waiting') {
      if (newest.expiresAt > this.#clock.now()) {
        this.#setPhase(state, 'unconfirmed');
        this.#totals.sent++;
        if (state.isRepeat) this.#totals.repeated++;
        return { notification: newest, isLast: passing === undefined };
      }
      this.#forget(state);
      this.#totals.expired++;
    }
    if (passing === undefined) return nothingToSend;
    this.#dropPassing(state);
    this.#totals.sent++;
    return { notification: passing, isLast: true };
  }

  /**
   * An authority was told of this token by its device, so it exists, for this topic, even before it connects. There is always
   * room for it: there are as many as devices are enrolled.
   */
  expect(token: string, topic: string): void {
    const state = this.#stateOf(token) ?? this.#add(token);
    state.topic = topic;
    state.isExpected = true;
    this.#unannounced.release(token);
    state.listener?.known();
    this.#isBack(token, state);
  }

  /** The device has another token now, or is enrolled no more: from now on this one is as if no authority had been told of it. */
  withdraw(token: string): void {
    const state = this.#tokens.get(token);
    if (state?.isExpected !== true) return;
    state.isExpected = false;
    this.#gone.delete(token);
    if (state.listener === undefined) this.#unannounced.leave(token, nobody);
  }

  /** The device has it, whichever connection says so: it need not be sent again. */
  received(notification: Notification): void {
    this.#totals.confirmed++;
    const state = this.#tokens.get(notification.token);
    if (state?.newest === notification) this.#forget(state);
  }

  /** Delivers or keeps; of several for one device only the newest is kept. */
  push(notification: Notification): PushResult {
    this.#totals.pushed++;
    const state = this.#tokens.get(notification.token);
    if (state === undefined) return this.#refuse(notification, 'BadDeviceToken');
    if (state.goneAt !== undefined) return this.#refuse(notification, 'Unregistered', state.goneAt);
    if (notification.topic !== undefined && state.topic !== undefined && notification.topic !== state.topic) {
      return this.#refuse(notification, 'DeviceTokenNotForTopic');
    }
    if (!state.isExpected) this.#unannounced.used(notification.token);
    const listener = state.listener?.isOpen === true ? state.listener : undefined;
    const isTimeless = notification.expiresAt === 0;
    if (isTimeless ? listener === undefined : notification.expiresAt <= this.#clock.now()) {
      this.#log.record(notification, 'dropped');
      return { ok: true, sent: false };
    }
    if (isTimeless) this.#setPassing(state, notification);
    else this.#setNewest(state, notification, listener === undefined ? 'kept' : 'waiting'); // replaces an older one, whatever its expiry
    listener?.offer(notification.token);
    this.#log.record(notification, listener === undefined ? 'kept' : 'sent');
    return { ok: true, sent: listener !== undefined };
  }

  /** Records a refusal that was made before the token was looked at. */
  refused(notification: Pick<Notification, 'id' | 'token' | 'topic'>, reason: ApnsReason): void {
    this.#log.record(notification, reason);
  }

  /** Of this service and of those that have joined it. */
  get progress(): PushProgress {
    const { kept, waiting, unconfirmed } = this.#phases;
    const own = { tokens: this.#tokens.size, waiting: waiting + this.#passing, unconfirmed, kept, ...this.#totals };
    return [...this.#joined].reduce<PushProgress>((sum, figures) => sumOf(sum, figures()), own);
  }

  /** Somebody is connected whom a push would reach. */
  get isHeard(): boolean {
    for (const { listener } of this.#tokens.values()) if (listener !== undefined) return true;
    return [...this.#joined].some((figures) => figures().connections + (figures().polls ?? 0) > 0);
  }

  /** Devices connected to services that have joined. */
  get joinedConnections(): number {
    return [...this.#joined].reduce((sum, figures) => sum + figures().connections, 0);
  }

  /** Counts what a service delivers in its own way with what this one does; the function returned takes that back. */
  join(figures: () => JoinedPush): () => void {
    this.#joined.add(figures);
    return () => void this.#joined.delete(figures);
  }

  /** The latest notifications, oldest first. */
  log(): readonly PushLogEntry[] {
    return this.#log.entries;
  }

  /** What is known of a token; of a new one where there is room, or where somebody gives room up. */
  #stateOf(token: string): TokenState | undefined {
    const known = this.#tokens.get(token);
    if (known !== undefined) return known;
    if (this.#tokens.size >= this.#maxTokens) {
      const [oldest] = this.#gone;
      if (oldest !== undefined) this.#drop(oldest);
      else if (!this.#unannounced.makeRoom()) return undefined;
    }
    return this.#add(token);
  }

  #add(token: string): TokenState {
    const state = new TokenState();
    this.#tokens.set(token, state);
    return state;
  }

  /** Forgets a token and what was kept for it. */
  #drop(token: string): void {
    const state = this.#tokens.get(token);
    if (state === undefined) return;
    this.#forget(state);
    this.#dropPassing(state);
    this.#gone.delete(token);
    this.#tokens.delete(token);
  }

  close(): void {
    this.#unannounced.close();
  }

  #isBack(token: string, state: TokenState): void {
    if (state.goneAt === undefined) return;
    state.goneAt = undefined;
    this.#gone.delete(token);
  }

  /** Gives what is kept, or was sent on an earlier connection, to the connection that the device has now. */
  #hand(token: string, state: TokenState, listener: Listener): void {
    this.#takeBack(state);
    this.#setPhase(state, 'waiting');
    listener.offer(token);
  }

  /** A connection has ended or lost the token: what it had not sent, or was not confirmed, is kept. */
  #takeBack(state: TokenState): void {
    if (state.phase === undefined) return;
    if (state.phase === 'unconfirmed') state.isRepeat = true;
    this.#setPhase(state, 'kept');
  }

  #setNewest(state: TokenState, notification: Notification, phase: Phase): void {
    if (state.newest !== undefined) this.#totals.replaced++;
    state.newest = notification;
    state.isRepeat = false;
    this.#setPhase(state, phase);
  }

  #forget(state: TokenState): void {
    if (state.phase !== undefined) this.#phases[state.phase]--;
    state.phase = undefined;
    state.newest = undefined;
    state.isRepeat = false;
  }

  #setPhase(state: TokenState, phase: Phase): void {
    if (state.phase !== undefined) this.#phases[state.phase]--;
    state.phase = phase;
    this.#phases[phase]++;
  }

  #setPassing(state: TokenState, notification: Notification): void {
    if (state.passing === undefined) this.#passing++;
    else this.#totals.replaced++;
    state.passing = notification;
  }

  #dropPassing(state: TokenState): void {
    if (state.passing === undefined) return;
    this.#passing--;
    state.passing = undefined;
  }

  #refuse(notification: Notification, reason: ApnsReason, timestamp?: number): PushResult {
    this.#log.record(notification, reason);
    return timestamp === undefined ? { ok: false, reason } : { ok: false, reason, timestamp };
  }
}
