// A broker that runs already, as Headwind's mqtt.external=1: we are a client that publishes, and never ends another's session.
import { randomBytes } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { IClientOptions, MqttClient } from 'mqtt';
import { type Clock, realClock } from '../../base/clock.js';
import { stubError } from '../errors.js';
import { FanOut, type Sender } from '../push/fan-out.js';
import { defaultAdminPassword } from './access.js';
import { Backlog } from './backlog.js';
import { isTopic } from './filters.js';
import { messageOf } from './message.js';
import { Tally } from './tally.js';
import type { BrokerFigures, ExternalBrokerOptions, PushBroker } from './types.js';

const hourMs = 3_600_000;
/** Published and not completed: mosquitto 2.0 loses what one client has in flight beyond 20. */
const window = 10;
/** Until the first new attempt; each further one waits twice as long, up to `longestWaitMs`. */
const firstWaitMs = 1_000;
const longestWaitMs = 60_000;
/** How long the goodbye may take that ends our session at the broker. */
const goodbyeMs = 2_000;

/** Begins to publish through a broker. It need not be up: until it is, pushes wait. Throws REQUEST_INVALID for an address that is none. */
export async function openExternalBroker(options: ExternalBrokerOptions): Promise<PushBroker> {
  const address = readAddress(options.mqttUrl);
  const { connect } = await import('mqtt');
  return new ExternalBroker(options, address, connect);
}

type Connect = (url: string, options: IClientOptions) => MqttClient;

interface Address {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

function readAddress(text: string): Address {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !['mqtt:', 'mqtts:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw stubError('REQUEST_INVALID', 'the address of the MQTT broker must be mqtt://host:port or mqtts://host:port');
  }
  const { protocol, hostname, port, username, password } = parsed;
  const part = (value: string): string | undefined => (value === '' ? undefined : decodeURIComponent(value));
  const url = `${protocol}//${hostname}:${port === '' ? (protocol === 'mqtt:' ? 1883 : 8883) : port}`;
  return { url, username: part(username), password: part(password) };
}

class ExternalBroker implements PushBroker, Sender {
  readonly port = undefined;
  readonly url: string;
  readonly #options: ExternalBrokerOptions;
  readonly #network: Clock;
  readonly #random: (length: number) => Buffer;
  readonly #fanOut: FanOut;
  readonly #tally = new Tally();
  readonly #backlog: Backlog;
  readonly #connect: Connect;
  readonly #clientOptions: IClientOptions;
  readonly #client: MqttClient;
  #isConnected = false;
  #isClosed = false;
  #failures = 0;
  #inFlight = 0;
  /** Of this time without a broker. */
  #isOverflowTold = false;
  #why: string | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelSweep: (() => void) | undefined;

  constructor(options: ExternalBrokerOptions, address: Address, connect: Connect) {
    const { networkClock = realClock, random = randomBytes, caPem } = options;
    this.url = address.url;
    this.#options = options;
    this.#network = networkClock;
    this.#random = random;
    this.#fanOut = options.fanOut ?? new FanOut({ clock: networkClock });
    this.#backlog = new Backlog({ max: options.maxWaiting ?? 10_000, maxPerTopic: options.maxPerDevice ?? 100 });
    this.#connect = connect;
    this.#clientOptions = {
      clientId: `Rollcall-${random(8).toString('hex')}`, // `HMDMServer` is a real server's, whose session we would end
      username: address.username ?? options.username ?? 'admin',
      password: address.password ?? options.password ?? defaultAdminPassword,
      protocolVersion: 4,
      clean: false, // what was in flight when a connection ended is completed on the next one
      reconnectPeriod: 0,
      queueQoSZero: false,
      resubscribe: false,
      ...(caPem !== undefined && { ca: [...rootCertificates, caPem] }),
    };
    this.#client = connect(this.url, this.#clientOptions);
    this.#client.on('error', (error) => {
      this.#why = error.message === '' ? nameOf(error) : error.message;
    });
    this.#client.on('connect', () => this.#connected());
    this.#client.on('close', () => this.#lost());
  }

  publish(topic: string, text: string): void {
    if (this.#isClosed) return;
    if (!isTopic(topic)) {
      this.#options.log.warn('PUSH_REFUSED', { server: 'mqtt', reason: 'no such topic can be published to', topic });
      return;
    }
    const { clock, expiryMs = hourMs } = this.#options;
    this.#tally.pushed++;
    const added = this.#backlog.add(messageOf(topic, Buffer.from(text, 'utf8'), 2, clock.now() + expiryMs));
    if (added !== 'added') this.#tally.replaced++;
    if (added === 'replaced-oldest') this.#tellOverflow();
    this.#cancelSweep ??= clock.after(expiryMs, () => this.#sweep());
    this.#fanOut.wake(this);
  }

  forget(topic: string): void {
    this.#backlog.forget(topic);
  }

  figures(): BrokerFigures {
    const { pushed, sent, repeated, confirmed, replaced, expired } = this.#tally;
    const { size } = this.#backlog;
    const [kept, waiting] = this.#isConnected ? [0, size] : [size, 0];
    const now = { tokens: 0, sessions: 0, connections: this.#isConnected ? 1 : 0, kept, waiting };
    return { ...now, unconfirmed: this.#inFlight, pushed, sent, repeated, confirmed, replaced, expired };
  }

  get isReady(): boolean {
    return this.#isConnected && this.#inFlight < window && this.#backlog.size > 0;
  }

  send(most: number): number {
    const now = this.#options.clock.now();
    let sent = 0;
    while (sent < most && this.isReady) {
      const message = this.#backlog.take();
      if (message === undefined) break;
      if (message.expiresAt <= now) {
        this.#tally.expired++;
        continue;
      }
      this.#inFlight++;
      this.#tally.sent++;
      sent++;
      this.#client.publish(message.topic, Buffer.from(message.octets, 'latin1'), { qos: 2 }, (error) =>
        this.#completed(error),
      );
    }
    return sent;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelSweep?.();
    if (this.#options.fanOut === undefined) this.#fanOut.close();
    const wasConnected = this.#isConnected;
    this.#isConnected = false;
    await new Promise<void>((resolve) => this.#client.end(true, () => resolve()));
    if (wasConnected) await this.#sayGoodbye();
  }

  /** PUBCOMP came for it: the broker has it and will not take it twice. */
  #completed(error: Error | undefined | null): void {
    this.#inFlight--;
    if (error === undefined || error === null) this.#tally.confirmed++;
    this.#fanOut.wake(this);
  }

  #connected(): void {
    this.#isConnected = true;
    this.#failures = 0;
    this.#isOverflowTold = false;
    this.#why = undefined;
    this.#options.log.info('BROKER_REACHED', { url: this.url, waiting: this.#backlog.size });
    this.#fanOut.wake(this);
  }

  #lost(): void {
    if (this.#isClosed) return;
    if (this.#isConnected || this.#failures === 0) {
      const reason = this.#why ?? 'the connection ended';
      this.#options.log.warn('BROKER_UNREACHABLE', { url: this.url, reason });
    }
    this.#isConnected = false;
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(this.#failures++, 16));
    const jitter = 0.5 + this.#random(2).readUInt16BE() / 0x1_0000 / 2;
    this.#cancelRetry?.();
    this.#cancelRetry = this.#network.after(waitMs * jitter, () => this.#client.reconnect());
  }

  #tellOverflow(): void {
    if (this.#isOverflowTold) return;
    this.#isOverflowTold = true;
    const reason = 'more pushes wait for the broker than are kept: the oldest are dropped';
    this.#options.log.warn('PUSH_REFUSED', { server: 'mqtt', reason, url: this.url, waiting: this.#backlog.size });
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    const { clock, expiryMs = hourMs } = this.#options;
    this.#tally.expired += this.#backlog.expire(clock.now());
    if (this.#backlog.size > 0) this.#cancelSweep = clock.after(expiryMs, () => this.#sweep());
  }

  /** A clean session of our id ends the one that the broker keeps for us. [MQTT-3.1.2-6] */
  async #sayGoodbye(): Promise<void> {
    const client = this.#connect(this.url, { ...this.#clientOptions, clean: true });
    await new Promise<void>((resolve) => {
      const cancel = this.#network.after(goodbyeMs, resolve);
      const done = (): void => {
        cancel();
        resolve();
      };
      client.once('error', done);
      client.once('close', done);
      client.once('connect', () => client.end(false, done));
    });
    client.on('error', () => {});
    client.end(true);
  }
}

/** An AggregateError of several addresses has no message of its own. */
const nameOf = (error: Error & { readonly code?: unknown }): string =>
  typeof error.code === 'string' ? error.code : error.name;
