// Where devices wait for notifications: a WebSocket that one device has for itself or that many share (protocol/push.ts).

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { isRollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { decodePushToServer, encodePush, pushLimits } from '../../protocol/push.js';
import type { Listener, PushService } from './service.js';

export interface PushSocketOptions {
  readonly server: Server;
  readonly path: string;
  readonly service: PushService;
  readonly log: Log;
  readonly maxTokensPerSocket?: number;
  /** What may wait unsent in one socket; beyond it the socket is ended and its notifications are kept. */
  readonly maxBufferedBytes?: number;
}

export interface PushSockets {
  /** Sockets open now. */
  readonly count: number;
  close(): void;
}

/** Takes WebSockets at `path` of a running HTTP server. */
export function attachPushSockets(options: PushSocketOptions): PushSockets {
  const { server, path, log } = options;
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
    sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, options));
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
      for (const each of sockets.clients) each.terminate();
      sockets.close();
    },
  };
}

function serve(socket: WebSocket, options: PushSocketOptions): void {
  const { service, log, maxTokensPerSocket = 200_000, maxBufferedBytes = 4 * 1024 * 1024 } = options;
  const tokens = new Set<string>();
  /** Sent and not yet confirmed: notification id to token. One for each token at most. */
  const unconfirmed = new Map<string, string>();
  const latest = new Map<string, string>();

  const write = (text: string): boolean => {
    if (socket.readyState !== socket.OPEN) return false;
    if (socket.bufferedAmount > maxBufferedBytes) {
      log.warn('PUSH_REFUSED', { reason: 'the socket does not read', registered: tokens.size });
      socket.terminate();
      return false;
    }
    socket.send(text);
    return true;
  };
  const listener: Listener = {
    send({ token, id, payload }) {
      if (!write(encodePush({ type: 'notification', token, id, payload }))) return false;
      const older = latest.get(token);
      if (older !== undefined) unconfirmed.delete(older);
      latest.set(token, id);
      unconfirmed.set(id, token);
      return true;
    },
  };
  const refuse = (code: number, reason: string) => {
    log.warn('MESSAGE_REFUSED', { path: options.path, reason });
    socket.close(code, reason.slice(0, 100));
  };

  const receive = (data: RawData, isBinary: boolean) => {
    if (isBinary) return refuse(1003, 'text messages only');
    const message = decodePushToServer(Buffer.isBuffer(data) ? data : Buffer.concat([data].flat().map(bytesOf)));
    switch (message.type) {
      case 'register': {
        if (tokens.size + message.tokens.length > maxTokensPerSocket) return refuse(1008, 'too many tokens');
        write(encodePush({ type: 'registered', tokens: message.tokens })); // before what waited for them
        for (const token of message.tokens) {
          if (!service.register(token, listener)) return refuse(1013, 'the service is full');
          tokens.add(token);
        }
        return;
      }
      case 'unregister':
        for (const token of message.tokens) {
          service.unregister(token, listener);
          tokens.delete(token);
          const id = latest.get(token);
          latest.delete(token);
          if (id !== undefined) unconfirmed.delete(id);
        }
        return;
      case 'received': {
        const token = unconfirmed.get(message.id);
        if (token === undefined) return;
        unconfirmed.delete(message.id);
        latest.delete(token);
        service.received(token, message.id, listener);
      }
    }
  };

  socket.on('message', (data, isBinary) => {
    try {
      receive(data, isBinary);
    } catch (error) {
      if (isRollcallError(error)) refuse(1008, error.message);
      else {
        log.error('BUG', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
        socket.terminate();
      }
    }
  });
  socket.on('error', (error) => log.warn('MESSAGE_REFUSED', { path: options.path, reason: error.message }));
  socket.on('close', () => {
    service.disconnect(tokens, listener);
    tokens.clear();
  });
}

const bytesOf = (data: Buffer | ArrayBuffer): Buffer => (Buffer.isBuffer(data) ? data : Buffer.from(data));
