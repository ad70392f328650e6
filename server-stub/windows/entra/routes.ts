// The endpoints of the token service: metadata, keys, and a token for user and password. Their shape is OpenID Connect's and OAuth 2.0's
// (RFC 8414, RFC 7517, RFC 6749 §4.3); that a device finds and uses them in this way is a convention of this project.
import { isRollcallError } from '../../../base/errors.js';
import type { Route, StubAnswer, StubRequest } from '../../http-types.js';
import { paths, type WindowsContext } from '../context.js';
import { admit, requirePassword } from '../credentials.js';
import { managementScope } from './service.js';

const formBytes = 16 * 1024;
const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function entraRoutes(context: WindowsContext): Route[] {
  const { entra, addresses } = context;
  const of = (handle: (request: StubRequest) => StubAnswer | Promise<StubAnswer>) => (request: StubRequest) =>
    isOurs(request, context) ? handle(request) : refused('invalid_tenant', 'no such tenant is here');
  return [
    {
      method: 'GET',
      path: '/entra/:tenant/.well-known/openid-configuration',
      handle: of((request) => json(200, metadata(entra.at(addresses.originFor(request)), entra.issuer))),
    },
    {
      method: 'GET',
      path: '/entra/:tenant/discovery/keys',
      handle: of(async () => json(200, { keys: (await entra.keys.published()).map(({ jwk }) => jwk) })),
    },
    {
      method: 'POST',
      path: '/entra/:tenant/oauth2/token',
      maxBytes: formBytes,
      handle: of((request) => token(request, context)),
    },
  ];
}

/** By its identifier, or by a word that is none: a domain of the tenant's, or `common`, as this stub has one tenant alone. */
const isOurs = ({ params }: StubRequest, { tenant }: WindowsContext): boolean => {
  const named = params['tenant'] ?? '';
  return !guid.test(named) || named.toLowerCase() === tenant.id.toLowerCase();
};

const metadata = (base: string, issuer: string) => ({
  issuer,
  token_endpoint: `${base}/oauth2/token`,
  jwks_uri: `${base}/discovery/keys`,
  response_types_supported: ['token', 'id_token'],
  grant_types_supported: ['password'],
  subject_types_supported: ['public'],
  scopes_supported: ['openid', managementScope],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: ['none'],
});

async function token(request: StubRequest, context: WindowsContext): Promise<StubAnswer> {
  const { entra, tenant, addresses, settings, log } = context;
  const fields = new URLSearchParams(request.body.toString('utf8'));
  const upn = (fields.get('username') ?? '').trim();
  const clientId = fields.get('client_id') ?? '';
  if (fields.get('grant_type') !== 'password') return refused('unsupported_grant_type', 'grant_type must be password');
  if (upn === '' || upn.length > 256 || clientId === '' || clientId.length > 256)
    return refused('invalid_request', 'username or client_id is missing');
  try {
    requirePassword(upn, fields.get('password') ?? '', { tenant });
    // Whether the person may enroll the management server says, not the directory: only a name that is nobody's ends here.
    const user = tenant.user(upn) ?? admit({ user: upn }, { tenant });
    if (user === undefined) return refused('invalid_grant', 'the user is not known');
    const deviceId = fields.get('device_id');
    const origin = addresses.originFor(request);
    const { accessToken, idToken, expiresIn } = await entra.issue({
      user,
      clientId,
      ...(deviceId !== null && guid.test(deviceId) && { deviceId }),
      management: {
        mdm_enrollment_url: origin + paths.discovery,
        ...(settings.termsOfUse !== '' && { mdm_terms_of_use_url: origin + paths.terms }),
      },
    });
    return json(200, {
      token_type: 'Bearer',
      expires_in: expiresIn,
      scope: managementScope,
      access_token: accessToken,
      id_token: idToken,
    });
  } catch (error) {
    if (!isRollcallError(error, 'UNAUTHORIZED') && !isRollcallError(error, 'ENROLLMENT_REFUSED')) throw error;
    const { path, remote } = request;
    log.warn(error.code, { path, reason: error.message, remote, status: 400 });
    return refused('invalid_grant', error.message);
  }
}

/** RFC 6749 §5.2. */
const refused = (error: string, description: string): StubAnswer =>
  json(400, { error, error_description: description });

const json = (status: number, body: object): StubAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', pragma: 'no-cache' },
  body: JSON.stringify(body),
});
