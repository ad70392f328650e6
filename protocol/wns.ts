// The Windows Push Notification Services as MDM uses them (specs/windows.md §1.12; learn.microsoft.com, "Push notification service
// request and response headers"): a channel URI, a raw notification posted to it, an access token for whoever posts.

/** Where senders get their access token, by the names that Microsoft gives it. */
export const wnsTokenHosts = ['login.live.com', 'login.microsoftonline.com'] as const;
/** A channel's host is a data centre's below this domain; servers are told to check that. */
export const wnsDomain = 'notify.windows.com';
/** The host of the channels that devices of ours have: it is in nobody's DNS. */
const wnsHost = `rollcall.${wnsDomain}`;

/** Header names, in lower case. */
export const wnsHeaders = {
  type: 'x-wns-type',
  cachePolicy: 'x-wns-cache-policy',
  ttl: 'x-wns-ttl',
  requestForStatus: 'x-wns-requestforstatus',
  status: 'x-wns-status',
  connectionStatus: 'x-wns-deviceconnectionstatus',
  messageId: 'x-wns-msg-id',
  errorDescription: 'x-wns-error-description',
} as const;

/** Bytes of a notification; beyond it 413. */
export const maxWnsBytes = 5000;

/** A channel lives for 30 days; a device asks for a new one at half of it. Milliseconds. */
export const wnsChannelMs = 30 * 24 * 3_600_000;

/** The channel of a device that waits under this token (lower-case hexadecimal). */
export const channelUriOf = (token: string): string =>
  `https://${wnsHost}/?token=${encodeURIComponent(Buffer.from(token, 'hex').toString('base64'))}`;

/** The token (hexadecimal) of a channel URI; undefined for one that is no channel of ours. */
export function tokenOfChannelUri(uri: string): string | undefined {
  if (uri.length > 1024) return undefined;
  let url: URL;
  try {
    url = new URL(uri);
  } catch {
    return undefined;
  }
  if (url.protocol !== 'https:' || url.hostname !== wnsHost || url.pathname !== '/') return undefined;
  return tokenOfParameter(url.searchParams.get('token'));
}

/** The token of the parameter `token` of a channel URI, percent-decoded; undefined for what is none. */
export function tokenOfParameter(value: string | null): string | undefined {
  if (value === null || !/^[A-Za-z0-9+/]{8,200}={0,2}$/.test(value)) return undefined;
  const bytes = Buffer.from(value, 'base64');
  return bytes.toString('base64') === value ? bytes.toString('hex') : undefined;
}

/** What the push service carries for a raw notification; a device looks at nothing in it. */
export const encodeRawNotification = (body: Uint8Array): string =>
  JSON.stringify({ raw: Buffer.from(body).toString('base64') });

/** True for what `encodeRawNotification` made. */
export function isRawNotification(payload: string): boolean {
  if (payload.length > 16 * 1024) return false;
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null && 'raw' in value && typeof value.raw === 'string';
  } catch {
    return false;
  }
}
