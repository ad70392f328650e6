import { connect as connectPlain, isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectSecure } from 'node:tls';
import type { ClientOptions } from 'ws';
import { realClock } from '../../../base/clock.js';
import { type Bound, boundTo } from '../local-addresses.js';
import { proxyFor, tunnel } from '../proxy.js';
import { certificatesOf } from '../tls/chain.js';
import { tlsContexts } from '../tls/contexts.js';
import { ServerChecks, trustOf } from '../tls/server-checks.js';
import { ServerJudge } from '../tls/server-judge.js';
import { type Endpoint, judged } from '../tls/swift-agent.js';

/** How the sockets to a push service are connected; one for all of them. */
export type PushTransport = NonNullable<ClientOptions['createConnection']>;

/** Whom to trust on such connections. */
export interface SocketTrust {
  /** PEM certificates that are trusted besides the public roots. */
  readonly ca?: readonly string[] | undefined;
  /** By which certificates are valid or expired, in ms. Default: the real time. */
  readonly now?: (() => number) | undefined;
}

/** Opens a TCP connection, or uses the one given; with TLS on it where `isSecure`. Whom it must not speak to it destroys. */
export type OpenSocket = (at: Endpoint & Bound & { readonly lookup?: LookupFunction }, socket?: Duplex) => Duplex;

/** To whom a client in common trusts, for no platform has rules for a push service. */
export function socketOpener({
  isSecure,
  ca = [],
  now = realClock.now,
}: SocketTrust & { isSecure: boolean }): OpenSocket {
  if (!isSecure) return (at, socket) => socket ?? connectPlain(at);
  const { secureContext } = tlsContexts().of(undefined);
  const checks = new ServerChecks(ca.flatMap(certificatesOf));
  return (at, socket) => {
    const judge = new ServerJudge({ checks, trust: trustOf(undefined, now), offers: 'nothing', seen: new Map() });
    const secured = connectSecure({
      ...at,
      secureContext,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(isIP(at.host) === 0 ? { servername: at.host } : {}),
      ...(socket === undefined ? {} : { socket }),
    });
    return judged(secured, at, (presented, endpoint) => judge.judge(presented, endpoint));
  };
}

/** Connects as the HTTP of a device does: through the proxy that the environment names. */
export function pushTransport({ url, ...trust }: SocketTrust & { readonly url: string }): PushTransport {
  const open = socketOpener({ ...trust, isSecure: new URL(url).protocol === 'wss:' });
  return ((
    given: { host?: string; port?: string | number } & Bound,
    done?: (error: Error | null, socket?: Duplex) => void,
  ) => {
    const at = { host: given.host ?? '', port: Number(given.port), ...boundTo(given.localAddress) };
    const proxy = proxyFor(url);
    if (proxy === undefined) return open(at);
    tunnel(proxy, at.host, at.port, (error, socket) => {
      if (error !== null) done?.(error);
      else done?.(null, open(at, socket));
    });
    return undefined;
  }) as unknown as PushTransport; // ws declares it with the overloads of net.connect, and calls it as node:http does
}
