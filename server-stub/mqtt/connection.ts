// One connection of our broker: between the socket and aedes, which reads and writes whole packets here.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import type { Connections } from '../connections.js';
import { type FixedHeader, FrameReader, judgeHeader, packetTypes } from './frames.js';
import type { Link } from './session.js';

interface ConnectionOptions {
  readonly connections: Connections;
  readonly clock: Clock;
  /** How long a client may take for its CONNECT. */
  readonly connectMs: number;
  /** Of a packet of a client that is signed in, header apart. */
  readonly maxPacketBytes: number;
  /** Said once, of what this connection is ended for. */
  readonly refused: (code: 'MESSAGE_REFUSED' | 'MESSAGE_TOO_LARGE', reason: string) => void;
  /** Hears of every packet of ours. */
  readonly sent?: ((octets: Buffer) => void) | undefined;
  readonly received?: ((octets: Buffer) => void) | undefined;
  /** The socket takes more again. */
  readonly drained: () => void;
}

/** Longest packet of a client that is not signed in, and of one that carries no payload. */
const maxPlainBytes = 8 * 1024;

/** Bounds what a client may send, and in what time; what passes is aedes's. */
export class BrokerConnection extends Duplex implements Link {
  readonly remote: string | undefined;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #frames = new FrameReader();
  #cancel: () => void;
  #isSignedIn = false;
  #isConnected = false;
  #isTold = false;
  #keepaliveMs = 0;
  /** When the last packet was complete, by the network's clock. */
  #heardAt: number;
  #afterWrite: ((error?: Error | null) => void) | undefined;

  constructor(socket: Socket, options: ConnectionOptions) {
    super({ readableHighWaterMark: 4096, writableHighWaterMark: 64 * 1024, emitClose: true });
    this.#socket = socket;
    this.#options = options;
    this.remote = socket.remoteAddress;
    this.#heardAt = options.clock.now();
    this.#cancel = options.clock.after(options.connectMs, () => this.refuse('no CONNECT came in time'));
    socket.setNoDelay(true);
    socket.on('data', (piece: Buffer) => this.#receive(piece));
    socket.on('end', () => this.push(null));
    socket.on('drain', () => this.#writeOn());
    socket.on('error', () => this.destroy()); // it went away
    socket.once('close', () => this.destroy());
    this.on('drain', options.drained);
  }

  /** Its CONNECT is accepted: from now on larger packets are taken, and it must be heard of in one and a half times this. [MQTT-3.1.2-24] */
  signedIn(keepaliveSeconds: number): void {
    this.#cancel();
    this.#isSignedIn = true;
    this.#options.connections.settled(this.#socket);
    this.#socket.setKeepAlive(true, 60_000); // for those that want no keepalive, and went away without a word
    this.#keepaliveMs = keepaliveSeconds * 1500;
    if (this.#keepaliveMs > 0) this.#watch(this.#keepaliveMs);
  }

  /** Says once why it ends. */
  tell(reason: string, code: 'MESSAGE_REFUSED' | 'MESSAGE_TOO_LARGE' = 'MESSAGE_REFUSED'): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#options.refused(code, reason);
  }

  /** Ends the connection for this reason. */
  refuse(reason: string, code?: 'MESSAGE_REFUSED' | 'MESSAGE_TOO_LARGE'): void {
    if (this.destroyed) return;
    this.tell(reason, code);
    this.destroy();
  }

  get isWritable(): boolean {
    return !this.destroyed && !this.writableNeedDrain;
  }

  #receive(piece: Buffer): void {
    if (this.destroyed) return;
    this.#options.received?.(piece);
    const { clock } = this.#options;
    const reason = this.#frames.read(
      piece,
      (header) => this.#judge(header),
      () => {
        this.#heardAt = clock.now();
      },
    );
    if (reason !== undefined) this.refuse(reason, reason.startsWith(tooLarge) ? 'MESSAGE_TOO_LARGE' : undefined);
    else if (!this.destroyed && !this.push(piece)) this.#socket.pause();
  }

  #judge(header: FixedHeader): string | undefined {
    const { type, remaining } = header;
    const isFirst = !this.#isConnected;
    this.#isConnected = true;
    if (isFirst !== (type === packetTypes.connect)) {
      return isFirst ? 'the first packet is no CONNECT' : 'a second CONNECT'; // [MQTT-3.1.0-1], [MQTT-3.1.0-2]
    }
    const most = type === packetTypes.publish && this.#isSignedIn ? this.#options.maxPacketBytes : maxPlainBytes;
    if (remaining > most) return `${tooLarge} ${remaining} octets, more than ${most}`;
    return judgeHeader(header);
  }

  #watch(ms: number): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(ms, () => {
      const left = this.#heardAt + this.#keepaliveMs - clock.now();
      if (left > 0) this.#watch(left);
      else this.refuse('nothing was heard of it for one and a half times its keepalive');
    });
  }

  #writeOn(): void {
    const next = this.#afterWrite;
    this.#afterWrite = undefined;
    next?.();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, next: (error?: Error | null) => void): void {
    this.#options.sent?.(chunk);
    if (this.#socket.write(chunk)) next();
    else this.#afterWrite = next;
  }

  /** One write, and one TLS record, for what was written at once. */
  override _writev(chunks: { readonly chunk: Buffer }[], next: (error?: Error | null) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', next);
  }

  override _final(done: () => void): void {
    this.#options.connections.endSoon(this.#socket);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#cancel();
    if (error !== null) this.tell(error.message); // aedes's, of a packet that it cannot take
    // What was written last, such as a refusal, has time to go.
    if (!this.#socket.destroyed) this.#options.connections.endSoon(this.#socket);
    done(error);
  }
}

const tooLarge = 'a packet of';
