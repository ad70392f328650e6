import { interrupted, onAbort, throwIfInterrupted } from '../../../base/abort.js';
import { type Clock, realClock } from '../../../base/clock.js';
import { baseError, isRollcallError } from '../../../base/errors.js';
import type { Log } from '../../../base/log.js';
import type { WakeAsk, WakeJudge, WakeOwner, WakeUps } from '../../model/ports.js';
import { OwnedWakeUps } from './owned-wake-ups.js';
import { type Entry, keep, lost, noPush, type OpenedWay, ready, type Waiter } from './wake-entry.js';
import type { OpenWay } from './way.js';

/** The ways that are at hand. */
export interface WakeUpsOptions {
  /** By the name that an ask says. */
  readonly ways: Readonly<Record<string, OpenWay>>;
  readonly log: Log;
  /** Default: the real clock. */
  readonly clock?: Clock;
  /** How long `ask` waits for a way that says nothing before it throws PUSH_LOST. Default 30 s. */
  readonly askTimeoutMs?: number;
}

/** The wake-up port over real ways; `close` ends every way, listener and wait. */
export interface WakeUpClient extends WakeUps {
  close(): void;
}

/**
 * Wakes devices by the ways given, under their names. Opens nothing until the first device asks.
 *
 * @example
 * const wake = createWakeUps({ ways: { mine: longPoll({ ... }) }, log: silentLog });
 */
export function createWakeUps(options: WakeUpsOptions): WakeUpClient {
  return new Client(options);
}

class Client implements WakeUpClient {
  readonly #options: WakeUpsOptions;
  readonly #ways = new Map<string, OpenedWay>();
  #isClosed = false;

  constructor(options: WakeUpsOptions) {
    this.#options = options;
  }

  ask(ask: WakeAsk, judge: WakeJudge, signal?: AbortSignal): Promise<void> {
    return this.askFor(ask, judge, undefined, signal);
  }

  listen(ask: WakeAsk, judge: WakeJudge, signal: AbortSignal): AsyncIterable<string> {
    return this.listenFor(ask, judge, undefined, signal);
  }

  answered({ way, address }: WakeAsk): readonly string[] {
    const entry = this.#ways.get(way)?.entries.get(address);
    const kept = entry?.kept;
    if (entry === undefined || kept === undefined) return [];
    entry.kept = undefined;
    return kept;
  }

  dropped({ way, address }: WakeAsk): number {
    const entry = this.#ways.get(way)?.entries.get(address);
    if (entry === undefined) return 0;
    const { dropped } = entry;
    entry.dropped = 0;
    return dropped;
  }

  async withdraw({ way, address }: WakeAsk): Promise<void> {
    const entry = this.#ways.get(way)?.entries.get(address);
    if (entry !== undefined) this.#drop(entry);
  }

  pause({ way, address }: WakeAsk): void {
    const entry = this.#ways.get(way)?.entries.get(address);
    if (entry === undefined || entry.isPaused || entry.way.way.pause === undefined) return;
    entry.isPaused = true;
    entry.isReady = false;
    entry.way.way.pause(address);
  }

  resume({ way, address }: WakeAsk): void {
    const entry = this.#ways.get(way)?.entries.get(address);
    if (entry !== undefined) this.#resume(entry);
  }

  tryAgain({ way, address }: WakeAsk): void {
    const entry = this.#ways.get(way)?.entries.get(address);
    if (entry?.isReady === false) entry.way.way.tryAgain?.(address); // a way that is paused knows nothing of it
  }

  ownedBy(owner: WakeOwner): WakeUps {
    return new OwnedWakeUps(this, owner);
  }

  close(): void {
    this.#isClosed = true;
    for (const { way, entries } of this.#ways.values()) {
      way.close();
      for (const { taker, waiting } of entries.values()) {
        taker?.(undefined);
        if (waiting !== undefined) for (const each of waiting) each.reject(closed());
      }
      entries.clear();
    }
  }

  async askFor(ask: WakeAsk, judge: WakeJudge, owner: WakeOwner | undefined, signal?: AbortSignal): Promise<void> {
    throwIfInterrupted(signal);
    const isNew = this.#ways.get(ask.way)?.entries.has(ask.address) !== true;
    const entry = this.#entryOf(ask, judge, owner);
    if (entry === undefined || entry.isReady) return;
    if (!isNew) entry.way.way.add(ask); // the end of a long pause, and of having given up
    await this.#ready(entry, signal);
  }

  async *listenFor(
    ask: WakeAsk,
    judge: WakeJudge,
    owner: WakeOwner | undefined,
    signal: AbortSignal,
  ): AsyncIterable<string> {
    for (;;) {
      const payload = await this.#next(ask, judge, owner, signal);
      if (payload === undefined) return;
      yield payload;
    }
  }

  /** Resolves once the way has begun for it. Where it cannot for now the ask stands; one that was called off goes, unless others wait or listen. */
  #ready(entry: Entry, signal: AbortSignal | undefined): Promise<void> {
    const { clock = realClock, askTimeoutMs = 30_000 } = this.#options;
    return new Promise<void>((resolve, reject) => {
      const waiting = entry.waiting ?? new Set();
      entry.waiting = waiting;
      const end = (error: Error | undefined): void => {
        waiting.delete(waiter);
        cancel();
        forget?.();
        if (error === undefined) {
          resolve();
          return;
        }
        const isUnwanted =
          isRollcallError(error, 'INTERRUPTED') && waiting.size === 0 && !entry.isReady && entry.taker === undefined;
        if (isUnwanted && entry.way.entries.get(entry.ask.address) === entry) this.#drop(entry);
        reject(error);
      };
      const waiter: Waiter = { resolve: () => end(undefined), reject: end };
      waiting.add(waiter);
      const cancel = clock.after(askTimeoutMs, () => end(noPush(entry, `no answer in ${askTimeoutMs} ms`)));
      const forget = signal === undefined ? undefined : onAbort(signal, () => end(interrupted(signal)));
    });
  }

  async #next(
    ask: WakeAsk,
    judge: WakeJudge,
    owner: WakeOwner | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (signal.aborted || this.#isClosed) return undefined;
    const entry = this.#entryOf(ask, judge, owner);
    entry?.taker?.(undefined); // the newest listener has it
    const kept = entry?.kept?.shift();
    if (entry?.kept?.length === 0) entry.kept = undefined;
    if (kept !== undefined) return kept;
    return new Promise((resolve) => {
      const taker = (payload: string | undefined): void => {
        forget();
        resolve(payload);
      };
      if (entry !== undefined) entry.taker = taker;
      const forget = onAbort(signal, () => {
        if (entry?.taker === taker) entry.taker = undefined;
        resolve(undefined);
      });
    });
  }

  /** Begins by its way where that has not begun. Undefined where the way is not at hand. */
  #entryOf(ask: WakeAsk, judge: WakeJudge, owner: WakeOwner | undefined): Entry | undefined {
    if (this.#isClosed) throw closed();
    const way = this.#opened(ask.way);
    if (way === undefined) return undefined;
    const present = way.entries.get(ask.address);
    if (present !== undefined) {
      if (!present.isPaused && !isSameData(present.ask.data, ask.data)) way.way.add(ask);
      present.ask = ask;
      present.judge = judge;
      present.owner = owner ?? present.owner;
      this.#resume(present);
      return present;
    }
    const entry: Entry = {
      ask,
      judge,
      owner,
      way,
      isReady: false,
      isPaused: false,
      kept: undefined,
      dropped: 0,
      taker: undefined,
      waiting: undefined,
    };
    way.way.add(ask);
    way.entries.set(ask.address, entry);
    return entry;
  }

  #opened(name: string): OpenedWay | undefined {
    const opened = this.#ways.get(name);
    if (opened !== undefined) return opened;
    const open = Object.hasOwn(this.#options.ways, name) ? this.#options.ways[name] : undefined;
    if (open === undefined) return undefined;
    const entries = new Map<string, Entry>();
    const way = open({
      ready: (address) => ready(entries.get(address)),
      received: (address, payload) => this.#received(entries.get(address), payload),
      lost: (address, cause) => lost(entries.get(address), cause),
    });
    const made = { way, entries };
    this.#ways.set(name, made);
    return made;
  }

  #received(entry: Entry | undefined, payload: string): void {
    if (entry === undefined) return; // withdrawn, or never ours
    const { ask, judge, taker } = entry;
    if (!judge(ask, payload)) {
      this.#options.log.debug('PUSH_IGNORED', { way: ask.way, reason: 'no wake-up for this device' });
      return;
    }
    if (taker !== undefined) {
      entry.taker = undefined;
      taker(payload);
      return;
    }
    if (keep(entry, payload) > 0)
      this.#options.log.debug('PUSH_IGNORED', { way: ask.way, reason: 'the oldest of more than are kept' });
    entry.owner?.woken();
  }

  #resume(entry: Entry): void {
    if (!entry.isPaused) return;
    entry.way.way.add(entry.ask);
    entry.isPaused = false;
  }

  #drop(entry: Entry): void {
    const { address } = entry.ask;
    entry.way.entries.delete(address);
    entry.way.way.remove(address);
    entry.taker?.(undefined);
  }
}

function isSameData(a: WakeAsk['data'] = {}, b: WakeAsk['data'] = {}): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

const closed = () => baseError('INTERRUPTED', 'the wake-up port was closed');
