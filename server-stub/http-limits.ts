// Node's own bounds on HTTP/1.1, each set on purpose (docs/reliability.md lists them).

import type { Server } from 'node:http';
import type { ServerOptions } from 'node:https';

/** Milliseconds and octets. */
export const httpLimits = {
  /** Request line and headers: a SCEP request by GET is a header of several KiB. Beyond it 431. */
  maxHeaderSize: 64 * 1024,
  /** Beyond it 431. Node would leave the others out without a word. */
  maxHeaders: 200,
  /** From the connection's begin, or the first octet of a later request, to the end of its headers; then 408. */
  headersTimeout: 15_000,
  /** To the end of its body; then 408. */
  requestTimeout: 60_000,
  /** How often the two above are looked at. */
  connectionsCheckingInterval: 5_000,
  /** Without a request. */
  keepAliveTimeout: 65_000,
  /** In which nothing is received and nothing of an answer is taken. */
  silenceTimeout: 120_000,
  /** The last one's answer ends the connection. */
  maxRequestsPerSocket: 10_000,
  /** Requests that one connection may send ahead of their answers. Beyond it the connection is cut off. */
  maxAhead: 32,
  handshakeTimeout: 15_000,
  /** From the call of `close` until what still runs is cut off. */
  stopMs: 4_000,
} as const;

/** What is set when the server is made. */
export const serverOptions: ServerOptions = {
  maxHeaderSize: httpLimits.maxHeaderSize,
  connectionsCheckingInterval: httpLimits.connectionsCheckingInterval,
  headersTimeout: httpLimits.headersTimeout,
  requestTimeout: httpLimits.requestTimeout,
  keepAliveTimeout: httpLimits.keepAliveTimeout,
};

/** What is set afterwards. */
export function limit(server: Server): void {
  server.timeout = httpLimits.silenceTimeout;
  server.maxRequestsPerSocket = httpLimits.maxRequestsPerSocket;
  server.maxHeadersCount = httpLimits.maxHeaders + 1; // one more than is taken, so that it is seen
}
