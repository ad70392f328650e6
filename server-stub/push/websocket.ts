// Where devices wait for notifications: WebSockets at one path of the stub's HTTP server.

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type ServerOptions, WebSocketServer } from 'ws';
import { pushLimits } from '../../protocol/push.js';
import type { Connections } from '../connections.js';
import { addressKey } from '../remote-address.js';
import { TracedRequest } from '../traced-request.js';
import { PushConnection, type PushConnectionOptions } from './connection.js';

export interface PushServerOptions extends Omit<PushConnectionOptions, 'address' | 'onKnown'> {
  readonly server: Server;
  /** The server's. */
  readonly connections: Connections;
}

/** How long a client may take to answer that its WebSocket is closed. */
const closeMs = 5_000;

interface PushSockets {
  /** Connections open now. */
  readonly count: number;
  close(): void;
}

/** Takes WebSockets at `path` of a running HTTP server. */
export function attachPushSockets(options: PushServerOptions): PushSockets {
  const { server, connections, path, log, trace } = options;
  const socketOptions: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    maxPayload: pushLimits.maxBytes,
    perMessageDeflate: false,
    clientTracking: true,
    closeTimeout: closeMs,
  };
  const sockets = new WebSocketServer(socketOptions);
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {});
    if (request.url?.split('?')[0] !== path) {
      log.warn('NOT_FOUND', { path: request.url, upgrade: true });
      connections.endSoon(socket, 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    request.socket.setTimeout(0); // idle is what these sockets are for
    request.socket.setKeepAlive(true, 60_000);
    sockets.handleUpgrade(request, socket, head, (opened) => {
      if (trace !== undefined) {
        const traced = new TracedRequest(request, socket instanceof TLSSocket);
        traced.answered(101, {}, undefined);
        traced.end(trace);
      }
      connections.answered(socket);
      const address = addressKey(request.socket.remoteAddress);
      const onKnown = () => connections.settled(socket);
      new PushConnection(opened, socket, { ...options, address, onKnown });
    });
  };
  server.on('upgrade', onUpgrade);
  sockets.on('wsClientError', (error, socket) => {
    log.warn('MESSAGE_REFUSED', { path, reason: error.message });
    connections.endSoon(socket, 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  return {
    get count() {
      return sockets.clients.size;
    },
    close() {
      server.off('upgrade', onUpgrade);
      for (const each of sockets.clients) each.terminate();
      sockets.close();
    },
  };
}
