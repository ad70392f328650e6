// The push service's provider side in the shape of WNS (protocol/wns.ts): an access token, and notifications posted to channels.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import {
  encodeRawNotification,
  maxWnsBytes,
  tokenOfParameter,
  wnsDomain,
  wnsHeaders,
  wnsTokenHosts,
} from '../../protocol/wns.js';
import type { Route, StubAnswer, StubRequest } from '../http-types.js';
import { keepMs, type PushResult, type PushService } from './service.js';

interface WnsOptions {
  readonly service: PushService;
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly log: Log;
}

/** Names that the service answers under; its certificate is for them. */
export const wnsHosts: readonly string[] = [...wnsTokenHosts, `*.${wnsDomain}`];

/** Whether CONNECT to this host (lower case) is for us. */
export const isWnsHost = (host: string): boolean =>
  wnsTokenHosts.some((each) => each === host) || host.endsWith(`.${wnsDomain}`);

/** What Microsoft gives out: `expires_in` of both token services. */
const liveTokenMs = 86_400_000;
const entraTokenMs = 3_599_000;
const scopes = ['notify.windows.com', 'https://wns.windows.com/.default'];
/** A raw notification with no time to live of its own is kept so long. */
const defaultTtlMs = 3 * 24 * 3_600_000;

/** The token endpoints and the channel endpoint. Access tokens are good for this process alone, as are the channels it knows. */
export function wnsRoutes({ service, clock, random, log }: WnsOptions): Route[] {
  const key = random(32);
  const sign = (expires: string): Buffer => createHmac('sha256', key).update(expires).digest();
  const tokenUntil = (at: number): string => `${at}.${sign(String(at)).toString('base64url')}`;

  function isCurrent(token: string): boolean {
    const [expires = '', signature = '', more] = token.split('.');
    if (more !== undefined || !/^\d{1,15}$/.test(expires) || Number(expires) <= clock.now()) return false;
    const given = Buffer.from(signature, 'base64url');
    const expected = sign(expires);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** RFC 6749 §4.4. Who the client is, is not asked: a secret that no store gave out proves nothing here. */
  function giveToken(request: StubRequest, lifeMs: number): StubAnswer {
    const form = new URLSearchParams(request.body.toString('utf8'));
    const refused = (error: string): StubAnswer => {
      log.warn('PUSH_REFUSED', { path: request.path, reason: error, remote: request.remote });
      return { status: 400, headers: jsonHeaders, body: JSON.stringify({ error }) };
    };
    if (form.get('grant_type') !== 'client_credentials') return refused('unsupported_grant_type');
    if ((form.get('client_id') ?? '') === '' || (form.get('client_secret') ?? '') === '')
      return refused('invalid_client');
    if (!scopes.includes(form.get('scope') ?? '')) return refused('invalid_scope');
    const token = tokenUntil(clock.now() + lifeMs);
    const body = { access_token: token, token_type: 'bearer', expires_in: lifeMs / 1000 };
    return { status: 200, headers: jsonHeaders, body: JSON.stringify(body) };
  }

  function notify(request: StubRequest): StubAnswer {
    const id = random(8).toString('hex').toUpperCase();
    const token = tokenOfParameter(request.query.get('token'));
    const answer = (status: number, headers: Readonly<Record<string, string>>): StubAnswer => ({
      status,
      headers: { [wnsHeaders.messageId]: id, ...headers },
    });
    const refuse = (status: number, reason: string, headers: Readonly<Record<string, string>> = {}): StubAnswer => {
      log.warn('PUSH_REFUSED', { reason, status, token: token?.slice(0, 16), remote: request.remote });
      return answer(status, { [wnsHeaders.errorDescription]: reason, [wnsHeaders.status]: 'dropped', ...headers });
    };
    const [, bearer] = /^Bearer +([A-Za-z0-9._-]{1,200})$/i.exec(request.headers['authorization'] ?? '') ?? [];
    if (bearer === undefined || !isCurrent(bearer))
      return refuse(401, 'The access token is missing, wrong or has expired', {
        'www-authenticate': 'Bearer error="invalid_token"',
      });
    const fault = headerFault(request);
    if (fault !== undefined) return refuse(400, fault);
    if (request.body.length > maxWnsBytes) return refuse(413, `The notification is larger than ${maxWnsBytes} bytes`);
    if (request.body.length === 0) return refuse(400, 'A raw notification needs a body');
    if (token === undefined) return refuse(404, 'This is no channel');
    const result = service.push({
      token,
      id,
      payload: encodeRawNotification(request.body),
      expiresAt: expiryOf(request, clock.now()),
    });
    if (!result.ok)
      return result.reason === 'Unregistered'
        ? refuse(410, 'The channel has expired')
        : refuse(404, 'There is no such channel');
    const wantsStatus = request.headers[wnsHeaders.requestForStatus]?.toLowerCase() === 'true';
    return answer(200, {
      [wnsHeaders.status]: statusOf(result, request),
      ...(wantsStatus && { [wnsHeaders.connectionStatus]: result.sent ? 'connected' : 'disconnected' }),
    });
  }

  const formBytes = 16 * 1024;
  return [
    {
      method: 'POST',
      path: '/accesstoken.srf',
      maxBytes: formBytes,
      handle: (request) => giveToken(request, liveTokenMs),
    },
    {
      method: 'POST',
      path: '/:tenant/oauth2/v2.0/token',
      maxBytes: formBytes,
      handle: (request) => giveToken(request, entraTokenMs),
    },
    { method: 'POST', path: '/', maxBytes: 64 * 1024, handle: notify },
  ];
}

const jsonHeaders = { 'content-type': 'application/json' };

/** Why the headers are not those of a raw notification: the one kind that MDM sends. */
function headerFault({ headers }: StubRequest): string | undefined {
  const type = headers[wnsHeaders.type];
  if (type === undefined) return 'X-WNS-Type is missing';
  if (type.toLowerCase() !== 'wns/raw') return 'X-WNS-Type: devices in management take wns/raw alone';
  const content = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (content !== 'application/octet-stream') return 'Content-Type of wns/raw is application/octet-stream';
  const policy = headers[wnsHeaders.cachePolicy];
  if (policy !== undefined && !['cache', 'no-cache'].includes(policy.toLowerCase()))
    return 'X-WNS-Cache-Policy is cache or no-cache';
  const ttl = headers[wnsHeaders.ttl];
  return ttl === undefined || /^\d{1,9}$/.test(ttl) ? undefined : 'X-WNS-TTL is a number of seconds';
}

/** A raw notification is not kept for a device that is away, unless it is asked to be. */
function expiryOf({ headers }: StubRequest, now: number): number {
  if (headers[wnsHeaders.cachePolicy]?.toLowerCase() !== 'cache') return 0;
  const ttl = headers[wnsHeaders.ttl];
  return now + Math.min(ttl === undefined ? defaultTtlMs : Number(ttl) * 1000, keepMs);
}

const statusOf = (result: PushResult & { readonly ok: true }, { headers }: StubRequest): string =>
  result.sent || headers[wnsHeaders.cachePolicy]?.toLowerCase() === 'cache' ? 'received' : 'dropped';
