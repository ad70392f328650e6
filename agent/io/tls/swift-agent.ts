import type { ClientRequest } from 'node:http';
import { Agent, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type HttpProxy, tunnel } from '../proxy.js';

/** Whom a connection is made to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** What a connection of this agent is given beside what node:https takes. */
export interface SwiftOptions {
  /** Called once the handshake is done, before a byte of a request is sent; an error ends the connection. */
  readonly judge?: (socket: TLSSocket, at: Endpoint) => Error | undefined;
  readonly proxy?: HttpProxy;
}

type Done = NonNullable<Parameters<Agent['createConnection']>[1]>;

/**
 * An https.Agent whose connections are judged by us and not by OpenSSL, which has no say in the clock, nor in a platform's rules.
 * Node would spell out the whole chain as objects for its own check, which is a tenth of a short session and leaves native memory
 * behind each time (docs/decisions/0009): it is given the server's own certificate alone.
 */
export class SwiftAgent extends Agent {
  /** What proxies were asked for and have not opened yet. */
  readonly #opening = new Set<ClientRequest>();

  override createConnection(options: RequestOptions & SwiftOptions, done?: Done): Duplex | null | undefined {
    const { proxy } = options;
    const at = { host: String(options.host), port: Number(options.port) };
    const unjudged = { ...options, rejectUnauthorized: false, checkServerIdentity: () => undefined };
    if (proxy === undefined) return judged(super.createConnection(unjudged, done), at, options.judge);
    const opening = tunnel(proxy, at.host, at.port, (error, socket) => {
      this.#opening.delete(opening);
      if (error !== null) (done as ((error: Error) => void) | undefined)?.(error);
      else {
        const through = judged(super.createConnection(Object.assign(unjudged, { socket })), at, options.judge);
        if (through) done?.(null, through);
      }
    });
    this.#opening.add(opening);
    return undefined;
  }

  /** Node's spells out every option of TLS, twice for each request; all connections of such an agent have the same, and their server's name is its host. */
  override getName(options: RequestOptions = {}): string {
    const { host, port, localAddress = '', family = '' } = options;
    return `${host}:${port}:${localAddress}:${family}`;
  }

  override destroy(): void {
    for (const each of this.#opening) each.destroy();
    super.destroy();
  }
}

/** The same connection, ended once its handshake is done where `judge` says so; one without TLS is left as it is. */
export function judged<T extends Duplex | null | undefined>(socket: T, at: Endpoint, judge: SwiftOptions['judge']): T {
  if (!(socket instanceof TLSSocket)) return socket;
  const own = () => TLSSocket.prototype.getPeerCertificate.call(socket, false);
  Object.defineProperty(socket, 'getPeerCertificate', { value: own });
  socket.prependOnceListener('secureConnect', () => {
    const refusal = judge?.(socket, at);
    if (refusal !== undefined) socket.destroy(refusal);
  });
  return socket;
}
