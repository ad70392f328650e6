// One push connection: a WebSocket that one device has for itself or that many share (protocol/push.ts).
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { type Clock, realClock } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Trace, TracedMessage } from '../../base/trace.js';
import { decodePushToServer, encodePush } from '../../protocol/push.js';
import type { FanOut, Sender } from './fan-out.js';
import type { Listener, Notification, PushService } from './service.js';
import { StallWatch } from './stall-watch.js';

export interface PushConnectionOptions {
  readonly path: string;
  readonly service: PushService;
  readonly fanOut: FanOut;
  readonly log: Log;
  /** Hears of every message of both sides. */
  readonly trace?: Trace | undefined;
  /** Of `stalledMs`. */
  readonly clock: Clock;
  /** Where the client is: what counts as one address (`addressKey`). */
  readonly address: string;
  /** Called when a token of an enrolled device's is registered here: no stranger has this connection. */
  readonly onKnown: () => void;
  /** More are refused with close code 1008. Default 200 000. */
  readonly maxTokens?: number;
  /** What may wait unsent in the socket before sending stops until it has drained. Default 64 KiB. */
  readonly maxUnsentBytes?: number;
  /** How long a client may take nothing of what waits for it; then it is cut off and its notifications are kept. Default 60 s. */
  readonly stalledMs?: number;
}

export class PushConnection implements Listener, Sender {
  readonly #socket: WebSocket;
  readonly #transport: Duplex;
  readonly #options: PushConnectionOptions;
  readonly #maxUnsentBytes: number;
  /** The tokens registered here, each with the id of the newest notification that was sent for it and not confirmed. */
  readonly #tokens = new Map<string, string | undefined>();
  /** Sent and not confirmed, by the id on the wire: one for each token at most. */
  readonly #unconfirmed = new Map<string, Notification>();
  /** Tokens that something waits for, in the order in which they are served. */
  readonly #queue = new Set<string>();
  /** Kept from turn to turn: a new one would walk over all that were removed before it. */
  #place = this.#queue.values();
  #isFull = false;
  #isKnown = false;
  /** On while the socket is full. */
  readonly #watch: StallWatch;
  /** Confirmations so far: that they come shows that the client reads. */
  #confirmed = 0;

  /** `transport` is the connection below the WebSocket. */
  constructor(socket: WebSocket, transport: Duplex, options: PushConnectionOptions) {
    this.#socket = socket;
    this.#transport = transport;
    this.#options = options;
    // Not below the stream's own mark, beyond which alone it says that it has drained.
    this.#maxUnsentBytes = Math.max(options.maxUnsentBytes ?? 64 * 1024, transport.writableHighWaterMark);
    const { log, path, clock, stalledMs = 60_000 } = options;
    this.#watch = new StallWatch({
      clock,
      stalledMs,
      state: () => `${transport.writableLength} ${this.#confirmed}`,
      onStalled: () => this.#cutOff(stalledMs),
    });
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('error', (error) => log.warn('MESSAGE_REFUSED', { path, reason: error.message }));
    socket.on('close', () => this.#end());
    transport.on('drain', () => this.#drained());
  }

  get address(): string {
    return this.#options.address;
  }

  known(): void {
    if (this.#isKnown) return;
    this.#isKnown = true;
    this.#options.onKnown();
  }

  offer(token: string): void {
    this.#queue.add(token);
    this.#options.fanOut.wake(this);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get isReady(): boolean {
    return this.#queue.size > 0 && !this.#isFull && this.isOpen;
  }

  send(most: number): number {
    let sent = 0;
    this.#transport.cork(); // one write, and one TLS record, for many messages
    while (sent < most && this.isReady) {
      const notification = this.#next();
      if (notification === undefined) continue;
      this.#write(encodePush({ type: 'notification', ...this.#unconfirmedAs(notification) }));
      sent++;
    }
    this.#transport.uncork();
    return sent;
  }

  /** What waits for the token whose turn it is; undefined when it has been sent, has expired or is another connection's now. */
  #next(): Notification | undefined {
    let at = this.#place.next();
    if (at.done === true) {
      this.#place = this.#queue.values();
      at = this.#place.next();
      if (at.done === true) return undefined;
    }
    const { notification, isLast } = this.#options.service.take(at.value, this);
    this.#queue.delete(at.value);
    if (!isLast) this.#queue.add(at.value);
    return notification;
  }

  /** The notification as it goes over the wire. Senders choose ids: one that is in use here goes under another. */
  #unconfirmedAs(notification: Notification): Pick<Notification, 'token' | 'id' | 'payload'> {
    const { token, payload } = notification;
    const older = this.#tokens.get(token);
    if (older !== undefined) this.#unconfirmed.delete(older);
    const id = this.#unconfirmed.has(notification.id) ? randomUUID() : notification.id;
    this.#unconfirmed.set(id, notification);
    this.#tokens.set(token, id);
    return { token, id, payload };
  }

  #write(text: string): void {
    if (!this.isOpen) return;
    this.#socket.send(text);
    if (this.#options.trace !== undefined) this.#traced('sent', Buffer.from(text));
    if (this.#isFull || this.#transport.writableLength <= this.#maxUnsentBytes) return;
    this.#isFull = true;
    this.#watch.start();
  }

  #drained(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#watch.stop();
    if (this.#socket.isPaused) this.#socket.resume();
    this.#options.fanOut.wake(this);
  }

  #cutOff(stalledMs: number): void {
    const reason = 'the client does not read';
    const counts = { tokens: this.#tokens.size, waiting: this.#queue.size };
    this.#options.log.warn('PUSH_REFUSED', { reason, stalledMs, ...counts });
    this.#socket.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    try {
      if (isBinary) this.#refuse(1003, 'text messages only');
      else {
        const message = Buffer.isBuffer(data) ? data : Buffer.concat([data].flat().map(bytesOf));
        if (this.#options.trace !== undefined) this.#traced('received', message);
        this.#act(decodePushToServer(message));
      }
    } catch (error) {
      if (isRollcallError(error)) {
        this.#refuse(1008, error.message);
        return;
      }
      const { log } = this.#options;
      log.error('BUG', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      this.#socket.terminate();
    }
  }

  #act(message: ReturnType<typeof decodePushToServer>): void {
    const { service } = this.#options;
    switch (message.type) {
      case 'register':
        this.#register(message.tokens);
        return;
      case 'unregister':
        for (const token of message.tokens) {
          service.unregister(token, this);
          const unconfirmed = this.#tokens.get(token);
          this.#tokens.delete(token);
          if (unconfirmed !== undefined) this.#unconfirmed.delete(unconfirmed);
        }
        return;
      case 'received': {
        const notification = this.#unconfirmed.get(message.id);
        if (notification === undefined) return;
        this.#confirmed++;
        this.#unconfirmed.delete(message.id);
        if (this.#tokens.has(notification.token)) this.#tokens.set(notification.token, undefined);
        service.received(notification);
      }
    }
  }

  #register(tokens: readonly string[]): void {
    const { service, maxTokens = 200_000 } = this.#options;
    const others = tokens.filter((token) => !this.#tokens.has(token));
    if (this.#tokens.size + others.length > maxTokens) {
      this.#refuse(1008, 'too many tokens');
      return;
    }
    this.#write(encodePush({ type: 'registered', tokens })); // before what waits for them
    if (this.#isFull) this.#socket.pause(); // no more of them until these answers have gone
    for (const token of tokens) {
      if (!service.register(token, this)) {
        this.#refuse(1013, 'the service is full, or too many of these tokens are nobody’s');
        return;
      }
      if (!this.#tokens.has(token)) this.#tokens.set(token, undefined);
    }
  }

  #traced(direction: TracedMessage['direction'], body: Uint8Array): void {
    const { trace, path } = this.#options;
    trace?.messaged?.({ side: 'server', at: realClock.now(), url: path, direction, body });
  }

  #refuse(code: number, reason: string): void {
    const { log, path } = this.#options;
    log.warn('MESSAGE_REFUSED', { path, reason });
    this.#socket.close(code, reason.slice(0, 100));
  }

  #end(): void {
    this.#watch.stop();
    this.#options.service.disconnect(this.#tokens.keys(), this);
    this.#tokens.clear();
    this.#unconfirmed.clear();
    this.#queue.clear();
  }
}

const bytesOf = (data: Buffer | ArrayBuffer): Buffer => (Buffer.isBuffer(data) ? data : Buffer.from(data));
