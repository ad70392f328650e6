// The way through an HTTP proxy, where the environment names one.
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { getProxyForUrl } from 'proxy-from-env';
import { realClock } from '../../base/clock.js';
import { agentError } from '../errors.js';

/** A proxy that requests go through. */
export interface HttpProxy {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Scheme, host and port: what may be said of it. */
  readonly origin: string;
  /** Basic credentials of its address. Never logged. */
  readonly authorization?: string;
}

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/i;
/** The same in an address that need not be taken apart to know it. */
const plainLoopback = /^(?:http|ws)s?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?\//;

/**
 * The proxy for this address by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (either case), undefined for none. WebSockets go
 * as https and http do; nothing on this machine itself goes through one. Throws TRANSPORT_LOST for a proxy that is no address.
 */
export function proxyFor(address: string): HttpProxy | undefined {
  if (plainLoopback.test(address)) return undefined;
  const url = new URL(address.replace(/^ws(s?):/i, 'http$1:'));
  if (loopback.test(url.hostname)) return undefined;
  const text = getProxyForUrl(url);
  if (text === '') return undefined;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy === undefined || !/^https?:$/.test(proxy.protocol))
    throw agentError('TRANSPORT_LOST', `the proxy for ${url.origin} is no http or https address`, {
      hint: 'Look at HTTPS_PROXY, HTTP_PROXY and ALL_PROXY: http://HOST:PORT, with NO_PROXY for hosts that need none.',
    });
  const secure = proxy.protocol === 'https:' && !isBare(text);
  const credentials = `${decoded(proxy.username)}:${decoded(proxy.password)}`;
  return {
    secure,
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? (secure ? 443 : 80) : Number(proxy.port),
    origin: `http${secure ? 's' : ''}://${proxy.host}`,
    ...(credentials === ':' ? {} : { authorization: `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}` }),
  };
}

/** What is no escape stands for itself: a password may have a percent sign. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** True for `HOST:PORT`, to which the library adds the scheme of what is asked for: proxies are spoken to over http then. */
const isBare = (text: string): boolean =>
  ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].some((name) => `https://${process.env[name]}` === text);

/** How long a proxy may take, in real time: whoever gave up the connection may be gone by then. */
const proxyTimeoutMs = 60_000;

/**
 * Opens a connection to host and port through the proxy (RFC 9110 §9.3.6). Calls back once; the socket carries anything. What
 * is given back may be destroyed before.
 */
export function tunnel(
  proxy: HttpProxy,
  host: string,
  port: number,
  done: (error: Error | null, socket?: Socket) => void,
) {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const sent = (proxy.secure ? httpsRequest : httpRequest)({
    method: 'CONNECT',
    host: proxy.host,
    port: proxy.port,
    path: target,
    headers: { host: target, ...(proxy.authorization && { 'proxy-authorization': proxy.authorization }) },
    agent: false,
  });
  const cancelTimeout = realClock.after(proxyTimeoutMs, () =>
    sent.destroy(new Error(`no answer in ${proxyTimeoutMs / 1000} s`)),
  );
  sent.once('close', cancelTimeout);
  const lost = (why: string, cause?: Error) =>
    done(
      agentError('TRANSPORT_LOST', `the proxy ${proxy.origin} ${why}`, { ...(cause && { cause }), hint: proxyHint }),
    );
  sent.once('connect', ({ statusCode = 0 }, socket) => {
    cancelTimeout();
    if (statusCode >= 200 && statusCode <= 299) {
      done(null, socket);
      return;
    }
    socket.destroy();
    lost(`answered ${statusCode} to CONNECT ${target}`);
  });
  sent.once('response', (answer) => {
    answer.destroy();
    lost(`answered ${answer.statusCode} to CONNECT ${target}`);
  });
  sent.once('error', (cause) => lost(`cannot be reached: ${cause.message}`, cause));
  sent.end();
  return sent;
}

const proxyHint =
  'HTTPS_PROXY or HTTP_PROXY names this proxy; NO_PROXY lists hosts that need none, and 407 asks for http://USER:PASSWORD@HOST:PORT.';
