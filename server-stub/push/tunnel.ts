// The way of a sender that knows APNs or WNS by its own name only: HTTPS_PROXY is set to the stub, and CONNECT leads to our service.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../../base/log.js';
import type { Connections } from '../connections.js';

/** Apple's names for the service, which the push server's certificate is for too. */
export const apnsHosts = [
  'api.push.apple.com',
  'api.sandbox.push.apple.com',
  'api.development.push.apple.com',
] as const;
const apnsPorts = ['443', '2197'];

interface TunnelOptions {
  readonly server: Server;
  /** The server's. */
  readonly connections: Connections;
  /** Whom a target leads to. */
  readonly services: readonly TunnelledService[];
  readonly log: Log;
}

/** A push service that senders reach by its own name. */
interface TunnelledService {
  /** `host` in lower case. */
  readonly isFor: (host: string, port: string) => boolean;
  /** Takes a connection as if it had come to a port of its own. */
  readonly adopt: (connection: Duplex) => void;
}

/** Whether CONNECT to this host and port is for the APNs-shaped service. */
export const isApnsTarget = (host: string, port: string): boolean =>
  apnsPorts.includes(port) && apnsHosts.some((each) => each === host);

/** Answers CONNECT for these services, and for nothing else: the stub is no proxy. */
export function attachTunnel({ server, connections, services, log }: TunnelOptions): void {
  server.on('connect', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on('error', () => {}); // the sender went away
    const service = serviceOf(request.url ?? '', services);
    if (service === undefined) {
      const { remoteAddress: remote } = request.socket;
      log.warn('FORBIDDEN', { method: 'CONNECT', path: request.url?.slice(0, 200), status: 403, remote });
      connections.endSoon(connection, 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    request.socket.setTimeout(0); // the push server has its own
    connections.settled(connection); // and its own bound
    connection.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) connection.unshift(head);
    service.adopt(connection);
  });
}

function serviceOf(target: string, services: readonly TunnelledService[]): TunnelledService | undefined {
  const [host = '', port = '', more] = target.toLowerCase().split(':');
  return more === undefined ? services.find(({ isFor }) => isFor(host, port)) : undefined;
}
