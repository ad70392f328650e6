import { type Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { TLSSocket } from 'node:tls';
import { interrupted, onAbort } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { monotonicMs } from '../../base/clock.js';
import { baseError } from '../../base/errors.js';
import { agentError } from '../errors.js';
import type { HttpAnswer, HttpRequest } from '../model/ports.js';
import type { HttpTarget } from './url.js';

/** One HTTP exchange as it went, for metrics. Times are real milliseconds from the moment the request was made. */
export interface HttpObservation {
  readonly method: string;
  readonly origin: string;
  /** Without the query. */
  readonly path: string;
  readonly status?: number;
  /** The error's code, where there was no usable answer. */
  readonly code?: string;
  readonly reused: boolean;
  /** TCP and TLS set-up, for a connection that was opened for this request. */
  readonly connectMs?: number;
  readonly tlsMs?: number;
  /** Until the first byte of the answer. */
  readonly ttfbMs?: number;
  readonly totalMs: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface ExchangeOptions {
  readonly target: HttpTarget;
  readonly request: HttpRequest;
  readonly method: HttpRequest['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | undefined;
  readonly agent: HttpAgent;
  /** What the connection needs beyond the target; the same object for all exchanges of a session. */
  readonly connection: RequestOptions;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly observe: ((observation: HttpObservation) => void) | undefined;
}

/** A kept connection that the server had closed before any byte of an answer: the request may be sent again. */
export const staleConnection = Symbol('stale connection');

const defaultMaxBytes = 1024 * 1024;

/** Sends one request and reads its whole answer, or throws what ports.ts promises. No redirects, no second try. */
export function exchange(options: ExchangeOptions): Promise<HttpAnswer | typeof staleConnection> {
  const { target, request, method, body, observe } = options;
  const maxBytes = request.maxBytes ?? defaultMaxBytes;
  return new Promise((resolve, reject) => {
    const startedAt = observe === undefined ? 0 : monotonicMs();
    let connectMs: number | undefined;
    let tlsMs: number | undefined;
    let ttfbMs: number | undefined;
    let answer: IncomingMessage | undefined;
    let settled = false;
    let readBefore = 0;
    let forgetSignal: (() => void) | undefined;
    let received = 0;

    const sending = (target.secure ? httpsRequest : httpRequest)({
      ...options.connection,
      method,
      host: target.host,
      port: target.port,
      path: target.path,
      headers: options.headers,
      agent: options.agent,
    });

    function settle(code: string | undefined): boolean {
      if (settled) return false;
      settled = true;
      cancelTimeout();
      forgetSignal?.();
      observe?.({
        method,
        origin: target.origin,
        path: target.pathOnly,
        reused: sending.reusedSocket,
        totalMs: monotonicMs() - startedAt,
        sentBytes: body === undefined ? 0 : Buffer.byteLength(body),
        receivedBytes: received,
        ...(answer?.statusCode === undefined ? {} : { status: answer.statusCode }),
        ...(code === undefined ? {} : { code }),
        ...(connectMs === undefined ? {} : { connectMs }),
        ...(tlsMs === undefined ? {} : { tlsMs }),
        ...(ttfbMs === undefined ? {} : { ttfbMs }),
      });
      return true;
    }

    function fail(error: ReturnType<typeof agentError>): void {
      if (!settle(error.code)) return;
      sending.destroy();
      reject(error);
    }

    function lost(cause: NodeJS.ErrnoException): void {
      const { socket } = sending;
      const unanswered = answer === undefined && (socket?.bytesRead ?? 0) === readBefore;
      if (sending.reusedSocket && unanswered) {
        if (settle('CONNECTION_STALE')) resolve(staleConnection);
        return;
      }
      const untrusted = socket instanceof TLSSocket && socket.authorizationError;
      const details = { origin: target.origin, reason: cause.code ?? cause.message };
      if (untrusted)
        fail(agentError('TLS_UNTRUSTED', `${target.origin} is not trusted: ${cause.message}`, { cause, details }));
      else fail(agentError('TRANSPORT_LOST', `no answer from ${target.origin}: ${cause.message}`, { cause, details }));
    }

    const tooLarge = (): void =>
      fail(
        agentError('HTTP_TOO_LARGE', `more than ${maxBytes} bytes from ${target.origin}`, { details: { maxBytes } }),
      );

    const cancelTimeout = options.clock.after(options.timeoutMs, () => {
      const details = { origin: target.origin, reason: 'timeout', timeoutMs: options.timeoutMs };
      fail(agentError('TRANSPORT_LOST', `no answer from ${target.origin} in ${options.timeoutMs} ms`, { details }));
    });
    const { signal } = request;
    if (signal !== undefined) forgetSignal = onAbort(signal, () => fail(stopped(signal)));

    sending.on('error', lost);
    sending.once('socket', (socket) => {
      readBefore = sending.reusedSocket ? socket.bytesRead : 0;
      if (observe === undefined || sending.reusedSocket) return;
      socket.once('connect', () => {
        connectMs = monotonicMs() - startedAt;
      });
      socket.once('secureConnect', () => {
        tlsMs = monotonicMs() - startedAt - (connectMs ?? 0);
      });
    });
    sending.once('response', (message) => {
      answer = message;
      if (observe !== undefined) ttfbMs = monotonicMs() - startedAt;
      message.on('error', lost);
      if (Number(message.headers['content-length'] ?? 0) > maxBytes) {
        tooLarge();
        return;
      }
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > maxBytes) tooLarge();
        else chunks.push(chunk);
      });
      message.once('end', () => {
        if (!settle(undefined)) return;
        const [only] = chunks;
        resolve({
          status: message.statusCode ?? 0,
          headers: plainHeaders(message),
          body: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks),
          url: target.url,
        });
      });
    });
    sending.end(body);
  });
}

const stopped = (signal: AbortSignal) => baseError('INTERRUPTED', 'stopped on request', { cause: interrupted(signal) });

/** Header values as text; Node gives a list for set-cookie alone. */
function plainHeaders(message: IncomingMessage): Record<string, string> {
  const { 'set-cookie': cookies, ...rest } = message.headers;
  const headers: Record<string, string> = cookies === undefined ? {} : { 'set-cookie': cookies.join(', ') };
  for (const name in rest) {
    const value = rest[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}
