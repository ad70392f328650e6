import {
  type ClientRequest,
  type Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { interrupted, onAbort } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { monotonicMs, realClock } from '../../base/clock.js';
import { asError, baseError, isRollcallError, type RollcallError } from '../../base/errors.js';
import type { Trace } from '../../base/trace.js';
import { agentError } from '../errors.js';
import type { HttpAnswer, HttpObservation, HttpRequest } from '../model/ports.js';
import { ContentError, codingsOf, decode } from './content.js';
import { plainHeaders, sentHeaders } from './http-headers.js';
import type { HttpProxy } from './proxy.js';
import { handshakeHint } from './tls/handshake-hints.js';
import type { HttpTarget } from './url.js';

export interface ExchangeOptions {
  readonly target: HttpTarget;
  readonly request: HttpRequest;
  readonly method: HttpRequest['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | undefined;
  readonly agent: HttpAgent;
  /** What the connection needs beyond the target; the same object for all exchanges of a session. */
  readonly connection: RequestOptions;
  /** Of a target without TLS; with it the agent sees to the proxy. */
  readonly proxy?: HttpProxy | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly observe: ((observation: HttpObservation) => void) | undefined;
  readonly isRetry?: boolean;
  readonly trace?: Trace | undefined;
}

/** A kept connection that the server had closed before any byte of an answer: an idempotent request may be sent again. */
export const staleConnection = Symbol('stale connection');
/** The server asks for a client certificate, and this connection was made without: nothing was sent. */
export const certificateAsked = Symbol('certificate asked');
/** Ends such a connection. */
export const askedForCertificate = new Error('the server asks for a client certificate');

const defaultMaxBytes = 1024 * 1024;

type Exchanged = HttpAnswer | typeof staleConnection | typeof certificateAsked;

/** Sends one request and reads its whole answer, decoded, or throws what ports.ts promises. No redirects, no second try. */
export function exchange(options: ExchangeOptions): Promise<Exchanged> {
  const { target, request, method, body, observe, trace, proxy } = options;
  const isWatched = observe !== undefined || trace !== undefined;
  const maxBytes = request.maxBytes ?? defaultMaxBytes;
  return new Promise((resolve, reject) => {
    const startedAt = isWatched ? monotonicMs() : 0;
    const startedAtMs = trace === undefined ? 0 : realClock.now();
    let connectMs: number | undefined;
    let tlsMs: number | undefined;
    let resumed: boolean | undefined;
    let ttfbMs: number | undefined;
    let answer: IncomingMessage | undefined;
    let settled = false;
    let readBefore = 0;
    let forgetSignal: (() => void) | undefined;
    let received = 0;

    const sending = (target.secure ? httpsRequest : httpRequest)({
      ...options.connection,
      method,
      headers: headersOf(options),
      agent: options.agent,
      ...(proxy === undefined
        ? { host: target.host, port: target.port, path: target.path }
        : { host: proxy.host, port: proxy.port, path: target.url }),
    });

    /** Field by field: with a spread for each that may be missing it took as long as the rest of the exchange. */
    function observation(code: string | undefined): HttpObservation {
      const seen: { -readonly [name in keyof HttpObservation]: HttpObservation[name] } = {
        method,
        origin: target.origin,
        path: target.pathOnly,
        reused: sending.reusedSocket,
        totalMs: monotonicMs() - startedAt,
        sentBytes: body === undefined ? 0 : Buffer.byteLength(body),
        receivedBytes: received,
      };
      if (request.operation !== undefined) seen.operation = request.operation;
      if (answer?.statusCode !== undefined) seen.status = answer.statusCode;
      if (code !== undefined) seen.code = code;
      if (connectMs !== undefined) seen.connectMs = connectMs;
      if (tlsMs !== undefined) seen.tlsMs = tlsMs;
      if (resumed !== undefined) seen.resumed = resumed;
      if (ttfbMs !== undefined) seen.ttfbMs = ttfbMs;
      if (options.isRetry === true) seen.isRetry = true;
      return seen;
    }

    function settle(code: string | undefined, message?: string, decoded?: Buffer): boolean {
      if (settled) return false;
      settled = true;
      cancelTimeout();
      forgetSignal?.();
      trace?.exchanged({
        side: 'device',
        startedAt: startedAtMs,
        method,
        url: target.url,
        ...(sending.socket?.remoteAddress === undefined
          ? {}
          : { remote: `${sending.socket.remoteAddress}:${sending.socket.remotePort}` }),
        requestHeaders: sentHeaders(sending, body),
        ...(body === undefined ? {} : { requestBody: typeof body === 'string' ? Buffer.from(body, 'utf8') : body }),
        ...(answer?.statusCode === undefined ? {} : { status: answer.statusCode }),
        ...(answer === undefined ? {} : { responseHeaders: plainHeaders(answer) }),
        ...(decoded === undefined ? {} : { responseBody: decoded }),
        ...(answer === undefined ? {} : { receivedBytes: received }),
        ...(code === undefined ? {} : { code }),
        ...(message === undefined ? {} : { message }),
        ...(connectMs === undefined ? {} : { connectMs }),
        ...(tlsMs === undefined ? {} : { tlsMs }),
        ...(ttfbMs === undefined ? {} : { ttfbMs }),
        totalMs: monotonicMs() - startedAt,
      });
      if (observe !== undefined) observe(observation(code));
      return true;
    }

    function fail(error: RollcallError): void {
      if (!settle(error.code, error.message)) return;
      sending.destroy();
      reject(error);
    }

    function lost(cause: NodeJS.ErrnoException): void {
      const { socket } = sending;
      const unanswered = answer === undefined && (socket?.bytesRead ?? 0) === readBefore;
      if (cause === askedForCertificate) {
        if (settle('CERTIFICATE_ASKED')) resolve(certificateAsked);
      } else if (sending.reusedSocket && unanswered) {
        if (settle('CONNECTION_STALE')) resolve(staleConnection);
      } else if (isRollcallError(cause))
        fail(cause); // the server or the proxy was judged
      else {
        const details = { origin: target.origin, reason: cause.code ?? cause.message };
        const hint = handshakeHint(cause);
        const context = { cause, details, ...(hint === undefined ? {} : { hint }) };
        const what = answer === undefined ? `no answer from ${target.origin}` : cutOff(target.origin, answer, received);
        fail(agentError('TRANSPORT_LOST', `${what}: ${cause.message.trim()}`, context));
      }
    }

    const tooLarge = () =>
      agentError('HTTP_TOO_LARGE', `more than ${maxBytes} bytes from ${target.origin}`, { details: { maxBytes } });

    const cancelTimeout = options.clock.after(options.timeoutMs, () => {
      const details = { origin: target.origin, reason: 'timeout', timeoutMs: options.timeoutMs };
      fail(agentError('TRANSPORT_LOST', `no answer from ${target.origin} in ${options.timeoutMs} ms`, { details }));
    });
    const { signal } = request;
    if (signal !== undefined) forgetSignal = onAbort(signal, () => fail(stopped(signal)));

    sending.on('error', lost);
    sending.once('socket', (socket) => {
      readBefore = sending.reusedSocket ? socket.bytesRead : 0;
      if (!isWatched || sending.reusedSocket) return;
      socket.once('connect', () => {
        connectMs = monotonicMs() - startedAt;
      });
      socket.once('secureConnect', () => {
        tlsMs = monotonicMs() - startedAt - (connectMs ?? 0);
        resumed = (socket as TLSSocket).isSessionReused();
      });
    });
    sending.once('response', (message) => {
      answer = message;
      if (isWatched) ttfbMs = monotonicMs() - startedAt;
      message.on('error', lost);
      if (request.fault?.breaks === 'answering') {
        fail(brokenOnPurpose());
        return;
      }
      if (Number(message.headers['content-length'] ?? 0) > maxBytes) {
        fail(tooLarge());
        return;
      }
      const chunks: Buffer[] = [];
      const rate = request.fault?.bytesPerSecond;
      const pace = rate === undefined ? undefined : slowly(message, rate, options.clock);
      const { into } = request;
      message.on('data', (chunk: Buffer) => {
        received += chunk.length;
        pace?.took(chunk);
        if (received > maxBytes) fail(tooLarge());
        else if (into === undefined) chunks.push(chunk);
        else if (message.statusCode === 200 && !settled) into(chunk);
      });
      const whole = (): void => {
        const [only] = chunks;
        const raw = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
        const done = (body: Buffer): void => {
          if (!settle(undefined, undefined, into === undefined ? body : undefined)) return;
          resolve({ status: message.statusCode ?? 0, headers: plainHeaders(message), body, url: target.url });
        };
        if (into !== undefined || message.headers['content-encoding'] === undefined) done(raw);
        else
          plainContent(message, raw, maxBytes, tooLarge).then(done, (error: unknown) =>
            fail(isRollcallError(error) ? error : undecodable(target.origin, message, error)),
          );
      };
      message.once('end', () => (pace === undefined ? whole() : pace.ended(whole)));
    });
    if (request.fault?.breaks === 'sending' && body !== undefined) sendHalf(sending, body);
    else sending.end(body);
  });
}

/** What is sent half says how long it would have been. */
function headersOf({ headers, proxy, request: { fault }, body }: ExchangeOptions): Readonly<Record<string, string>> {
  if (fault === undefined && proxy === undefined) return headers;
  return {
    ...headers,
    ...(fault?.breaks === 'sending' && body !== undefined ? { 'content-length': `${Buffer.byteLength(body)}` } : {}),
    ...(proxy?.authorization ? { 'proxy-authorization': proxy.authorization } : {}),
  };
}

function sendHalf(sending: ClientRequest, body: Uint8Array | string): void {
  const whole = Buffer.from(body as string);
  sending.write(whole.subarray(0, whole.length / 2), () => sending.destroy(brokenOnPurpose()));
}

const brokenOnPurpose = () =>
  agentError('TRANSPORT_LOST', 'the connection was dropped: a fault that was asked for', {
    hint: 'Whoever made this device asked for it; nothing is wrong with the server.',
    details: { reason: 'fault' },
  });

/** Lets no more through than so many octets a second: what is returned hears of each piece, and of the end, which it passes on. */
function slowly(message: IncomingMessage, bytesPerSecond: number, clock: Clock) {
  let until = 0;
  let cancel = (): void => {};
  return {
    took(chunk: Buffer): void {
      until = Math.max(until, clock.now()) + (chunk.length / bytesPerSecond) * 1000;
      message.pause(); // which does not hold up the end of an answer that has come whole
      cancel();
      cancel = clock.after(until - clock.now(), () => message.resume());
    },
    ended(done: () => void): void {
      cancel();
      const leftMs = until - clock.now();
      if (leftMs <= 0) done();
      else clock.after(leftMs, done);
    },
  };
}

/** What came of an answer whose connection broke before its end. */
function cutOff(origin: string, { statusCode, headers }: IncomingMessage, received: number): string {
  const whole = headers['content-length'];
  return `the answer ${statusCode ?? ''} of ${origin} ended after ${received}${whole === undefined ? '' : ` of ${whole}`} bytes`;
}

const stopped = (signal: AbortSignal) => baseError('INTERRUPTED', 'stopped on request', { cause: interrupted(signal) });

/** The body as it was before it was encoded. Throws `tooLarge` and ContentError. */
async function plainContent(message: IncomingMessage, raw: Buffer, maxBytes: number, tooLarge: () => Error) {
  const codings = codingsOf(message.headers['content-encoding']);
  if (codings === undefined) throw new ContentError('no such encoding was asked for');
  let body = raw;
  for (const coding of codings) body = await decode(coding, body, maxBytes, tooLarge);
  return body;
}

function undecodable(origin: string, { headers }: IncomingMessage, cause: unknown): RollcallError {
  const encoding = (headers['content-encoding'] ?? '').slice(0, 100);
  return agentError(
    'ANSWER_MALFORMED',
    `${origin}: the answer’s Content-Encoding is “${encoding}”: ${asError(cause).message}`,
    {
      cause,
      hint: 'Send the answer as it is, or with gzip or deflate, which the request’s Accept-Encoding names.',
      details: { origin },
    },
  );
}
