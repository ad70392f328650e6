// The way of a sender that knows APNs by its own name only: HTTPS_PROXY is set to the stub, and CONNECT leads to our service.

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

export interface TunnelOptions {
  readonly server: Server;
  /** The server's. */
  readonly connections: Connections;
  /** Takes a connection as if it had come to the push server's own port. */
  readonly adopt: (connection: Duplex) => void;
  readonly log: Log;
}

/** Answers CONNECT for APNs, and for nothing else: the stub is no proxy. */
export function attachTunnel({ server, connections, adopt, log }: TunnelOptions): void {
  server.on('connect', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    connection.on('error', () => {}); // the sender went away
    if (!isApns(request.url ?? '')) {
      const { remoteAddress: remote } = request.socket;
      log.warn('FORBIDDEN', { method: 'CONNECT', path: request.url?.slice(0, 200), status: 403, remote });
      connections.endSoon(connection, 'HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    request.socket.setTimeout(0); // the push server has its own
    connections.settled(connection); // and its own bound
    connection.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) connection.unshift(head);
    adopt(connection);
  });
}

function isApns(target: string): boolean {
  const [host = '', port = '', more] = target.toLowerCase().split(':');
  return more === undefined && apnsPorts.includes(port) && apnsHosts.some((each) => each === host);
}
