import { monotonicMs, realClock } from '../../../base/clock.js';
import { isRollcallError, type RollcallError } from '../../../base/errors.js';
import { agentError } from '../../errors.js';
import type { WakeAsk, WakeObservation } from '../../model/ports.js';
import { usualPauseMs } from './back-off.js';
import type { Observed, OpenWay, WakeWay, WayEvents, WayPorts } from './way.js';

/** One connection as its dialer made it. */
export interface WakeConnection {
  /**
   * Ends it at once; no event follows. `forGood`: the device is not to be woken any more, and the service is told so where its
   * protocol can. Otherwise only this process ends, and what comes meanwhile is the service's to keep.
   */
  close(forGood: boolean): void;
}

/** What a connection of a device's own tells whoever opened it. */
export interface ConnectionEvents {
  /** Only now is it being opened: until then something was loaded that all connections need. */
  began?(): void;
  /** The service knows the device now. */
  ready(): void;
  received(payload: string): void;
  /** It could not be opened, or is lost; nothing follows. */
  closed(cause: Error): void;
}

/** Opens a connection for one device (MQTT, a WebSocket of its own). Events follow later, never before it has returned. */
export type WakeDialer = (ask: WakeAsk, events: ConnectionEvents) => WakeConnection;

/** A connection that could not be opened or was lost: what a policy says the next step from. */
export interface LostConnection {
  readonly cause: Error;
  /** Whether one of this device has been ready since it was added. */
  readonly wasEverReady: boolean;
  /** Losses in a row since the device was last ready, this one included. */
  readonly losses: number;
  /** When the last ones were lost, this one included, in milliseconds on the clock, the newest last: 32 at most. */
  readonly lostAt: readonly number[];
  readonly now: number;
  /** Random, in [0, 1). */
  readonly fraction: number;
}

/** What follows a loss: a pause in milliseconds, or the end of all tries. */
type AfterLoss =
  | {
      readonly pauseMs: number;
      /** To be asked again for the same device ends the pause. */
      readonly endsWhenAsked?: boolean;
    }
  /** Nothing is tried any more until the device is asked for again. */
  | { readonly givesUp: RollcallError };

/** Pure. */
export type LossPolicy = (lost: LostConnection) => AfterLoss;

/** How connections are opened, and when again after one was lost. */
export interface OwnConnectionsOptions extends WayPorts, Observed {
  readonly dial: WakeDialer;
  /** What its observations are called. Default: push-connect. */
  readonly operation?: WakeObservation['operation'];
  /** Default: a pause of 1 s at first, longer each time, a minute at most; for ever. */
  readonly afterLoss?: LossPolicy;
  /** The most there may be: beyond it `add` throws PUSH_LOST. Default 50 000. */
  readonly maxConnections?: number;
  /** The most that are being opened at the same time; the others wait for their turn. Default 200. */
  readonly maxOpening?: number;
  /** How long one may take until it is ready: then it is given up, for others wait for its place. Default 30 s. */
  readonly openTimeoutMs?: number;
}

/** A connection of each device's own, open while it is packed, and opened again after a pause when it is lost. */
export const ownConnections =
  (options: OwnConnectionsOptions): OpenWay =>
  (events) =>
    new OwnConnections(options, events);

interface Own {
  ask: WakeAsk;
  connection: WakeConnection | undefined;
  isOpening: boolean;
  /** Of the monotonic clock. */
  openedAt: number;
  cancelTimeout: (() => void) | undefined;
  cancelPause: (() => void) | undefined;
  /** Nothing is being done for it: it waits for the end of a pause, which an ask may end, or has given up. */
  waitsToBeAsked: boolean;
  wasEverReady: boolean;
  losses: number;
  lostAt: number[] | undefined;
}

const mostLossesNoted = 32;
const usual: LossPolicy = ({ losses, fraction }) => ({ pauseMs: usualPauseMs(losses - 1, fraction) });

class OwnConnections implements WakeWay {
  readonly #options: OwnConnectionsOptions;
  readonly #events: WayEvents;
  readonly #owned = new Map<string, Own>();
  /** Those that wait for their turn to be opened, first come first served. */
  readonly #waiting = new Set<Own>();
  #opening = 0;
  #isClosed = false;

  constructor(options: OwnConnectionsOptions, events: WayEvents) {
    this.#options = options;
    this.#events = events;
  }

  add(ask: WakeAsk): void {
    const { maxConnections = 50_000 } = this.#options;
    const present = this.#owned.get(ask.address);
    if (present !== undefined) {
      present.ask = ask;
      this.tryAgain(ask.address);
      return;
    }
    if (this.#isClosed || this.#owned.size >= maxConnections)
      throw agentError('PUSH_LOST', `no more than ${maxConnections} connections for wake-ups`);
    const own: Own = {
      ask,
      connection: undefined,
      isOpening: false,
      openedAt: 0,
      cancelTimeout: undefined,
      cancelPause: undefined,
      waitsToBeAsked: false,
      wasEverReady: false,
      losses: 0,
      lostAt: undefined,
    };
    this.#owned.set(ask.address, own);
    this.#openSoon(own);
  }

  tryAgain(address: string): void {
    const own = this.#owned.get(address);
    if (own?.waitsToBeAsked === true) this.#openSoon(own);
  }

  remove(address: string): void {
    const own = this.#owned.get(address);
    if (own === undefined) return;
    this.#owned.delete(address);
    this.#end(own, true);
    this.#openNext();
  }

  pause(address: string): void {
    const own = this.#owned.get(address);
    if (own === undefined) return;
    this.#owned.delete(address);
    this.#end(own, false);
    this.#openNext();
  }

  close(): void {
    this.#isClosed = true;
    for (const own of this.#owned.values()) this.#end(own, false);
    this.#owned.clear();
  }

  #end(own: Own, forGood: boolean): void {
    this.#waiting.delete(own);
    own.cancelPause?.();
    const { connection } = own;
    own.connection = undefined;
    connection?.close(forGood);
    this.#opened(own);
  }

  #openSoon(own: Own): void {
    own.waitsToBeAsked = false;
    own.cancelPause?.();
    own.cancelPause = undefined;
    this.#waiting.add(own);
    this.#openNext();
  }

  #openNext(): void {
    const { maxOpening = 200 } = this.#options;
    for (const own of this.#waiting) {
      if (this.#isClosed || this.#opening >= maxOpening) return;
      this.#waiting.delete(own);
      this.#open(own);
    }
  }

  #open(own: Own): void {
    own.isOpening = true;
    this.#opening++;
    const { clock = realClock, openTimeoutMs = 30_000 } = this.#options;
    try {
      own.connection = this.#dial(own);
    } catch (error) {
      this.#lost(own, error instanceof Error ? error : new Error(String(error)));
      return;
    }
    own.cancelTimeout = clock.after(openTimeoutMs, () => {
      const { connection } = own;
      this.#lost(own, new Error(`not ready in ${openTimeoutMs} ms`));
      connection?.close(false);
      this.#openNext();
    });
  }

  #dial(own: Own): WakeConnection {
    const { address } = own.ask;
    const isPresent = (): boolean => own.connection === connection;
    own.openedAt = monotonicMs();
    const connection = this.#options.dial(own.ask, {
      began: () => {
        if (isPresent()) own.openedAt = monotonicMs();
      },
      ready: () => {
        if (!isPresent()) return;
        this.#observed(own);
        own.wasEverReady = true;
        own.losses = 0;
        this.#opened(own);
        this.#openNext();
        this.#events.ready(address);
      },
      received: (payload) => {
        if (isPresent()) this.#events.received(address, payload);
      },
      closed: (cause) => {
        if (!isPresent()) return;
        this.#lost(own, cause);
        this.#openNext();
      },
    });
    return connection;
  }

  #lost(own: Own, cause: Error): void {
    const { clock = realClock } = this.#options;
    own.lostAt = [...(own.lostAt ?? []), clock.now()].slice(-mostLossesNoted);
    own.losses++;
    own.connection = undefined;
    if (own.isOpening) this.#observed(own, isRollcallError(cause) ? cause.code : 'PUSH_LOST');
    this.#opened(own);
    this.#again(own, cause);
  }

  #observed({ ask, openedAt }: Own, code?: string): void {
    const { observe, operation = 'push-connect' } = this.#options;
    const totalMs = monotonicMs() - openedAt;
    observe?.({ operation, address: ask.address, totalMs, ...(code === undefined ? {} : { code }) });
  }

  /** It does not count as being opened any more. */
  #opened(own: Own): void {
    if (!own.isOpening) return;
    own.isOpening = false;
    own.cancelTimeout?.();
    own.cancelTimeout = undefined;
    this.#opening--;
  }

  #again(own: Own, cause: Error): void {
    const { clock = realClock, random, log, afterLoss = usual } = this.#options;
    const { way, address } = own.ask;
    const { wasEverReady, losses, lostAt = [] } = own;
    const next = afterLoss({ cause, wasEverReady, losses, lostAt, now: clock.now(), fraction: random.fraction() });
    if ('givesUp' in next) {
      own.waitsToBeAsked = true;
      log.error(next.givesUp.code, { way, error: next.givesUp });
      this.#events.lost?.(address, next.givesUp);
      return;
    }
    const { pauseMs, endsWhenAsked = false } = next;
    own.waitsToBeAsked = endsWhenAsked;
    log.warn('PUSH_LOST', { way, tokens: 1, pauseMs, error: cause });
    own.cancelPause = clock.after(pauseMs, () => this.#openSoon(own));
    this.#events.lost?.(address, cause);
  }
}
