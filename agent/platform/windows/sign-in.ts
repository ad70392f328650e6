// What a device shows to GetPolicies and RequestSecurityToken (specs/windows.md §1.2).
import { isUtf8 } from 'node:buffer';
import { type Credential, valueTypes } from '../../../protocol/mde2/credentials.js';
import type { EnrollmentCertificate, Invitation } from '../driver.js';
import type { Discovered } from './discover.js';
import { failed, failureOf, hresult } from './failures.js';
import { requireAddress, type SoapWire } from './soap-exchange.js';

/** What goes into the security header: a credential, or a certificate that signs each request. */
export type Proof = Credential | { readonly kind: 'certificate'; readonly signer: EnrollmentCertificate };

/**
 * The proof of the invitation, in this order: its token, whatever policy was offered; its certificate where the server says
 * Certificate; the web view or the invitation's own function where it says Federated; else user and password. A user without a secret sends an empty password, as the
 * stub's users without one have it: convention. Throws ENROLL_FAILED 0x8018000E where nothing is at hand, and what the web view
 * throws.
 */
export async function proofOf(invitation: Invitation, discovered: Discovered, wire: SoapWire): Promise<Proof> {
  const { token, user, secret, certificate } = invitation;
  if (typeof token === 'string') return ofToken(token);
  const policy = discovered.authPolicy.toLowerCase();
  if (policy === 'certificate' && certificate !== undefined) return { kind: 'certificate', signer: certificate };
  const { authenticationUrl } = discovered;
  const isFederated = policy === 'federated' || (token !== undefined && authenticationUrl !== undefined);
  if (isFederated) {
    if (authenticationUrl === undefined)
      throw failed('sign-in', hresult.webView, 'the server wants a sign-in and names no AuthenticationServiceUrl');
    requireAddress('sign-in', authenticationUrl, wire.allowHttp);
    return ofResult(await signIn(invitation, authenticationUrl, wire));
  }
  // OnPremise, or a policy that was not offered: as the specification has no word for that, user and password where they are.
  if (user === undefined)
    throw failed(
      'sign-in',
      hresult.passwordNeeded,
      `the server asks for ${discovered.authPolicy}, and nobody is named`,
      {
        hint: 'Say who enrolls, with --user and the password in ROLLCALL_PASSWORD, or give a token with --enroll-token.',
      },
    );
  if (policy !== 'onpremise' && secret === undefined)
    throw failed(
      'sign-in',
      hresult.passwordNeeded,
      `the server asks for ${discovered.authPolicy}, which is not offered`,
      {
        hint: 'Give the password in ROLLCALL_PASSWORD, or a token with --enroll-token.',
      },
    );
  return { kind: 'username', username: user, password: secret ?? '' };
}

async function signIn({ token, user, secret }: Invitation, url: string, wire: SoapWire): Promise<string> {
  const { ports, server, signal, allowHttp } = wire;
  if (typeof token !== 'function') {
    const person = { ...(user === undefined ? {} : { user }), ...(secret === undefined ? {} : { secret }) };
    const { signInByWebView } = await import('./web/web-view.js'); // an HTML parser: few need one, and it costs at each start
    return await signInByWebView({ url, allowHttp, ...person }, ports, server, signal);
  }
  try {
    return await token({ url, ...(user === undefined ? {} : { user }) }, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const known = failureOf(error, 'sign-in');
    if (known !== error) throw known;
    const text = `the sign-in failed: ${error instanceof Error ? error.message : String(error)}`;
    throw failed('sign-in', hresult.webView, text, { cause: error });
  }
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** wresult, or what a function gave in its place: Windows encodes it. */
const ofResult = (wresult: string): Credential => ({
  kind: 'token',
  token: base64(wresult),
  valueType: valueTypes.userToken,
});

const jwt = /^eyJ[\w-]+\.[\w-]+\.[\w-]*$/;
const encoded = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function isEncodedText(token: string): boolean {
  if (!encoded.test(token)) return false;
  const bytes = Buffer.from(token, 'base64');
  return isUtf8(bytes) && bytes.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}

/**
 * A token that somebody gave. A JWT (Entra) goes out with the type of one; what is base64 of a text already goes out as it is, for
 * that is how programmatic tokens are handed around; anything else is encoded first: Fleet's JSON, and a key of hexadecimal digits,
 * which is base64 by chance.
 */
function ofToken(given: string): Credential {
  const token = given.trim();
  if (jwt.test(token)) return { kind: 'token', token: base64(token), valueType: valueTypes.jwt };
  return { kind: 'token', token: isEncodedText(token) ? token : base64(token), valueType: valueTypes.userToken };
}
