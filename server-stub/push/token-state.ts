// What is known of one token of a push service.
import type { Namer } from './unannounced.js';

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

/** Where tokens are live: one connection, which sends when it can. */
export interface Listener extends Namer {
  /** False once it is ending: what comes then is kept. */
  readonly isOpen: boolean;
  /** One of its tokens is a device's of an authority's: this connection is no stranger's. */
  known(): void;
  /** Something waits for this token: the connection takes it (`PushService.take`) when it is its turn. */
  offer(token: string): void;
}

/** Where a notification stands that is kept until its device confirms it. */
export type Phase = 'kept' | 'waiting' | 'unconfirmed';

/** What is known of one token: of hundreds of thousands each is this and no more. */
export class TokenState {
  listener: Listener | undefined;
  /** The newest that the device has not confirmed. */
  newest: Notification | undefined;
  /** Of `newest`. */
  phase: Phase | undefined;
  /** `newest` was sent on a connection that has ended since. */
  isRepeat = false;
  /** A notification that is for now or never, and waits for its turn. */
  passing: Notification | undefined;
  topic: string | undefined;
  /** An authority was told of it by its device. Otherwise it is counted as nobody's, and bounded. */
  isExpected = false;
  /** Set once the device has given the token up. */
  goneAt: number | undefined;
}
