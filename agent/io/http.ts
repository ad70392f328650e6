import type { RequestOptions } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { SecureContext } from 'node:tls';
import { throwIfInterrupted } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { realClock } from '../../base/clock.js';
import { shownAddress } from '../../base/shown-address.js';
import type { Trace } from '../../base/trace.js';
import { agentError } from '../errors.js';
import type { Http, HttpObservation, HttpRequest, HttpSession } from '../model/ports.js';
import { type Bound, within } from './bounded.js';
import { acceptedEncodings } from './content.js';
import { type Agents, dropIdle, ownAgents, sharedAgents } from './http-agents.js';
import { certificateAsked, type ExchangeOptions, exchange, staleConnection } from './http-exchange.js';
import { boundTo } from './local-addresses.js';
import { rememberingLookup } from './lookup.js';
import { proxyFor } from './proxy.js';
import { certificatesOf } from './tls/chain.js';
import { type Offer, tlsContexts } from './tls/contexts.js';
import { ServerChecks, trustOf } from './tls/server-checks.js';
import { ServerJudge } from './tls/server-judge.js';
import type { SwiftOptions } from './tls/swift-agent.js';
import { type HttpTarget, targetReader } from './url.js';

/** Whom to trust, how long to wait, how connections are kept. */
export interface HttpOptions {
  /** PEM certificates that are trusted besides the public roots that Node carries, as by a person's hand. */
  readonly ca?: string | readonly string[];
  /** How long a whole answer may take, in real time. Default 60 s. */
  readonly timeoutMs?: number;
  /** Allows http:// addresses. Default false. */
  readonly allowHttp?: boolean;
  /** `shared`: sessions of the same identity use each other's connections, which then outlive them. */
  readonly connections?: 'per-session' | 'shared';
  readonly userAgent?: string;
  /** Addresses of this machine that sessions are spread over which name none themselves. Default: the system's choice. */
  readonly localAddresses?: readonly string[];
  /** Default: the real clock, whatever time the devices live in, for the network does not hurry with them. */
  readonly clock?: Clock;
  /** By which certificates are valid or expired where no device is asked for its own, in ms. Default: the real time. */
  readonly now?: () => number;
  readonly lookup?: LookupFunction;
  /** Told of every exchange, redirects and second tries included. */
  readonly observe?: (observation: HttpObservation) => void;
  /** Hears of every exchange with headers and bodies, redirects and second tries included. */
  readonly trace?: Trace;
}

const maxRedirects = 5;
/** A connection that is kept weighs more than the context it was made with, and is found again by it. */
const mostKept = 16_384;
/** What may be sent again by itself (RFC 9110 §9.2.2); URL loading on iOS does so too (Apple, QA1941). A POST may not. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'PUT', 'DELETE']);

/**
 * Http over node:https. `close` ends connections that are shared; sessions end their own. HTTPS_PROXY, HTTP_PROXY and NO_PROXY
 * are obeyed, but for addresses of this machine itself.
 *
 * @example
 * const http = createHttp({ ca: readFileSync('ca.pem', 'utf8') });
 * const session = http.open();
 * const { status } = await session.request({ method: 'GET', url: 'https://localhost:8443/stub/v1/health' });
 * session.close();
 */
export function createHttp(options: HttpOptions = {}): Http & { close(): void } {
  const { timeoutMs = 60_000, allowHttp = false, connections = 'per-session', userAgent, clock = realClock } = options;
  const { lookup = rememberingLookup(clock), observe, trace, now = realClock.now, localAddresses = [] } = options;
  const contexts = tlsContexts(connections === 'shared' ? { most: mostKept } : {});
  const given = typeof options.ca === 'string' ? [options.ca] : (options.ca ?? []);
  const checks = new ServerChecks(given.flatMap(certificatesOf));
  const asking = new Map<string, boolean>();
  const common = trustOf(undefined, now);
  const readUrl = targetReader();
  const shared = sharedAgents();
  let opened = 0;

  async function send(target: HttpTarget, request: HttpRequest, hop: Hop, { wayTo, watch, bound }: Leading) {
    for (let tries = 0; ; tries++) {
      const { agents, connection } = wayTo(target);
      const proxy = proxyFor(target.url);
      const exchangeOptions: ExchangeOptions = {
        target,
        request,
        method: hop.method,
        headers: hop.headers,
        body: hop.body,
        agent: target.secure ? agents.https() : agents.http(),
        connection: proxy === undefined ? connection : { ...connection, proxy },
        proxy: target.secure ? undefined : proxy,
        timeoutMs: bound?.leastOf(timeoutMs) ?? timeoutMs,
        clock,
        observe: watch,
        isRetry: tries > 0,
        trace,
      };
      const answer = await exchange(exchangeOptions);
      if (answer === certificateAsked && tries < 3) continue; // with the identity now; nothing had been sent
      if (answer !== staleConnection && answer !== certificateAsked) return answer;
      dropIdle(exchangeOptions.agent, target); // the other idle ones are as old: the second try gets a new one
      if (tries > 0 || answer === certificateAsked || !idempotent.has(hop.method))
        throw agentError('TRANSPORT_LOST', `${target.origin} closed the connection before it answered`);
    }
  }

  return {
    open({ identity, pins, server, allowsHttp = allowHttp, ...own }: Opening = {}): HttpSession {
      const trust = server ?? common;
      const isShared = (own.connections ?? connections) === 'shared' && pins === undefined;
      const watch = both(observe, own.observe);
      const from = boundTo(own.localAddress ?? localAddresses[opened++ % localAddresses.length]);
      const bare = (): Way => {
        const agents = isShared ? shared.of(contexts.of(identity), 'no TLS') : ownAgents();
        return { agents, connection: { ...from, lookup } };
      };
      const way = (offer: Offer, isWithIdentity: boolean): Way => {
        const agents = isShared ? shared.of(offer, checks.nameOfTrust(trust)) : ownAgents();
        const offers = isWithIdentity ? 'identity' : identity === undefined ? 'nothing' : 'nothing-yet';
        const judge = new ServerJudge({ checks, trust, pins, asking, offers, seen: agents.seen });
        const connection: Way['connection'] = {
          ...from,
          secureContext: offer.secureContext,
          lookup,
          judge: (socket, at) => judge.judge(socket, at),
        };
        return { agents, connection };
      };
      let open: Way | undefined;
      let plain: Way | undefined;
      let identified: Way | undefined;
      /** The identity is offered wherever the server asks for one: to have it at hand costs a TLS context for each device. */
      const wayTo = ({ origin, secure }: HttpTarget): Way => {
        if (!secure) {
          open ??= bare();
          return open;
        }
        if (identity !== undefined && asking.get(origin) !== false) {
          identified ??= way(contexts.of(identity), true);
          return identified;
        }
        plain ??= way(contexts.of(undefined), false);
        return plain;
      };
      let isOpen = true;
      return {
        request: (request) =>
          within(request, clock, async (bound) => {
            throwIfInterrupted(request.signal);
            let target = readUrl(request.url);
            let hop = firstHop(request, target, userAgent);
            if (!target.secure && !allowsHttp)
              throw agentError('TLS_UNTRUSTED', `${target.origin} has no TLS`, {
                hint: 'Give an https address, or allow http (--allow-http).',
              });
            for (let redirects = 0; ; redirects++) {
              if (!isOpen) throw agentError('TRANSPORT_LOST', 'the session was closed');
              const answer = await send(target, request, hop, { wayTo, watch, bound });
              const location = redirected.has(answer.status) ? answer.headers['location'] : undefined;
              if (location === undefined || request.followsRedirects === false) return answer;
              if (redirects === maxRedirects)
                throw agentError(
                  'HTTP_REDIRECTS',
                  `${shownAddress(request.url)} leads on more than ${maxRedirects} times`,
                );
              const next = nextTarget(location, target, readUrl, allowsHttp);
              hop = nextHop(hop, answer.status, next.origin === target.origin);
              target = next;
            }
          }),
        close() {
          isOpen = false;
          for (const each of [open, plain, identified]) if (each?.agents.isOwn) each.agents.destroy();
        },
      };
    },
    close: () => shared.destroy(),
  };
}

type Opening = NonNullable<Parameters<Http['open']>[0]>;
type Watch = ((observation: HttpObservation) => void) | undefined;

/** Where requests of a session go, and who hears of them. */
interface Leading {
  wayTo(target: HttpTarget): Way;
  readonly watch: Watch;
  readonly bound: Bound | undefined;
}

function both(all: Watch, own: Watch): Watch {
  if (all === undefined || own === undefined) return all ?? own;
  return (observation) => {
    all(observation);
    own(observation);
  };
}

/** With what a request goes to a server. */
interface Way {
  readonly agents: Agents;
  readonly connection: RequestOptions & SwiftOptions & { readonly secureContext?: SecureContext };
}

interface Hop {
  readonly method: HttpRequest['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | undefined;
}

function firstHop({ method, headers = {}, body }: HttpRequest, { secure }: HttpTarget, agent: string | undefined): Hop {
  const common = {
    ...(agent === undefined ? {} : { 'user-agent': agent }),
    'Accept-Encoding': secure ? acceptedEncodings.secure : acceptedEncodings.plain,
  };
  return { method, headers: { ...common, ...headers }, body };
}

const redirected = new Set([301, 302, 303, 307, 308]);
const secretHeaders = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** What is sent on: RFC 9110 §15.4. A POST becomes a GET on 301 and 302, anything on 303; else method and body stay. */
function nextHop(hop: Hop, status: number, isSameOrigin: boolean): Hop {
  const becomesGet = status === 303 || ((status === 301 || status === 302) && hop.method === 'POST');
  const headers = Object.fromEntries(
    Object.entries(hop.headers).filter(([name]) => {
      const lower = name.toLowerCase();
      return !(becomesGet && lower.startsWith('content-')) && (isSameOrigin || !secretHeaders.has(lower));
    }),
  );
  return becomesGet ? { method: 'GET', headers, body: undefined } : { ...hop, headers };
}

function nextTarget(
  location: string,
  from: HttpTarget,
  readUrl: (url: string) => HttpTarget,
  allowsHttp: boolean,
): HttpTarget {
  const url = URL.canParse(location, from.url) ? new URL(location, from.url).href : undefined;
  if (url === undefined || !/^https?:/.test(url))
    throw agentError(
      'HTTP_REDIRECTS',
      `${from.origin} leads to "${shownAddress(location).slice(0, 200)}", which is no web address`,
    );
  const target = readUrl(url);
  if (!target.secure && !allowsHttp)
    throw agentError('HTTP_REDIRECTS', `${from.origin} leads to ${target.origin}, without TLS`);
  return target;
}
