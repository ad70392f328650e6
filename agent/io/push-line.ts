import { type ClientOptions, WebSocket } from 'ws';
import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import { decodePushToClient, encodePush, type PushToClient, pushLimits } from '../../protocol/push.js';
import { agentError } from '../errors.js';
import type { Random } from '../model/ports.js';

export interface LineOptions {
  readonly url: string;
  /** PEM. */
  readonly ca?: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How often it is made sure that the other side is still there. Default 30 s. */
  readonly pingEveryMs?: number;
}

export interface LineListener {
  registered(tokens: readonly string[]): void;
  notified(notification: Extract<PushToClient, { type: 'notification' }>): void;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
const handshakeMs = 20_000;

/**
 * One WebSocket to the push service for any number of tokens: opened with the first, closed with the last, and for as long
 * as there are any opened again after a pause, when it registers all of them anew.
 */
export class PushLine {
  private readonly tokens = new Set<string>();
  /** Not yet told to the service. */
  private readonly joining = new Set<string>();
  private readonly parting = new Set<string>();
  private socket: WebSocket | undefined;
  private cancelTimer: (() => void) | undefined;
  /** Closed by us, because nothing was to be listened for any more. */
  private leaving: WebSocket | undefined;
  private isFlushing = false;
  private isClosed = false;
  private lost = 0;

  constructor(
    private readonly options: LineOptions,
    private readonly listener: LineListener,
  ) {}

  get size(): number {
    return this.tokens.size;
  }

  add(token: string): void {
    this.parting.delete(token);
    this.tokens.add(token);
    this.joining.add(token);
    this.flushSoon();
  }

  remove(token: string): void {
    if (!this.tokens.delete(token)) return;
    this.joining.delete(token);
    this.parting.add(token);
    this.flushSoon();
  }

  close(): void {
    this.isClosed = true;
    this.cancelTimer?.();
    this.tokens.clear();
    this.socket?.terminate();
    this.socket = undefined;
  }

  /** What is asked for in the same turn of the event loop goes in the same message. */
  private flushSoon(): void {
    if (this.isFlushing || this.isClosed) return;
    this.isFlushing = true;
    setImmediate(() => {
      this.isFlushing = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.isClosed) return;
    const { socket } = this;
    if (socket === undefined) {
      if (this.tokens.size > 0 && this.cancelTimer === undefined) this.connect();
      else if (this.tokens.size === 0) {
        this.parting.clear(); // without a socket the service has no listener to forget
        this.cancelTimer?.();
        this.cancelTimer = undefined;
        this.lost = 0;
      }
      return;
    }
    if (socket.readyState !== WebSocket.OPEN) return; // on open everything is sent
    this.send('unregister', this.parting);
    this.send('register', this.joining);
    if (this.tokens.size === 0) {
      this.leaving = socket;
      socket.close(1000);
    }
  }

  private send(type: 'register' | 'unregister', tokens: Set<string>): void {
    const all = [...tokens];
    tokens.clear();
    for (let from = 0; from < all.length; from += pushLimits.maxTokens)
      this.socket?.send(encodePush({ type, tokens: all.slice(from, from + pushLimits.maxTokens) }));
  }

  private connect(): void {
    const settings: ClientOptions = {
      maxPayload: pushLimits.maxBytes,
      perMessageDeflate: false,
      handshakeTimeout: handshakeMs,
      ...(this.options.ca === undefined ? {} : { ca: [...this.options.ca] }),
    };
    const socket = new WebSocket(this.options.url, settings);
    this.socket = socket;
    let failure: Error | undefined;
    socket.on('open', () => {
      this.parting.clear();
      for (const token of this.tokens) this.joining.add(token);
      this.watch(socket);
      this.flush();
    });
    socket.on('message', (data, isBinary) => {
      try {
        if (isBinary || !Buffer.isBuffer(data)) throw agentError('PUSH_LOST', 'the push service sent no text');
        this.receive(decodePushToClient(data), socket);
      } catch (error) {
        failure ??= error instanceof Error ? error : new Error(String(error));
        socket.close(1008);
      }
    });
    socket.on('error', (error) => {
      failure ??= error;
    });
    socket.on('close', (code) => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.cancelTimer?.();
      this.cancelTimer = undefined;
      if (this.leaving === socket) this.flush();
      else this.again(failure ?? new Error(`closed with code ${code}`));
    });
  }

  private receive(message: PushToClient, socket: WebSocket): void {
    if (message.type === 'registered') {
      this.lost = 0;
      this.listener.registered(message.tokens);
      return;
    }
    socket.send(encodePush({ type: 'received', id: message.id }));
    this.listener.notified(message);
  }

  /** Ends a socket whose other side no longer answers, which TCP alone may not notice for hours. */
  private watch(socket: WebSocket): void {
    const { clock, pingEveryMs = 30_000 } = this.options;
    let answered = true;
    socket.on('pong', () => {
      answered = true;
    });
    const ping = (): void => {
      if (!answered) {
        socket.terminate();
        return;
      }
      answered = false;
      socket.ping();
      this.cancelTimer = clock.after(pingEveryMs, ping);
    };
    this.cancelTimer = clock.after(pingEveryMs, ping);
  }

  private again(cause: Error): void {
    if (this.isClosed || this.tokens.size === 0) return;
    const { clock, random, log, url } = this.options;
    const pauseMs =
      Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.lost, 10)) * (0.5 + random.fraction() / 2);
    this.lost++;
    log.warn('PUSH_LOST', { url, tokens: this.tokens.size, pauseMs: Math.round(pauseMs), error: cause });
    this.cancelTimer = clock.after(pauseMs, () => {
      this.cancelTimer = undefined;
      if (this.tokens.size > 0) this.connect();
    });
  }
}
