// The push service's provider side in the shape of APNs: HTTP/2, POST /3/device/{token} (specs/apple.md §1.10).

import { randomUUID } from 'node:crypto';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Clock, monotonicMs, realClock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import type { Trace } from '../../base/trace.js';
import { apnsHeaders, apnsReasons, encodeApnsRefusal, maxNotificationBytes } from '../../protocol/apple-mdm/apns.js';
import { Connections } from '../connections.js';
import { defaultMaxConnections } from '../descriptors.js';
import { listen } from '../http.js';
import { type Served, showCertificate } from '../server-certificate.js';
import { peerOf, plainHeaders } from '../traced-request.js';
import { Refusal, readNotification, uuidForm } from './apns-request.js';
import { senderOf } from './apns-sender.js';
import type { Notification, PushService } from './service.js';

interface ApnsOptions {
  readonly port: number;
  readonly host: string;
  readonly tls: Served;
  /** Refuses senders without a push certificate, as APNs does. Default false. */
  readonly requireCertificate?: boolean;
  readonly service: PushService;
  readonly clock: Clock;
  /** Of connections and their bounds in time. Default: the real one, whatever `clock` says. */
  readonly networkClock?: Clock;
  /** Default: as many as there are descriptors for. */
  readonly maxConnections?: number;
  readonly log: Log;
  /** Hears of every notification and its answer. */
  readonly trace?: Trace | undefined;
}

export interface RunningApns {
  readonly port: number;
  readonly connections: Connections;
  /** Takes a connection that came another way as one of its own; TLS begins on it now. */
  adopt(connection: Duplex): void;
  close(): Promise<void>;
}

/** How long a sender may take to say, after the handshake, that it speaks HTTP/2. */
const helloMs = 15_000;
/** How long it may keep a connection on which it sends nothing. */
const idleMs = 10 * 60_000;
/** How often it is asked by a PING whether it is there, and how long it may take to answer. */
const pingMs = 30_000;

const tlsVersions = { minVersion: 'TLSv1.2' } as const;

/** Starts the server. Throws PORT_TAKEN. */
export async function serveApns(options: ApnsOptions): Promise<RunningApns> {
  const { service, log, networkClock = realClock, maxConnections = defaultMaxConnections() } = options;
  const server: Http2SecureServer = createSecureServer({
    allowHTTP1: false,
    requestCert: true,
    rejectUnauthorized: false,
    ...tlsVersions,
    handshakeTimeout: 15_000,
    maxSessionMemory: 10,
    settings: { maxConcurrentStreams: 1000, maxHeaderListSize: 16 * 1024, enablePush: false },
  });
  showCertificate(server, options.tls, tlsVersions);
  const lastStream = new WeakMap<Http2Session, number>();
  const connections = new Connections(server, true, { name: 'push', max: maxConnections, log, clock: networkClock });
  server.on('session', (session) => {
    const { socket } = session;
    const cancel = networkClock.after(helloMs, () => session.destroy());
    const transport = connections.transportOf(socket);
    // The sender went away, or did what nghttp2 gives a session up for: then nobody reads the connection any more, nor ends it.
    session.on('error', () => {
      if (transport !== undefined) connections.cutSoon(transport);
    });
    session.once('close', cancel);
    session.once('remoteSettings', () => {
      cancel();
      connections.answered(socket);
    });
    watch(session, transport);
  });
  server.on('sessionError', (error: Error & { code?: string }) => {
    if (error.code !== 'ECONNRESET') log.warn('PUSH_REFUSED', { reason: error.code ?? error.message });
  });
  server.on('unknownProtocol', (socket) => {
    log.warn('PUSH_REFUSED', { reason: 'the sender does not speak HTTP/2' });
    connections.endSoon(socket, 'HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    stream.setTimeout(30_000, () => stream.close());
    if (stream.session !== undefined) {
      connections.answered(stream.session.socket);
      lastStream.set(stream.session, networkClock.now());
    }
    receive(stream, headers, options);
  });
  server.on('tlsClientError', (error: Error & { code?: string }, socket: TLSSocket) => {
    if (error.code !== 'ECONNRESET') log.warn('TLS_REFUSED', { reason: error.code ?? error.message });
    socket.destroy(); // Node does not, where the time for the handshake is over
  });
  await listen(server, options.port, options.host);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    connections,
    adopt: (connection) => void server.emit('connection', connection),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        connections.cutAll();
      }),
  };

  /**
   * Ends a connection that sends nothing any more, and one that does not answer a PING (RFC 9113 §6.7). After a flood of frames
   * nghttp2 gives a session up and reads no more of its connection, so that nobody hears that the other side has gone.
   */
  function watch(session: Http2Session, transport: Duplex | undefined): void {
    let isAnswered = true;
    let cancel = networkClock.after(pingMs, look);
    lastStream.set(session, networkClock.now());
    session.once('close', () => cancel());

    function look(): void {
      if (!isAnswered) {
        session.destroy();
        transport?.destroy();
        return;
      }
      if (networkClock.now() - (lastStream.get(session) ?? 0) >= idleMs) {
        session.close();
        connections.cutSoon(session);
        return;
      }
      isAnswered = false;
      if (!session.closed)
        session.ping((error) => {
          isAnswered = error === null;
        });
      cancel = networkClock.after(pingMs, look);
    }
  }

  function receive(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, { trace }: ApnsOptions): void {
    const traced = trace && tracedPush(trace, stream, headers);
    const chunks: Buffer[] = [];
    let length = 0;
    const given = headers[apnsHeaders.id];
    const id = typeof given === 'string' && uuidForm.test(given) ? given : randomUUID().toUpperCase();
    let isAnswered = false;
    const answer = (status: number, body?: Buffer) => {
      if (isAnswered || stream.destroyed || stream.headersSent) return;
      isAnswered = true;
      stream.respond({ ':status': status, [apnsHeaders.id]: id, ...(body && { 'content-type': 'application/json' }) });
      stream.end(body);
      traced?.(status, chunks, body);
    };
    const refuse = (refusal: Refusal, token: string) => {
      log.warn('PUSH_REFUSED', { reason: refusal.reason, id, token: token.slice(0, 16) });
      answer(apnsReasons[refusal.reason], encodeApnsRefusal(refusal.reason, refusal.timestamp));
    };
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxNotificationBytes) chunks.push(chunk);
      else if (!isAnswered) {
        service.refused({ id, token: '' }, 'PayloadTooLarge');
        refuse(new Refusal('PayloadTooLarge'), '');
      } else if (length > 64 * maxNotificationBytes) stream.close();
    });
    stream.on('end', () => {
      if (isAnswered) return;
      let notification: Notification | undefined;
      try {
        notification = readNotification(headers, id, Buffer.concat(chunks), senderOf(stream.session), options);
        const result = service.push(notification);
        if (!result.ok) refuse(new Refusal(result.reason, result.timestamp), notification.token);
        else answer(200);
      } catch (error) {
        if (error instanceof Refusal) {
          service.refused({ id, token: '' }, error.reason);
          refuse(error, '');
          return;
        }
        log.error('BUG', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
        answer(apnsReasons.InternalServerError, encodeApnsRefusal('InternalServerError'));
      }
    });
  }
}

/** Begins to trace one notification; what comes back tells of it with its answer. */
function tracedPush(trace: Trace, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
  const startedAt = realClock.now();
  const started = monotonicMs();
  const socket = stream.session?.socket;
  return (status: number, chunks: readonly Buffer[], body: Buffer | undefined): void =>
    trace.exchanged({
      side: 'server',
      startedAt,
      method: headers[':method'] ?? '',
      url: `${headers[':scheme'] ?? 'https'}://${headers[':authority'] ?? ''}${headers[':path'] ?? ''}`,
      ...(socket !== undefined && { remote: peerOf(socket) }),
      requestHeaders: plainHeaders(headers),
      requestBody: Buffer.concat(chunks),
      status,
      responseHeaders: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body !== undefined && { responseBody: body }),
      totalMs: monotonicMs() - started,
    });
}
