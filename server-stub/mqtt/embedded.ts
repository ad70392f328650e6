// Our own broker: aedes for the protocol's packets, our sessions for what waits and how it is delivered.
import type { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { AedesPublishPacket, Client } from 'aedes';
import { realClock } from '../../base/clock.js';
import { Connections } from '../connections.js';
import { defaultMaxConnections } from '../descriptors.js';
import { listen } from '../http.js';
import { FanOut } from '../push/fan-out.js';
import { showCertificate } from '../server-certificate.js';
import { Access, defaultAdminPassword, maxSubscriptions, type Role } from './access.js';
import { BrokerConnection } from './connection.js';
import { isTopic } from './filters.js';
import { messageOf, type Qos } from './message.js';
import { Emitter, Store } from './persistence.js';
import type { Session } from './session.js';
import { Sessions } from './sessions.js';
import { Tally } from './tally.js';
import { tracedPackets } from './traced-packets.js';
import type { BrokerFigures, BrokerOptions, PushBroker } from './types.js';

const hourMs = 3_600_000;
const tlsVersions = { minVersion: 'TLSv1.2' } as const;

/** Who is behind a connection, once it has signed in. */
interface SignedIn {
  readonly role: Role;
  readonly session: Session;
}

/** Of a CONNECT. */
interface Asked {
  readonly clientId: string;
  readonly isClean: boolean;
  readonly keepaliveSeconds: number;
}

/** Starts the broker; aedes is loaded only now. Throws PORT_TAKEN. */
export async function openBroker(options: BrokerOptions): Promise<PushBroker> {
  const broker = new EmbeddedBroker(options);
  await broker.open();
  return broker;
}

class EmbeddedBroker implements PushBroker {
  readonly #options: BrokerOptions;
  readonly #access: Access;
  readonly #fanOut: FanOut;
  readonly #tally = new Tally();
  readonly #sessions: Sessions;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #open = new Set<BrokerConnection>();
  readonly #clients = new WeakMap<object, SignedIn>();
  /** By client id. Aedes has such a list, too, from which a client can vanish that is still connected (docs/decisions/0014). */
  readonly #byId = new Map<string, BrokerConnection>();
  /** What a CONNECT asked for, until its sender is signed in. */
  readonly #asked = new WeakMap<object, Asked>();
  #close: () => Promise<void> = async () => {};
  #cancelSweep: (() => void) | undefined;
  #port = 0;
  #isClosed = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { clock, log, tls, networkClock = realClock, maxConnections = defaultMaxConnections() } = options;
    this.#access = new Access({
      devicePassword: options.devicePassword,
      adminPassword: options.adminPassword ?? defaultAdminPassword,
      confined: options.confined ?? false,
    });
    this.#fanOut = options.fanOut ?? new FanOut({ clock: networkClock });
    this.#sessions = new Sessions({
      tally: this.#tally,
      fanOut: this.#fanOut,
      now: () => clock.now(),
      maxWaiting: options.maxPerDevice ?? 100,
      maxWaitingOctets: 256 * 1024,
      maxSessions: options.maxSessions ?? 100_000,
      sessionMs: options.sessionMs ?? 7 * 24 * hourMs,
    });
    this.#server = tls === undefined ? createServer() : createTlsServer({ handshakeTimeout: 15_000, ...tlsVersions });
    if (tls !== undefined) showCertificate(this.#server, tls, tlsVersions);
    this.#connections = new Connections(this.#server, tls !== undefined, {
      name: 'mqtt',
      max: maxConnections,
      log,
      clock: networkClock,
    });
  }

  async open(): Promise<void> {
    const { Aedes } = await import('aedes');
    const aedes = await Aedes.createBroker({
      mq: new Emitter((packet) => this.#published(packet)),
      persistence: new Store({
        sessions: this.#sessions,
        sessionOf: (client) => this.#clients.get(client)?.session,
        judge: (client, filter, qos) => this.#judge(client, filter, qos),
        maxIncoming: 65_535,
      }),
      connectTimeout: 2 ** 31 - 1, // ours runs by a clock that tests have
      drainTimeout: 0, // such a client sends nothing that we would hear, and its keepalive ends it
      maxInflightInbound: 0,
      maxTopicLevels: 32,
      preConnect: (client, packet, done) => {
        const { clientId, clean = true, keepalive = 0 } = packet;
        this.#asked.set(client, { clientId, isClean: clean, keepaliveSeconds: keepalive });
        packet.keepalive = 0; // enforced by the connection
        packet.clean = false; // all sessions are ours
        delete packet.will; // a device publishes nothing, and nothing of a publisher's is to be sent in its absence
        done(null, true);
      },
      authenticate: (client, username, password, done) => this.#signIn(client, username, password, done),
      authorizePublish: (_client, packet, done) =>
        done(isTopic(packet.topic) ? null : new Error('no such topic can be published to')),
      authorizeSubscribe: (client, subscription, done) => {
        const qos = this.#judge(client, subscription.topic, subscription.qos);
        done(null, qos === undefined ? null : { ...subscription, qos });
      },
      authorizeForward: () => null,
    });
    aedes.on('clientReady', (client) => this.#ready(client));
    const emitter: EventEmitter = aedes;
    emitter.on('error', (error: Error) => this.#options.log.error('BUG', { server: 'mqtt', error }));
    const event = this.#options.tls === undefined ? 'connection' : 'secureConnection';
    this.#server.on(event, (socket: Socket) => aedes.handle(this.#connectionOn(socket)));
    this.#server.on('tlsClientError', (error: Error & { code?: string }, socket: Socket) => {
      const { remoteAddress: remote } = socket;
      if (error.code !== 'ECONNRESET')
        this.#options.log.warn('TLS_REFUSED', { server: 'mqtt', reason: error.code ?? error.message, remote });
      socket.destroy();
    });
    this.#close = () => new Promise((resolve) => aedes.close(() => resolve()));
    const { port = 0, host = '127.0.0.1' } = this.#options;
    try {
      await listen(this.#server, port, host);
    } catch (error) {
      await this.#close();
      throw error;
    }
    const address = this.#server.address();
    this.#port = typeof address === 'object' && address !== null ? address.port : port;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { name, host = '127.0.0.1', tls } = this.#options;
    const at = name ?? host;
    return `${tls === undefined ? 'mqtt' : 'mqtts'}://${at.includes(':') ? `[${at}]` : at}:${this.#port}`;
  }

  publish(topic: string, text: string): void {
    if (!isTopic(topic)) {
      this.#options.log.warn('PUSH_REFUSED', { server: 'mqtt', reason: 'no such topic can be published to', topic });
      return;
    }
    this.#route(topic, Buffer.from(text, 'utf8'), 2);
  }

  forget(topic: string): void {
    this.#sessions.forget(topic);
  }

  figures(): BrokerFigures {
    const { kept, waiting, unconfirmed, pushed, sent, repeated, confirmed, replaced, expired } = this.#tally;
    const sessions = this.#sessions.size;
    const now = { tokens: sessions, sessions, connections: this.#open.size, kept, waiting, unconfirmed };
    return { ...now, pushed, sent, repeated, confirmed, replaced, expired };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelSweep?.();
    if (this.#options.fanOut === undefined) this.#fanOut.close();
    const ended = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#close();
    for (const connection of this.#open) connection.destroy();
    this.#connections.cutAll();
    this.#sessions.close();
    await ended;
  }

  #connectionOn(socket: Socket): BrokerConnection {
    const { log, networkClock = realClock, connectMs = 15_000, maxPacketBytes = 256 * 1024 } = this.#options;
    const { remoteAddress: remote } = socket;
    const traced = tracedPackets(this.#options.trace, () => {
      const session = sessionOn.get(connection);
      return session === undefined ? this.url : `${this.url}/${encodeURIComponent(session.id)}`;
    });
    const connection: BrokerConnection = new BrokerConnection(socket, {
      connections: this.#connections,
      clock: networkClock,
      connectMs,
      maxPacketBytes,
      refused: (code, reason) => log.warn(code, { server: 'mqtt', reason, remote }),
      sent: traced?.sent,
      received: traced?.received,
      drained: () => sessionOn.get(connection)?.wake(),
    });
    this.#open.add(connection);
    connection.once('close', () => {
      this.#open.delete(connection);
      const session = sessionOn.get(connection);
      if (session !== undefined && this.#byId.get(session.id) === connection) this.#byId.delete(session.id);
      if (session === undefined || session.link !== connection) return;
      session.detach(connection);
      this.#sessions.left(session);
      this.#sweepLater();
    });
    return connection;
  }

  #signIn(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
    done: (error: (Error & { returnCode: number }) | null, isAdmitted: boolean | null) => void,
  ): void {
    const { clientId = '', isClean = true, keepaliveSeconds = 0 } = this.#asked.get(client) ?? {};
    const admission = this.#access.admit({ clientId, isClean }, username, password);
    if ('reason' in admission) {
      connectionOf(client).tell(admission.reason);
      done(Object.assign(new Error(admission.reason), { returnCode: admission.returnCode }), false);
      return;
    }
    const session = this.#sessions.open(client.id, isClean);
    session.mayPublish = admission.role === 'publisher';
    this.#clients.set(client, { role: admission.role, session });
    connectionOf(client).signedIn(keepaliveSeconds);
    this.#sweepLater(); // should it go before it is ready
    done(null, true);
  }

  /** Its CONNACK is written: what waits for it may follow. */
  #ready(client: Client): void {
    const signedIn = this.#clients.get(client);
    const connection = connectionOf(client);
    if (signedIn === undefined || connection.destroyed) return;
    const { session } = signedIn;
    if (this.#sessions.get(session.id) !== session) return;
    this.#byId.get(session.id)?.destroy();
    this.#byId.set(session.id, connection);
    sessionOn.set(connection, session);
    this.#sessions.connected(session);
    session.attach(connection);
    this.#sweepLater();
  }

  #judge(client: Pick<Client, 'id'>, filter: string, qos: Qos): Qos | undefined {
    const signedIn = this.#clients.get(client);
    if (signedIn === undefined) return undefined;
    const { role, session } = signedIn;
    if (!session.subscriptions.has(filter) && session.subscriptions.size >= maxSubscriptions) return undefined;
    return this.#access.judgeSubscription(role, session.id, filter, qos);
  }

  /** What a client published. A device is told that it has been taken, and nobody gets it (0a.16); aedes's own `$SYS` is nobody's, too. */
  #published({ topic, payload, qos, clientId }: AedesPublishPacket & { readonly clientId?: string }): void {
    const mayPublish = clientId !== undefined && this.#sessions.get(clientId)?.mayPublish === true;
    if (mayPublish && !topic.startsWith('$')) this.#route(topic, Buffer.from(payload), qos);
  }

  #route(topic: string, payload: Buffer, qos: Qos): void {
    const { clock, expiryMs = hourMs } = this.#options;
    if (this.#isClosed) return;
    this.#sessions.publish(messageOf(topic, payload, qos, clock.now() + expiryMs));
    this.#sweepLater();
  }

  /** As long as something grows old what is too old is looked for once an hour: a clock that is moved stands still each time. */
  #sweepLater(): void {
    const { clock, expiryMs = hourMs } = this.#options;
    if (this.#isClosed || !this.#sessions.areAging) return;
    this.#cancelSweep ??= clock.after(expiryMs, () => {
      this.#cancelSweep = undefined;
      this.#sessions.expire();
      this.#sweepLater();
    });
  }
}

/** Whose session a connection carries. */
const sessionOn = new WeakMap<BrokerConnection, Session>();

function connectionOf({ conn }: Client): BrokerConnection {
  if (conn instanceof BrokerConnection) return conn;
  throw new TypeError('a connection that is not ours');
}
