import type { Duplex } from 'node:stream';
import type { IClientOptions, IStore, MqttClient } from 'mqtt';
import { type Clock, realClock } from '../../../base/clock.js';
import type { Trace, TracedMessage } from '../../../base/trace.js';
import { agentError } from '../../errors.js';
import type { MqttBroker } from './mqtt-broker.js';
import { type FloodBound, FloodGauge } from './mqtt-flood.js';
import { MqttFrames } from './mqtt-frames.js';
import { ReceivedStore, type Unreleased } from './mqtt-received.js';
import type { ConnectionEvents, WakeConnection } from './own-connections.js';

/** What the connections of all devices have in common. */
export interface MqttParts {
  readonly Client: typeof MqttClient;
  readonly clock: Clock;
  readonly maxPacketBytes: number;
  readonly flood: FloodBound;
  readonly trace: Trace | undefined;
  readonly unreleased: Unreleased;
  readonly nothingSent: IStore;
  readonly timers: Exclude<IClientOptions['timerVariant'], string | undefined>;
  openSocket(broker: MqttBroker): Duplex;
}

const silent = (): void => {};
const longestTimerMs = 2 ** 31 - 1;
const farewellMs = 5_000;

/** One connection from its CONNECT to its end. It is not opened again. */
export class MqttConnection implements WakeConnection {
  readonly #parts: MqttParts;
  readonly #broker: MqttBroker;
  readonly #events: ConnectionEvents;
  readonly #client: MqttClient;
  #failure: Error | undefined;
  #isOver = false;

  constructor(parts: MqttParts, broker: MqttBroker, events: ConnectionEvents) {
    this.#parts = parts;
    this.#broker = broker;
    this.#events = events;
    const { clientId, username, password, keepalive } = broker;
    const client = new parts.Client(() => this.#openSocket(), {
      protocolVersion: 4,
      clean: false,
      clientId,
      keepalive,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      reconnectPeriod: 0,
      resubscribe: false,
      connectTimeout: longestTimerMs, // who opened it knows how long it may take
      manualConnect: true,
      timerVariant: parts.timers,
      log: silent, // one for all: by itself each client makes its own
      outgoingStore: parts.nothingSent,
      incomingStore: new ReceivedStore(parts.unreleased, broker.address, (error) => this.#fail(error)),
    });
    this.#client = client;
    client.on('message', (_topic, payload) => {
      if (!this.#isOver) events.received(payload.toString('utf8'));
    });
    client.on('error', (error) => this.#fail(error));
    client.on('connect', () => this.#subscribe());
    client.on('close', () => this.#ended());
    client.connect();
  }

  close(forGood: boolean): void {
    const { unreleased, clock } = this.#parts;
    this.#isOver = true;
    if (!forGood) {
      this.#client.end(true);
      return;
    }
    unreleased.delete(this.#broker.address);
    if (!this.#client.connected) {
      this.#client.end(true);
      return;
    }
    const cancel = clock.after(farewellMs, () => this.#client.stream.destroy());
    this.#client.once('close', cancel);
    this.#client.unsubscribe(this.#broker.topic, silent);
    this.#client.end(false); // DISCONNECT once UNSUBSCRIBE is answered
  }

  /** SUBSCRIBE follows every CONNACK, whatever it says of a session: case AN1. */
  #subscribe(): void {
    this.#client.subscribe(this.#broker.topic, { qos: 2 }, (error) => {
      if (this.#isOver) return;
      if (error === null) this.#events.ready();
      else this.#fail(new Error(`SUBSCRIBE was not granted: ${error.message}`));
    });
  }

  #fail(error: Error): void {
    this.#failure ??= inWords(error);
    this.#client.stream.destroy();
  }

  #ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.closed(this.#failure ?? new Error('the broker closed the connection'));
  }

  #openSocket(): Duplex {
    const { maxPacketBytes, flood, clock } = this.#parts;
    const socket = this.#parts.openSocket(this.#broker);
    const frames = new MqttFrames(maxPacketBytes, this.#traced(socket));
    const gauge = new FloodGauge(flood, clock);
    socket.on('data', (chunk: Buffer) => {
      const before = frames.packets;
      if (!frames.take(chunk))
        this.#fail(new Error(`a packet that is malformed or longer than ${maxPacketBytes} octets`));
      else if (!gauge.take(frames.packets - before, chunk.length)) this.#fail(flooded(flood));
    });
    socket.on('error', (error: Error) => this.#fail(error)); // mqtt.js tells of those alone that have a code
    return socket;
  }

  /** Has both directions traced; what is received goes to the function returned. */
  #traced(socket: Duplex): ((packet: Buffer) => void) | undefined {
    const { trace } = this.#parts;
    if (trace?.messaged === undefined) return undefined;
    const { url, clientId } = this.#broker;
    const shown = `${url.protocol}//${url.host}/${encodeURIComponent(clientId)}`;
    const tell = (direction: TracedMessage['direction']) => (body: Buffer) =>
      trace.messaged?.({ side: 'device', at: realClock.now(), url: shown, direction, body });
    const sent = new MqttFrames(Number.POSITIVE_INFINITY, tell('sent'));
    const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
    socket.write = (chunk: unknown, ...rest: unknown[]): boolean => {
      const encoding = typeof rest[0] === 'string' ? (rest[0] as BufferEncoding) : 'utf8';
      sent.take(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : (chunk as Uint8Array));
      return write(chunk, ...rest);
    };
    return tell('received');
  }
}

const flooded = ({ packets, packetsPerSecond, bytes, bytesPerSecond }: FloodBound): Error =>
  agentError(
    'PUSH_FLOOD',
    `the broker sent more than ${packets} packets and ${packetsPerSecond} a second, or ${bytes} octets and ${bytesPerSecond} a second`,
    { details: { packets, packetsPerSecond, bytes, bytesPerSecond } },
  );

/** MQTT 3.1.1 §3.2.2.3. */
const refusals: ReadonlyMap<unknown, string> = new Map([
  [1, 'it does not take this version of MQTT'],
  [2, 'it does not take this client id'],
  [3, 'it is not available'],
  [4, 'user or password are malformed or wrong'],
  [5, 'this user and password may not connect'],
]);

function inWords(error: Error & { readonly code?: unknown }): Error {
  const why = error.message.startsWith('Connection refused') ? refusals.get(error.code) : undefined;
  return why === undefined
    ? error
    : new Error(`the broker refused the connection (CONNACK ${error.code}): ${why}`, { cause: error });
}
