import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Clock, realClock } from '../base/clock.js';
import { asError, isRollcallError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { Trace } from '../base/trace.js';
import { Connections } from './connections.js';
import { defaultMaxConnections } from './descriptors.js';
import { stubError } from './errors.js';
import { httpLimits, limit, serverOptions } from './http-limits.js';
import { beginningOf, discard, pathOf, Request, readRequestBody } from './http-request.js';
import type { Route, StubAnswer, StubRequest } from './http-types.js';
import { oneAtATime } from './one-at-a-time.js';
import { createRouter } from './router.js';
import { type Served, showCertificate } from './server-certificate.js';
import { TracedRequest } from './traced-request.js';
import { writeBody } from './write-body.js';

interface HttpServerOptions {
  /** Without it the server does not listen: it has the connections that are given to `adopt`. */
  readonly port?: number;
  readonly host: string;
  /** Without it the server speaks plain HTTP. */
  readonly tls?: Served;
  readonly routes: readonly Route[];
  readonly log: Log;
  /** Default: as many as there are descriptors for. */
  readonly maxConnections?: number;
  /** Of the time that ending may take. Default: the real one. */
  readonly clock?: Clock;
  /** Says in its own words that a path leads nowhere (404), is none (400), or not with this method (405). */
  readonly unroutable?: (path: string, status: number) => StubAnswer | undefined;
  /** Hears of every request that was answered, or could not be. */
  readonly trace?: Trace | undefined;
}

export interface RunningHttp {
  readonly port: number;
  /** The server itself, for a WebSocket to be attached to. */
  readonly server: Server | TlsServer;
  readonly connections: Connections;
  /** Requests answered so far, by status. */
  readonly answers: ReadonlyMap<number, number>;
  /** Takes a connection that came another way as one of its own. */
  adopt(connection: Duplex): void;
  /** Stops listening, lets running requests be answered for four seconds at most, ends every connection. */
  close(): Promise<void>;
}

const defaultMaxBytes = 1024 * 1024;
const tlsVersions = { minVersion: 'TLSv1.2' } as const;
/** On every answer: nothing of it is kept on the way, and nobody takes it for a page that it does not say it is. */
const guarding = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

const clientErrors: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Starts the stub's HTTP/1.1 server. A client certificate is asked for and handed to the routes, which judge it. Throws PORT_TAKEN. */
export async function serveHttp(options: HttpServerOptions): Promise<RunningHttp> {
  const { log, trace } = options;
  const find = createRouter(options.routes);
  const answers = new Map<number, number>();
  /** Connections whose end is in the log already. */
  const said = new WeakSet<Socket>();
  let running = 0;
  let whenQuiet: (() => void) | undefined;

  const traced = trace === undefined ? undefined : new WeakMap<ServerResponse, TracedRequest>();

  const send = (response: ServerResponse, answer: StubAnswer, close: boolean) => {
    answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
    if (response.destroyed) return;
    const body = typeof answer.body === 'string' ? Buffer.from(answer.body, 'utf8') : answer.body;
    const headers: Record<string, string | number> = { ...guarding, ...answer.headers };
    if (answer.stream === undefined) headers['content-length'] = body?.length ?? 0;
    if (close || whenQuiet !== undefined) headers['connection'] = 'close';
    traced?.get(response)?.answered(answer.status, headers, body);
    response.writeHead(answer.status, headers);
    if (answer.stream === undefined) writeBody(response, body);
    else answer.stream(response);
  };

  const listener = (message: IncomingMessage, response: ServerResponse) => {
    const { socket } = message;
    running++;
    connections.asked(socket, message);
    if (trace !== undefined) traced?.set(response, new TracedRequest(message, options.tls !== undefined));
    response.on('error', (error) => log.error('BUG', { method: message.method, path: message.url, error })); // not the connection's
    response.once('close', () => {
      if (trace !== undefined) traced?.get(response)?.end(trace);
      running--;
      connections.answered(socket);
      if (running === 0) whenQuiet?.();
    });
    if (message.rawHeaders.length > httpLimits.maxHeaders * 2) {
      log.warn('MESSAGE_REFUSED', { reason: 'too many headers', remote: socket.remoteAddress });
      discard(message);
      send(response, problem(431, 'MESSAGE_REFUSED', `there are more than ${httpLimits.maxHeaders} headers`), true);
      return;
    }
    const path = pathOf(message.url);
    const match = find(message.method ?? '', path);
    if (match.kind !== 'route') {
      const plain = unroutable(match.kind === 'other-method' ? match.allowed : match.kind);
      const worded = options.unroutable?.(path, plain.status);
      const { allow } = plain.headers ?? {};
      const answer =
        worded === undefined ? plain : { ...worded, headers: { ...worded.headers, ...(allow && { allow }) } };
      log.warn(answer.status === 400 ? 'MESSAGE_REFUSED' : 'NOT_FOUND', {
        method: message.method,
        path,
        status: answer.status,
        remote: message.socket.remoteAddress,
      });
      discard(message);
      send(response, answer, true);
      return;
    }
    const { route, params } = match;
    const maxBytes = route.maxBytes ?? defaultMaxBytes;
    const refuseSize = () => {
      log.warn('MESSAGE_TOO_LARGE', { method: message.method, path, maxBytes, remote: message.socket.remoteAddress });
      discard(message);
      send(response, problem(413, 'MESSAGE_TOO_LARGE', `the body is larger than ${maxBytes} bytes`), true);
    };
    const respond = async (body: Buffer) => {
      const request = new Request(message, path, params, body, response);
      traced?.get(response)?.asked(body);
      try {
        send(response, await route.handle(request), false);
      } catch (error) {
        const answer = failed(error, request, log);
        if (response.headersSent) response.destroy();
        else send(response, answer, false);
      }
    };
    // Read before the body: of a connection that has ended nobody can say any more who was at its other end.
    const cut = route.cutOff === undefined ? undefined : beginningOf(message, path, params);
    const cutOff = () => {
      const { remoteAddress: remote } = message.socket;
      const reason = 'the connection ended within the body';
      if (!said.has(message.socket)) log.warn('MESSAGE_REFUSED', { method: message.method, path, reason, remote });
      try {
        if (cut !== undefined) route.cutOff?.(cut);
      } catch (error) {
        log.error('BUG', { method: message.method, path, error: asError(error) });
      }
    };
    readRequestBody(message, maxBytes, { refuseSize, respond, cutOff });
  };

  const inTurn = oneAtATime({
    handle: listener,
    maxWaiting: httpLimits.maxAhead,
    onTooMany(socket) {
      said.add(socket);
      log.warn('MESSAGE_REFUSED', { reason: 'too many requests ahead of their answers', remote: socket.remoteAddress });
    },
  });
  const server =
    options.tls === undefined
      ? createServer(serverOptions, inTurn)
      : createTlsServer(
          {
            ...serverOptions,
            requestCert: true,
            rejectUnauthorized: false,
            handshakeTimeout: httpLimits.handshakeTimeout,
            ...tlsVersions,
          },
          inTurn,
        );
  if (options.tls !== undefined) showCertificate(server, options.tls, tlsVersions);
  limit(server);
  const { clock = realClock, maxConnections = defaultMaxConnections() } = options;
  const connections = new Connections(server, options.tls !== undefined, {
    name: 'http',
    max: maxConnections,
    log,
    clock,
  });
  server.on('secureConnection', (socket: TLSSocket) => socket.disableRenegotiation());
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE' && !said.has(socket)) {
      said.add(socket);
      log.warn('MESSAGE_REFUSED', { reason: error.code ?? error.message, remote: socket.remoteAddress });
    }
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const status = clientErrors[error.code ?? ''] ?? '400 Bad Request';
    connections.endSoon(socket, `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  // Before node's own listener, which makes a clientError of it.
  server.prependListener('tlsClientError', (error: Error & { code?: string }, socket: Socket) => {
    said.add(socket);
    // Went away before it had said anything, otherwise.
    if (error.code !== 'ECONNRESET') {
      log.warn('TLS_REFUSED', { reason: error.code ?? error.message, remote: socket.remoteAddress });
    }
    socket.destroy(); // TLS that was never complete can say no goodbye: an `end` would wait for it for ever
  });

  if (options.port !== undefined) await listen(server, options.port, options.host);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : (options.port ?? 0),
    server,
    connections,
    answers,
    adopt: (connection) => void server.emit('connection', connection),
    close: () =>
      new Promise((resolve) => {
        whenQuiet = () => connections.cutAll();
        const cancel = clock.after(httpLimits.stopMs, () => connections.cutAll());
        server.close(() => {
          cancel();
          resolve();
        });
        server.closeIdleConnections();
        if (running === 0) whenQuiet();
      }),
  };
}

/** Listens, or throws PORT_TAKEN. */
export function listen(server: Server | TlsServer | import('node:net').Server, port: number, host: string) {
  return new Promise<void>((resolve, reject) => {
    server.once('error', (cause: Error & { code?: string }) => {
      const isTaken = cause.code === 'EADDRINUSE' || cause.code === 'EACCES';
      reject(isTaken ? stubError('PORT_TAKEN', `cannot listen on ${host}:${port}: ${cause.code}`, { cause }) : cause);
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      server.on('error', () => {}); // such as EMFILE while accepting: the connection is lost, the server goes on
      resolve();
    });
  });
}

function unroutable(why: 'not-found' | 'bad-path' | readonly string[]): StubAnswer {
  if (why === 'not-found') return problem(404, 'NOT_FOUND', 'nothing is at this address');
  if (why === 'bad-path') return problem(400, 'REQUEST_INVALID', 'the address is not well-formed');
  return { ...problem(405, 'REQUEST_INVALID', 'not with this method'), headers: { ...json, allow: why.join(', ') } };
}

const json = { 'content-type': 'application/json' };

/** An error body that any client can show: `{"error":{"code","message"}}`. */
export function problem(status: number, code: string, message: string): StubAnswer {
  return { status, headers: json, body: JSON.stringify({ error: { code, message } }) };
}

const statusOf: Readonly<Record<string, number>> = {
  REQUEST_INVALID: 400,
  MESSAGE_REFUSED: 400,
  DEVICE_IDENTITY: 400,
  TENANT_INVALID: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  ENROLLMENT_REFUSED: 403,
  NOT_FOUND: 404,
  DEVICE_UNKNOWN: 404,
  AUTHORITY_FORBIDDEN: 409,
  CONFLICT: 409,
  MESSAGE_TOO_LARGE: 413,
  CHECKIN_UNAVAILABLE: 503,
  STORE_UNWRITABLE: 503,
  STUB_BUSY: 503,
};

/** What a route did not answer itself: a refusal by its code, or a bug of ours. Logged here and nowhere else. */
function failed(error: unknown, request: StubRequest, log: Log): StubAnswer {
  const about = { method: request.method, path: request.path, remote: request.remote };
  if (isRollcallError(error)) {
    const status = statusOf[error.code];
    if (status !== undefined) {
      log.warn(error.code, { ...about, status, reason: error.message });
      return problem(status, error.code, error.message);
    }
  }
  log.error('BUG', { ...about, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return problem(500, 'INTERNAL', 'the stub failed; its log says how');
}
