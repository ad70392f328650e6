// One request to the stub, as its trace hears of it.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { monotonicMs, realClock } from '../base/clock.js';
import type { Trace, TracedExchange } from '../base/trace.js';

/** Gathers what a request and its answer were, and tells of them once. Made only where somebody traces. */
export class TracedRequest {
  readonly #message: IncomingMessage;
  readonly #url: string;
  readonly #remote: string;
  readonly #startedAt = realClock.now();
  readonly #started = monotonicMs();
  #body: Uint8Array | undefined;
  #answer: Pick<TracedExchange, 'status' | 'responseHeaders' | 'responseBody' | 'ttfbMs'> | undefined;

  constructor(message: IncomingMessage, isSecure: boolean) {
    this.#message = message;
    const host = message.headers.host ?? `${message.socket.localAddress ?? ''}:${message.socket.localPort ?? ''}`;
    this.#url = `${isSecure ? 'https' : 'http'}://${host}${message.url ?? ''}`;
    this.#remote = peerOf(message.socket);
  }

  /** The whole body has arrived. */
  asked(body: Uint8Array): void {
    this.#body = body;
  }

  answered(
    status: number,
    headers: Readonly<Record<string, string | number>>,
    responseBody: Uint8Array | undefined,
  ): void {
    this.#answer = {
      status,
      responseHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      ttfbMs: monotonicMs() - this.#started,
      ...(responseBody !== undefined && { responseBody }),
    };
  }

  /** The answer has gone out, or its receiver away. */
  end(trace: Trace): void {
    trace.exchanged({
      side: 'server',
      startedAt: this.#startedAt,
      method: this.#message.method ?? '',
      url: this.#url,
      remote: this.#remote,
      requestHeaders: plainHeaders(this.#message.headers),
      ...(this.#body !== undefined && { requestBody: this.#body }),
      ...(this.#answer ?? { code: 'UNANSWERED', message: 'the connection ended before the answer' }),
      totalMs: monotonicMs() - this.#started,
    });
  }
}

/** Address and port of the other end. */
export function peerOf({ remoteAddress = '', remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  const address = remoteAddress.replace(/^::ffff:/, '');
  return `${address.includes(':') ? `[${address}]` : address}:${remotePort ?? ''}`;
}

/** Header values as text; what Node gives as a list is joined. Names of HTTP/2 that stand for the first line are left out. */
export function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(':')) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
