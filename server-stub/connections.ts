// The connections of one server: counted, bounded, and ended for certain. HTTP and the push service's port both have one of these.
import type { IncomingMessage } from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, realClock } from '../base/clock.js';
import type { Log } from '../base/log.js';
import { Refusals } from './refused-connections.js';

interface ConnectionsOptions {
  /** For the log: `https`, `push`. */
  readonly name: string;
  /** Open at the same time. Half of them may be in a handshake. */
  readonly max: number;
  readonly log: Log;
  /** Default: the real one. */
  readonly clock?: Clock;
}

/**
 * How far a connection has come. `handshake`: TLS is not complete; `quiet`: nothing was asked yet; `idle`: answered, and may ask
 * again; `busy`: a request is being read or answered; `settled`: somebody known holds it open, it is never ended for want of room.
 */
type Standing = 'handshake' | 'quiet' | 'idle' | 'busy' | 'settled';

interface Connection {
  readonly transport: Duplex;
  readonly peer: string;
  standing: Standing;
  since: number;
  /** The request that is read or answered now. */
  request: IncomingMessage | undefined;
}

/** How long a connection has its standing before it may be ended for want of room. One that sent no octet has no such time. */
const graceMs = { handshake: 2_000, quiet: 2_000, idle: 1_000, busy: 5_000 } as const;
/** Who goes first when there is no room. */
const order = ['handshake', 'quiet', 'idle', 'busy'] as const;
/** How many of the oldest are looked at. */
const looks = 64;
/** How long a connection that was ended may take to go. */
const lingerMs = 2_000;

/**
 * Bounds the connections of a server. When it is full, who has proven least goes first, the oldest of them: no handshake, no
 * request, no request any more, a request that does not come to its end. Where nobody may be ended the new one is refused.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #clock: Clock;
  readonly #all = new Set<Connection>();
  readonly #byTransport = new WeakMap<Duplex, Connection>();
  /** By the other end's address and port: a TLS socket does not tell on which connection it lies. */
  readonly #byPeer = new Map<string, Connection>();
  readonly #standing: Readonly<Record<Standing, Set<Connection>>> = {
    handshake: new Set(),
    quiet: new Set(),
    idle: new Set(),
    busy: new Set(),
    settled: new Set(),
  };
  readonly #refusals: Refusals;
  readonly #lingering = new Set<() => void>();

  /** Begins to watch; the server need not listen yet. `isTls`: connections begin with a handshake. */
  constructor(server: NetServer, isTls: boolean, options: ConnectionsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#refusals = new Refusals(options.name, options.max, options.log, this.#clock);
    server.maxConnections = options.max;
    server.on('connection', (transport: Duplex) => this.#opened(transport, isTls ? 'handshake' : 'quiet'));
    server.on('drop', () => {
      this.#refusals.refused();
      this.#makeRoom();
    });
    if (isTls) server.on('secureConnection', (socket: Socket) => this.#stand(this.#of(socket), 'quiet'));
  }

  /** Open now. */
  get open(): number {
    return this.#all.size;
  }

  /** A request has begun on this socket. */
  asked(socket: Duplex, request: IncomingMessage): void {
    const connection = this.#of(socket);
    if (connection !== undefined) connection.request = request;
    this.#stand(connection, 'busy');
  }

  /** What it asked is answered, or it has said something that shows that it speaks the protocol. */
  answered(socket: Duplex): void {
    this.#stand(this.#of(socket), 'idle');
  }

  /** Somebody known holds it open for as long as it likes. */
  settled(socket: Duplex): void {
    this.#stand(this.#of(socket), 'settled');
  }

  /** What lies below this TLS or HTTP/2 socket: to be destroyed where that one does not end it. */
  transportOf(socket: Duplex): Duplex | undefined {
    return this.#of(socket)?.transport;
  }

  /** Says this, ends the connection, and cuts it off where the other side does not let it go. */
  endSoon(socket: Duplex, text?: string): void {
    if (socket.destroyed) return;
    socket.on('error', () => {}); // it went away
    socket.resume(); // the other side's end is seen only by reading
    socket.end(text);
    this.cutSoon(socket);
  }

  /** Cuts the connection off in two seconds, if it has not ended by then. */
  cutSoon(socket: { destroy(): unknown; once(event: 'close', call: () => void): unknown }): void {
    const cancel = this.#clock.after(lingerMs, () => {
      this.#lingering.delete(cancel);
      socket.destroy();
    });
    this.#lingering.add(cancel);
    socket.once('close', () => {
      this.#lingering.delete(cancel);
      cancel();
    });
  }

  /** Cuts all of them off. */
  cutAll(): void {
    for (const { transport } of [...this.#all]) transport.destroy();
    for (const cancel of this.#lingering) cancel();
    this.#lingering.clear();
    this.#refusals.close();
  }

  #opened(transport: Duplex, standing: Standing): void {
    const peer = peerOf(transport);
    const connection: Connection = { transport, peer, standing, since: this.#clock.now(), request: undefined };
    this.#all.add(connection);
    this.#byTransport.set(transport, connection);
    this.#byPeer.set(peer, connection);
    this.#standing[standing].add(connection);
    transport.once('close', () => this.#closed(connection));
    const { max } = this.#options;
    const isCrowded = standing === 'handshake' && this.#standing.handshake.size > max / 2;
    // One place is kept free, so that the next one is heard.
    if (this.#all.size < max && !isCrowded) return;
    if (this.#makeRoom(isCrowded ? ['handshake'] : order)) return;
    if (this.#all.size <= max && !isCrowded) return;
    this.#refusals.refused();
    transport.destroy();
  }

  #closed(connection: Connection): void {
    this.#all.delete(connection);
    this.#standing[connection.standing].delete(connection);
    if (this.#byPeer.get(connection.peer) === connection) this.#byPeer.delete(connection.peer);
    connection.request = undefined;
  }

  #of(socket: Duplex): Connection | undefined {
    const known = this.#byTransport.get(socket);
    if (known !== undefined) return known;
    const found = this.#byPeer.get(peerOf(socket));
    if (found !== undefined) this.#byTransport.set(socket, found);
    return found;
  }

  #stand(connection: Connection | undefined, standing: Standing): void {
    if (connection === undefined || !this.#all.has(connection)) return;
    this.#standing[connection.standing].delete(connection);
    connection.standing = standing;
    connection.since = this.#clock.now();
    if (standing !== 'busy') connection.request = undefined;
    this.#standing[standing].add(connection); // behind the others
  }

  /** Ends one that has proven least. False: nobody may be ended. */
  #makeRoom(standings: readonly (typeof order)[number][] = order): boolean {
    for (const standing of standings) {
      let left = looks;
      for (const connection of this.#standing[standing]) {
        if (left-- === 0) break;
        if (!this.#mayEnd(connection, standing)) continue;
        this.#refusals.ended();
        this.#closed(connection); // its place is free now, though its end is told later
        connection.transport.destroy();
        return true;
      }
    }
    return false;
  }

  #mayEnd({ transport, since, request }: Connection, standing: (typeof order)[number]): boolean {
    if (standing === 'handshake' && octetsFrom(transport) === 0) return true;
    if (standing === 'busy' && request?.complete !== false) return false;
    return this.#clock.now() - since >= graceMs[standing];
  }
}

const octetsFrom = (transport: Duplex): number | undefined =>
  'bytesRead' in transport && typeof transport.bytesRead === 'number' ? transport.bytesRead : undefined;

function peerOf(socket: Duplex): string {
  const { remoteAddress, remotePort, localAddress } = socket as Partial<Socket>;
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
