// Joining Entra, or adding a work account, before the enrollment (specs/windows.md §1.2): the directory gives a token and says where the
// tenant's devices enroll, the tenant's terms of use are accepted. How a device gets the token (metadata by the user's domain, a grant by
// password) is a convention of this project: Windows has a broker for it, whose protocol no server of management sees.
import { isRollcallError } from '../../../base/errors.js';
import { shownAddress } from '../../../base/shown-address.js';
import { hresultOfStatus } from '../../../protocol/mde2/hresult.js';
import type { HttpAnswer, HttpSession } from '../../model/ports.js';
import type { DeviceFacts } from '../../model/state.js';
import type { EntraGrant, EntraSignIn, Invitation } from '../driver.js';
import { deviceIdOf } from './device-id.js';
import { busy, failed, failureOf, hresult, refused } from './failures.js';
import { requireAddress, type SoapWire } from './soap-exchange.js';

/** What a join is to the enrollment that follows. */
export interface Joined {
  readonly token: string;
  /** Where to enroll; absent where the directory does not say. */
  readonly enrollmentUrl?: string;
  /** What the terms of use gave, for the request of the certificate. */
  readonly enrollmentData?: string;
}

/** The application that asks: Windows' account broker (its identifier is public). */
const brokerId = '29d9ed98-a469-4536-ade2-f981bc1d605e';
const maxBytes = 256 * 1024;
const withinMs = 60_000;

/**
 * The join that the invitation asks for. Throws ENROLL_REFUSED for what the directory or the
 * terms of use refuse, ENROLL_FAILED for what cannot be used, AUTHORITY_BUSY, and what the transport throws.
 */
export async function joinEntra(
  invitation: Invitation & { readonly entra: string | EntraSignIn },
  facts: DeviceFacts,
  requestId: string,
  wire: SoapWire,
): Promise<Joined> {
  const { entra, user, secret, acceptsTerms = true, url } = invitation;
  const deviceId = guidOf(deviceIdOf(facts));
  const grant =
    typeof entra === 'string'
      ? await ask(entra, invitation, deviceId, wire)
      : await call(entra, { deviceId, ...(user === undefined ? {} : { user }) }, wire);
  const { token, enrollmentUrl, termsOfUseUrl } = grant;
  if (url === undefined && enrollmentUrl === undefined)
    throw failed('sign-in', 0x80180031, 'the directory names no address at which the tenant’s devices enroll', {
      hint: 'Say where, with --server.',
    });
  if (termsOfUseUrl === undefined) return { token, ...(enrollmentUrl === undefined ? {} : { enrollmentUrl }) };
  const { allowHttp, ports, server, signal } = wire;
  requireAddress('sign-in', termsOfUseUrl, allowHttp);
  const viewer = { allowHttp, ...(user === undefined ? {} : { user }), ...(secret === undefined ? {} : { secret }) };
  const terms = { ...viewer, url: termsOfUseUrl, token, requestId, isAccepted: acceptsTerms };
  const { agreeToTerms } = await import('./web/terms-of-use.js');
  const enrollmentData = await agreeToTerms(terms, ports, server, signal);
  return {
    token,
    ...(enrollmentUrl === undefined ? {} : { enrollmentUrl }),
    ...(enrollmentData === undefined ? {} : { enrollmentData }),
  };
}

/** The device's identifier in the directory: its DeviceID as a GUID; a convention, Entra gives one at registration. */
const guidOf = (deviceId: string): string =>
  deviceId.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

async function call(join: EntraSignIn, request: Parameters<EntraSignIn>[0], { signal }: SoapWire): Promise<EntraGrant> {
  try {
    return await join(request, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (isRollcallError(error)) throw failureOf(error, 'sign-in');
    const text = `the join failed: ${error instanceof Error ? error.message : String(error)}`;
    throw failed('sign-in', hresult.webView, text, { cause: error });
  }
}

/** Asks a token service, whose tenant is found by the domain of the user, or by the address itself where it names one. */
async function ask(
  service: string,
  { user, secret }: Invitation,
  deviceId: string,
  wire: SoapWire,
): Promise<EntraGrant> {
  const domain = /^[^@\s]+@([^@\s/?#:]+)$/.exec(user ?? '')?.[1];
  if (user === undefined || domain === undefined)
    throw failed('sign-in', hresult.passwordNeeded, 'a join is somebody’s, and no user principal name is given', {
      hint: 'Say who joins, with --user user@domain and the password in ROLLCALL_PASSWORD.',
    });
  const session = wire.ports.http.open({ server: wire.server });
  try {
    const metadata = `${service.replace(/\/+$/, '')}/${encodeURIComponent(domain)}/.well-known/openid-configuration`;
    const found = objectIn(await request('GET', metadata, undefined, session, wire), metadata);
    const endpoint = textOf(found['token_endpoint']);
    if (endpoint === undefined) throw unusable(metadata, 'names no token_endpoint');
    const form = new URLSearchParams({
      grant_type: 'password',
      client_id: brokerId,
      scope: 'openid mdm_delegation',
      username: user,
      password: secret ?? '',
      device_id: deviceId,
    });
    return grantIn(await request('POST', endpoint, form.toString(), session, wire), endpoint);
  } finally {
    session.close();
  }
}

async function request(
  method: 'GET' | 'POST',
  url: string,
  body: string | undefined,
  session: HttpSession,
  { allowHttp, signal }: SoapWire,
): Promise<HttpAnswer> {
  requireAddress('sign-in', url, allowHttp);
  const form = body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
  const headers = { Accept: 'application/json', ...form };
  const sent = { operation: 'token', method, url, headers, ...(body === undefined ? {} : { body }) } as const;
  const answer = await session.request({ ...sent, maxBytes, withinMs, followsRedirects: false, signal });
  const { status } = answer;
  if (status === 429 || status >= 500)
    throw busy('sign-in', hresultOfStatus(status), `${shownAddress(url)} answered ${status}`, { details: { status } });
  return answer;
}

function grantIn(answer: HttpAnswer, url: string): EntraGrant {
  const fields = objectIn(answer, url);
  const token = textOf(fields['access_token']);
  if (token === undefined) throw unusable(url, 'gave no access_token');
  // Not verified: it came over TLS from whom it is of, and a device has no other use for it.
  const identity = claimsOf(textOf(fields['id_token']) ?? '');
  const [enrollmentUrl, termsOfUseUrl] = [identity['mdm_enrollment_url'], identity['mdm_terms_of_use_url']].map(textOf);
  return {
    token,
    ...(enrollmentUrl === undefined ? {} : { enrollmentUrl }),
    ...(termsOfUseUrl === undefined ? {} : { termsOfUseUrl }),
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** The object of a good answer. Throws ENROLL_REFUSED for an error of OAuth, ENROLL_FAILED for anything else. */
function objectIn({ status, body }: HttpAnswer, url: string): Fields {
  const fields = parsed(body.toString('utf8'));
  if (status === 200 && fields !== undefined) return fields;
  const error = textOf(fields?.['error']);
  if (error === undefined) {
    const text = `${shownAddress(url)} answered ${status} with nothing of a token service`;
    throw failed('sign-in', hresultOfStatus(status), text, { details: { status, url: shownAddress(url) } });
  }
  const said = textOf(fields?.['error_description'])?.slice(0, 300) ?? '';
  const number = error === 'invalid_grant' ? 0x80180002 : 0x80180003; // our rule
  throw refused('sign-in', number, `${shownAddress(url)}: ${error.slice(0, 100)}${said === '' ? '' : `: ${said}`}`, {
    details: { status, url: shownAddress(url), error: error.slice(0, 100) },
    hint: 'The token service does not take this user or this password: look at --user and ROLLCALL_PASSWORD.',
  });
}

const unusable = (url: string, what: string) => failed('sign-in', hresultOfStatus(200), `${shownAddress(url)} ${what}`);

const claimsOf = (jwt: string): Fields =>
  parsed(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString('utf8')) ?? {};

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
