// Where devices wait for notifications: WebSockets at one path of the stub's HTTP server.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { pushLimits } from '../../protocol/push.js';
import { PushConnection, type PushConnectionOptions } from './connection.js';
import { FanOut } from './fan-out.js';

export interface PushServerOptions extends Omit<PushConnectionOptions, 'fanOut'> {
  readonly server: Server;
  /** Pushes per second over all connections. Default: as fast as the connections take them. */
  readonly ratePerSecond?: number | undefined;
}

export interface PushSockets {
  /** Connections open now. */
  readonly count: number;
  close(): void;
}

/** Takes WebSockets at `path` of a running HTTP server. */
export function attachPushSockets(options: PushServerOptions): PushSockets {
  const { server, path, log, clock, ratePerSecond } = options;
  const fanOut = new FanOut({ clock, ratePerSecond });
  const connectionOptions: PushConnectionOptions = { ...options, fanOut };
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: pushLimits.maxBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    if (request.url?.split('?')[0] !== path) {
      log.warn('NOT_FOUND', { path: request.url, upgrade: true });
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    request.socket.setTimeout(0); // idle is what these sockets are for
    request.socket.setKeepAlive(true, 60_000);
    sockets.handleUpgrade(request, socket, head, (opened) => new PushConnection(opened, socket, connectionOptions));
  };
  server.on('upgrade', onUpgrade);
  sockets.on('wsClientError', (error, socket) => {
    log.warn('MESSAGE_REFUSED', { path, reason: error.message });
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  return {
    get count() {
      return sockets.clients.size;
    },
    close() {
      server.off('upgrade', onUpgrade);
      fanOut.close();
      for (const each of sockets.clients) each.terminate();
      sockets.close();
    },
  };
}
