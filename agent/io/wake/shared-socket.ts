import { monotonicMs, realClock } from '../../../base/clock.js';
import type { WakeAsk } from '../../model/ports.js';
import { BackOff } from './back-off.js';
import { PushSocket, type PushSocketOptions } from './push-socket.js';
import { pushTransport } from './push-transport.js';
import type { Observed, OpenWay, WakeWay, WayEvents, WayPorts } from './way.js';

/** Where the socket is, whom it trusts, how it is kept alive. */
export type SharedSocketOptions = Omit<PushSocketOptions, 'clock'> & WayPorts & Observed;

/**
 * One WebSocket to the push service for all devices: opened with the first, closed with the last, and for as long as there are
 * any opened again after a pause, when it registers all of them anew.
 */
export const sharedSocket =
  (options: SharedSocketOptions): OpenWay =>
  (events) =>
    new SharedSocket(options, events);

class SharedSocket implements WakeWay {
  readonly #options: SharedSocketOptions;
  readonly #events: WayEvents;
  readonly #backOff: BackOff;
  readonly #tokens = new Set<string>();
  /** Not yet told to the service. */
  readonly #joining = new Set<string>();
  readonly #parting = new Set<string>();
  #socket: PushSocket | undefined;
  /** Closed by us, because nothing was to be listened for any more. */
  #leaving: PushSocket | undefined;
  #cancelPause: (() => void) | undefined;
  #isFlushing = false;
  #isClosed = false;

  constructor(options: SharedSocketOptions, events: WayEvents) {
    this.#options = { ...options, transport: options.transport ?? pushTransport(options) };
    this.#events = events;
    this.#backOff = new BackOff(options.random);
  }

  add({ address }: WakeAsk): void {
    if (this.#tokens.has(address)) return;
    this.#parting.delete(address);
    this.#tokens.add(address);
    this.#joining.add(address);
    this.#flushSoon();
  }

  remove(address: string): void {
    if (!this.#tokens.delete(address)) return;
    this.#joining.delete(address);
    this.#parting.add(address);
    this.#flushSoon();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelPause?.();
    this.#tokens.clear();
    this.#socket?.terminate();
    this.#socket = undefined;
  }

  /** What is asked for in the same turn of the event loop goes in the same message. */
  #flushSoon(): void {
    if (this.#isFlushing || this.#isClosed) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#isClosed) return;
    const socket = this.#socket;
    if (socket === undefined) {
      if (this.#tokens.size > 0 && this.#cancelPause === undefined) this.#connect();
      else if (this.#tokens.size === 0) {
        this.#parting.clear(); // without a socket the service has no listener to forget
        this.#cancelPause?.();
        this.#cancelPause = undefined;
        this.#backOff.reset();
      }
      return;
    }
    if (!socket.isOpen) return; // on open everything is sent
    socket.send('unregister', [...this.#parting]);
    this.#parting.clear();
    socket.send('register', [...this.#joining]);
    this.#joining.clear();
    if (this.#tokens.size === 0) {
      this.#leaving = socket;
      socket.close();
    }
  }

  #connect(): void {
    const { clock = realClock, observe, ...options } = this.#options;
    const openedAt = monotonicMs();
    let isOpened = false;
    const tell = (code?: string) => {
      if (!isOpened) observe?.({ operation: 'push-connect', totalMs: monotonicMs() - openedAt, ...(code && { code }) });
      isOpened = true;
    };
    const socket = new PushSocket(
      { ...options, clock },
      {
        opened: () => {
          tell();
          this.#parting.clear();
          for (const token of this.#tokens) this.#joining.add(token);
          this.#flush();
        },
        registered: (tokens) => {
          this.#backOff.reset();
          for (const token of tokens) this.#events.ready(token);
        },
        notified: ({ token, payload }) => this.#events.received(token, payload),
        closed: (cause) => {
          tell('PUSH_LOST');
          this.#socket = undefined;
          if (this.#leaving === socket) this.#flush();
          else this.#again(cause);
        },
      },
    );
    this.#socket = socket;
  }

  #again(cause: Error): void {
    if (this.#isClosed || this.#tokens.size === 0) return;
    const { clock = realClock, log, url } = this.#options;
    const pauseMs = this.#backOff.nextMs();
    log.warn('PUSH_LOST', { url, tokens: this.#tokens.size, pauseMs, error: cause });
    this.#cancelPause = clock.after(pauseMs, () => {
      this.#cancelPause = undefined;
      if (this.#tokens.size > 0) this.#connect();
    });
    for (const token of this.#tokens) this.#events.lost?.(token, cause);
  }
}
