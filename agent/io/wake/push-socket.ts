import { type ClientOptions, WebSocket } from 'ws';
import { type Clock, realClock } from '../../../base/clock.js';
import type { Trace, TracedMessage } from '../../../base/trace.js';
import { decodePushToClient, encodePush, type PushToClient, pushLimits } from '../../../protocol/push.js';
import { agentError } from '../../errors.js';
import { boundTo } from '../local-addresses.js';
import { type PushTransport, pushTransport } from './push-transport.js';

export interface PushSocketOptions {
  /** ws:// or wss:// address of the push service (protocol/push.ts). */
  readonly url: string;
  /** PEM certificates, trusted besides the public roots that Node carries. */
  readonly ca?: readonly string[];
  /** By which the service's certificate is valid or expired, in ms. Default: the real time. */
  readonly now?: () => number;
  /** How it is connected; one for all sockets. Default: made of the two above, for this one. */
  readonly transport?: PushTransport;
  /** The address of this machine that it is connected from. Default: the system's choice. */
  readonly localAddress?: string | undefined;
  readonly clock: Clock;
  /** How often it is made sure that the other side is still there. Default 30 s. */
  readonly pingEveryMs?: number;
  /** Hears of every message of both sides. */
  readonly trace?: Trace;
}

interface PushSocketEvents {
  opened(): void;
  registered(tokens: readonly string[]): void;
  notified(notification: Extract<PushToClient, { type: 'notification' }>): void;
  /** Once, whoever ended it; nothing follows. */
  closed(cause: Error): void;
}

const handshakeMs = 20_000;

/** One WebSocket to the push service, from opening to its end. It is not opened again. */
export class PushSocket {
  readonly #options: PushSocketOptions;
  readonly #events: PushSocketEvents;
  readonly #socket: WebSocket;
  #cancelPing: (() => void) | undefined;
  #failure: Error | undefined;
  #isOver = false;

  constructor(options: PushSocketOptions, events: PushSocketEvents) {
    this.#options = options;
    this.#events = events;
    const settings: ClientOptions = {
      maxPayload: pushLimits.maxBytes,
      perMessageDeflate: false,
      handshakeTimeout: handshakeMs,
      createConnection: options.transport ?? pushTransport(options),
      ...boundTo(options.localAddress),
    };
    const socket = new WebSocket(options.url, settings);
    this.#socket = socket;
    socket.on('open', () => {
      if (this.#isOver) return;
      this.#ping();
      events.opened();
    });
    socket.on('message', (data, isBinary) => this.#read(data, isBinary));
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.on('close', (code) => this.#end(this.#failure ?? new Error(`closed with code ${code}`)));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** More tokens than fit in one message go in several. */
  send(type: 'register' | 'unregister', tokens: readonly string[]): void {
    for (let from = 0; from < tokens.length; from += pushLimits.maxTokens)
      this.#send(encodePush({ type, tokens: tokens.slice(from, from + pushLimits.maxTokens) }));
  }

  /** Ends it in order: what was sent arrives. `closed` follows. */
  close(): void {
    this.#socket.close(1000);
  }

  /** Ends it at once; `closed` does not follow. */
  terminate(): void {
    this.#isOver = true;
    this.#cancelPing?.();
    this.#socket.terminate();
  }

  #send(text: string): void {
    this.#socket.send(text);
    if (this.#options.trace !== undefined) this.#traced('sent', Buffer.from(text));
  }

  #traced(direction: TracedMessage['direction'], body: Uint8Array): void {
    const { trace, url } = this.#options;
    trace?.messaged?.({ side: 'device', at: realClock.now(), url, direction, body });
  }

  #end(cause: Error): void {
    this.#cancelPing?.();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.closed(cause);
  }

  #read(data: unknown, isBinary: boolean): void {
    if (this.#isOver) return;
    try {
      if (isBinary || !Buffer.isBuffer(data)) throw agentError('PUSH_LOST', 'the push service sent no text');
      this.#traced('received', data);
      const message = decodePushToClient(data);
      if (message.type === 'registered') {
        this.#events.registered(message.tokens);
        return;
      }
      this.#send(encodePush({ type: 'received', id: message.id }));
      this.#events.notified(message);
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      this.#socket.close(1008);
    }
  }

  /** Ends a socket whose other side no longer answers, which TCP alone may not notice for hours. */
  #ping(): void {
    const { clock, pingEveryMs = 30_000 } = this.#options;
    let isAnswered = true;
    this.#socket.on('pong', () => {
      isAnswered = true;
    });
    const ping = (): void => {
      if (!isAnswered) {
        this.#socket.terminate();
        return;
      }
      isAnswered = false;
      this.#socket.ping();
      this.#cancelPing = clock.after(pingEveryMs, ping);
    };
    this.#cancelPing = clock.after(pingEveryMs, ping);
  }
}
