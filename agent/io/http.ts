import { Agent as HttpAgent, type RequestOptions } from 'node:http';
import type { Agent as HttpsAgent, RequestOptions as HttpsRequestOptions } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { ConnectionOptions, SecureContext } from 'node:tls';
import { throwIfInterrupted } from '../../base/abort.js';
import type { Clock } from '../../base/clock.js';
import { realClock } from '../../base/clock.js';
import { shownAddress } from '../../base/shown-address.js';
import { agentError } from '../errors.js';
import type { Http, HttpAnswer, HttpRequest, HttpSession } from '../model/ports.js';
import { type ExchangeOptions, exchange, type HttpObservation, staleConnection } from './http-exchange.js';
import { rememberingLookup } from './lookup.js';
import { ServerChecks, SwiftAgent, tlsContexts } from './tls.js';
import { type HttpTarget, targetReader } from './url.js';

/** Whom to trust, how long to wait, how connections are kept. */
export interface HttpOptions {
  /** PEM certificates, trusted in place of the roots that Node carries. */
  readonly ca?: string | readonly string[];
  /** How long a whole answer may take, in real time. Default 60 s. */
  readonly timeoutMs?: number;
  /** Allows http:// addresses. Default false. */
  readonly allowHttp?: boolean;
  /** `shared`: sessions of the same identity use each other's connections, which then outlive them. */
  readonly connections?: 'per-session' | 'shared';
  readonly userAgent?: string;
  /** Default: the real clock, whatever time the devices live in, for the network does not hurry with them. */
  readonly clock?: Clock;
  readonly lookup?: LookupFunction;
  /** Told of every exchange, redirects and second tries included. */
  readonly observe?: (observation: HttpObservation) => void;
}

const maxRedirects = 5;
const maxSocketsPerSession = 6;

/**
 * Http over node:https. `close` ends connections that are shared; sessions end their own.
 *
 * @example
 * const http = createHttp({ ca: readFileSync('ca.pem', 'utf8') });
 * const session = http.open();
 * const { status } = await session.request({ method: 'GET', url: 'https://localhost:8443/stub/v1/health' });
 * session.close();
 */
export function createHttp(options: HttpOptions = {}): Http & { close(): void } {
  const { timeoutMs = 60_000, allowHttp = false, connections = 'per-session', userAgent, clock = realClock } = options;
  const { lookup = rememberingLookup(clock), observe } = options;
  const contexts = tlsContexts(typeof options.ca === 'string' ? [options.ca] : options.ca);
  const serverChecks = new ServerChecks();
  const readUrl = targetReader();
  const shared = connections === 'shared' ? sharedAgents() : undefined;

  function send(target: HttpTarget, request: HttpRequest, hop: Hop, agents: Agents, connection: RequestOptions) {
    const exchangeOptions: ExchangeOptions = {
      target,
      request,
      method: hop.method,
      headers: hop.headers,
      body: hop.body,
      agent: target.secure ? agents.https() : agents.http(),
      connection,
      timeoutMs,
      clock,
      observe,
    };
    return exchange(exchangeOptions).then((answer) => {
      if (answer !== staleConnection) return answer;
      dropIdle(exchangeOptions); // the other idle ones are as old: the second try gets a new one
      return exchange(exchangeOptions).then((second) => {
        if (second !== staleConnection) return second;
        throw agentError('TRANSPORT_LOST', `${target.origin} closes every connection before it answers`);
      });
    });
  }

  return {
    open({ identity, pins } = {}): HttpSession {
      const secureContext = contexts.of(identity);
      const connection: HttpsRequestOptions & Pick<ConnectionOptions, 'secureContext'> = {
        secureContext,
        checkServerIdentity: serverChecks.with(pins),
        lookup,
      };
      const agents = shared === undefined || pins !== undefined ? ownAgents() : shared.of(secureContext);
      let isOpen = true;
      return {
        async request(request): Promise<HttpAnswer> {
          throwIfInterrupted(request.signal);
          let target = readUrl(request.url);
          let hop = firstHop(request, userAgent);
          if (!target.secure && !allowHttp)
            throw agentError('TLS_UNTRUSTED', `${target.origin} has no TLS`, {
              hint: 'Give an https address, or allow http (--allow-http).',
            });
          for (let redirects = 0; ; redirects++) {
            if (!isOpen) throw agentError('TRANSPORT_LOST', 'the session was closed');
            const answer = await send(target, request, hop, agents, connection);
            const location = redirected.has(answer.status) ? answer.headers['location'] : undefined;
            if (location === undefined) return answer;
            if (redirects === maxRedirects)
              throw agentError(
                'HTTP_REDIRECTS',
                `${shownAddress(request.url)} leads on more than ${maxRedirects} times`,
              );
            const next = nextTarget(location, target, readUrl, allowHttp);
            hop = nextHop(hop, answer.status, next.origin === target.origin);
            target = next;
          }
        },
        close() {
          isOpen = false;
          if (agents.isOwn) agents.destroy();
        },
      };
    },
    close: () => shared?.destroy(),
  };
}

interface Hop {
  readonly method: HttpRequest['method'];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | undefined;
}

function firstHop({ method, headers = {}, body }: HttpRequest, userAgent: string | undefined): Hop {
  return { method, headers: userAgent === undefined ? headers : { 'user-agent': userAgent, ...headers }, body };
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
  allowHttp: boolean,
): HttpTarget {
  const url = URL.canParse(location, from.url) ? new URL(location, from.url).href : undefined;
  if (url === undefined || !/^https?:/.test(url))
    throw agentError('HTTP_REDIRECTS', `${from.origin} leads to "${location.slice(0, 200)}", which is no web address`);
  const target = readUrl(url);
  if (!target.secure && !allowHttp)
    throw agentError('HTTP_REDIRECTS', `${from.origin} leads to ${target.origin}, without TLS`);
  return target;
}

/** The connections that requests go through; each kind of agent is made when first needed. */
interface Agents {
  readonly isOwn: boolean;
  http(): HttpAgent;
  https(): HttpsAgent;
  destroy(): void;
}

function agentsOf(isOwn: boolean, maxSockets: number): Agents {
  let http: HttpAgent | undefined;
  let https: HttpsAgent | undefined;
  return {
    isOwn,
    http: () => {
      http ??= new HttpAgent({ keepAlive: true, maxSockets });
      return http;
    },
    https: () => {
      https ??= new SwiftAgent({ keepAlive: true, maxSockets });
      return https;
    },
    destroy: () => {
      http?.destroy();
      https?.destroy();
    },
  };
}

const ownAgents = (): Agents => agentsOf(true, maxSocketsPerSession);

/** One set of connections for each TLS context, so that no identity ever travels on another's connection. */
function sharedAgents() {
  const byContext = new WeakMap<SecureContext, Agents>();
  const all = new Set<WeakRef<Agents>>();
  return {
    of(context: SecureContext): Agents {
      let agents = byContext.get(context);
      if (agents === undefined) {
        agents = agentsOf(false, Number.POSITIVE_INFINITY);
        byContext.set(context, agents);
        if (all.size >= 1000) for (const ref of all) if (ref.deref() === undefined) all.delete(ref);
        all.add(new WeakRef(agents));
      }
      return agents;
    },
    destroy(): void {
      for (const ref of all) ref.deref()?.destroy();
      all.clear();
    },
  };
}

/** Closes idle connections to this server. Node names them by host, port and then much else. */
function dropIdle({ agent, target }: ExchangeOptions): void {
  for (const [name, sockets] of Object.entries(agent.freeSockets))
    if (name.startsWith(`${target.host}:${target.port}:`)) for (const socket of sockets ?? []) socket.destroy();
}
