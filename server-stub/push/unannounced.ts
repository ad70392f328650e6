// Tokens that no authority has announced: whoever opens a connection may name as many as it likes, so they are bounded.
import type { Clock } from '../../base/clock.js';
import { OldestFirst } from '../oldest-first.js';

export interface UnannouncedBounds {
  /** On one connection. Default 100 000. */
  readonly perConnection?: number;
  /** From one address, those included whose connection has ended. Default 200 000. */
  readonly perAddress?: number;
  /** In all. Default 300 000. */
  readonly inAll?: number;
  /** How long one that was never pushed to is remembered after its connection has ended: devices come back. Default one hour. */
  readonly rememberMs?: number;
}

/** Who names tokens: a connection and the address that it comes from. */
export interface Namer {
  readonly address: string;
}

/** Of tokens that no connection has named. */
export const nobody: Namer = { address: '' };

interface AddressCount {
  tokens: number;
  /** Those whose connection has ended, the longest ago first. */
  readonly left: OldestFirst;
}

interface Owned {
  readonly namer: Namer;
  /** When its connection ended; undefined while it is open. */
  leftAt: number | undefined;
  /** It was pushed to: it makes room only after those that never were. */
  isUsed: boolean;
}

/** Counts the tokens that nobody has announced, and says which of them are to be forgotten. */
export class Unannounced {
  readonly #clock: Clock;
  readonly #bounds: Required<UnannouncedBounds>;
  /** Forgets the token. */
  readonly #onForget: (token: string) => void;
  readonly #owned = new Map<string, Owned>();
  readonly #perConnection = new WeakMap<Namer, number>();
  readonly #addresses = new Map<string, AddressCount>();
  /** Their connection has ended, the longest ago first: never pushed to, and pushed to. */
  readonly #left = { unused: new OldestFirst(), used: new OldestFirst() };
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(clock: Clock, bounds: UnannouncedBounds, onForget: (token: string) => void) {
    this.#clock = clock;
    const { perConnection = 100_000, perAddress = 200_000, inAll = 300_000, rememberMs = 3_600_000 } = bounds;
    this.#bounds = { perConnection, perAddress, inAll, rememberMs };
    this.#onForget = onForget;
  }

  get size(): number {
    return this.#owned.size;
  }

  /** A connection names a token that is not announced. False: it may not, and nothing has changed. */
  take(token: string, namer: Namer): boolean {
    const before = this.#owned.get(token);
    if (before?.namer === namer && before.leftAt === undefined) return true;
    const count = this.#perConnection.get(namer) ?? 0;
    if (count >= this.#bounds.perConnection) return false;
    if (!this.#hasRoomFor(namer, before)) return false;
    if (before !== undefined) this.#release(token, before);
    this.#own(token, namer, before?.isUsed ?? false);
    return true;
  }

  /** It is announced now, or not known any more. */
  release(token: string): void {
    const owned = this.#owned.get(token);
    if (owned !== undefined) this.#release(token, owned);
  }

  /** A notification for it has come. */
  used(token: string): void {
    const owned = this.#owned.get(token);
    if (owned === undefined || owned.isUsed) return;
    owned.isUsed = true;
    if (this.#left.unused.delete(token)) this.#left.used.add(token);
  }

  /** Its connection has ended. One that was announced and is no longer comes here too. */
  leave(token: string, namer: Namer): void {
    if (!this.#owned.has(token) && this.#owned.size >= this.#bounds.inAll) this.makeRoom();
    const owned = this.#owned.get(token) ?? this.#own(token, namer, false);
    if (owned.leftAt !== undefined) return;
    this.#ofConnection(owned, -1);
    owned.leftAt = this.#clock.now();
    this.#addresses.get(owned.namer.address)?.left.add(token);
    this.#left[owned.isUsed ? 'used' : 'unused'].add(token);
    this.#forgetSoon();
  }

  /** Gives one place up: the oldest whose connection has ended. False: there is none. */
  makeRoom(): boolean {
    const oldest = this.#left.unused.take() ?? this.#left.used.take();
    if (oldest === undefined) return false;
    this.#forget(oldest);
    return true;
  }

  /** Nothing is forgotten by time any more: connections may still end. */
  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #hasRoomFor(namer: Namer, before: Owned | undefined): boolean {
    const { perAddress, inAll } = this.#bounds;
    const address = this.#addresses.get(namer.address);
    const isOfAddress = before?.namer.address === namer.address;
    if (address !== undefined && !isOfAddress && address.tokens >= perAddress) {
      const oldest = address.left.take();
      if (oldest === undefined) return false;
      this.#forget(oldest);
    }
    return before !== undefined || this.#owned.size < inAll || this.makeRoom();
  }

  #own(token: string, namer: Namer, isUsed: boolean): Owned {
    const address = this.#addresses.get(namer.address) ?? { tokens: 0, left: new OldestFirst() };
    this.#addresses.set(namer.address, address);
    address.tokens++;
    const owned: Owned = { namer, leftAt: undefined, isUsed };
    this.#owned.set(token, owned);
    this.#ofConnection(owned, 1);
    return owned;
  }

  #forget(token: string): void {
    this.release(token);
    this.#onForget(token);
  }

  #release(token: string, owned: Owned): void {
    this.#owned.delete(token);
    if (owned.leftAt === undefined) this.#ofConnection(owned, -1);
    this.#left.unused.delete(token);
    this.#left.used.delete(token);
    const address = this.#addresses.get(owned.namer.address);
    if (address === undefined) return;
    address.left.delete(token);
    if (--address.tokens === 0) this.#addresses.delete(owned.namer.address);
  }

  #ofConnection({ namer }: Owned, change: number): void {
    this.#perConnection.set(namer, (this.#perConnection.get(namer) ?? 0) + change);
  }

  /** One timer for all: those that were never pushed to lie in the order in which their time is over. */
  #forgetSoon(): void {
    const oldest = this.#cancel === undefined && !this.#isClosed ? this.#left.unused.first : undefined;
    if (oldest === undefined) return;
    const dueAt = (this.#owned.get(oldest)?.leftAt ?? 0) + this.#bounds.rememberMs;
    this.#cancel = this.#clock.after(Math.max(1, dueAt - this.#clock.now()), () => {
      this.#cancel = undefined;
      this.#forgetOld();
      this.#forgetSoon();
    });
  }

  #forgetOld(): void {
    const until = this.#clock.now() - this.#bounds.rememberMs;
    for (let left = this.#left.unused.size; left > 0; left--) {
      const oldest = this.#left.unused.first;
      if (oldest === undefined || (this.#owned.get(oldest)?.leftAt ?? 0) > until) return;
      this.#left.unused.take();
      this.#forget(oldest);
    }
  }
}
