// Joining by the stub's own token service, and by a certificate (specs/windows.md §1.2). Tokens are made by hand here, with node:crypto
// alone: what the stub takes and refuses is judged by the specifications, not by the library that it uses.
import { createHash, createHmac, createPublicKey, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { type Credential, valueTypes } from '../../../protocol/mde2/credentials.js';
import { encodeGetPolicies } from '../../../protocol/mde2/policies.js';
import type { WindowsOptions } from '../../../server-stub/windows/context.js';
import { rsaKey } from '../../support/keys.js';
import { openStub, type Reply, type Stub, user1, user2 } from '../ios/stub.js';
import { faultOf, paths, soap, WindowsClient } from './client.js';

const key = rsaKey();
const other = rsaKey();
const open = (windows: WindowsOptions = {}) => openStub({ windows: { entraKey: key.privateKey, ...windows } });

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** RFC 7638, by hand. */
function thumbprint(publicKey: KeyObject): string {
  const { e, kty, n } = publicKey.export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
}
const kid = thumbprint(key.publicKey);

interface Forging {
  readonly header?: object;
  readonly claims?: object;
  readonly signWith?: (input: string) => string;
}

const byRsa =
  (privateKey: KeyObject, digest = 'sha256') =>
  (input: string): string =>
    sign(digest, Buffer.from(input), privateKey).toString('base64url');

function claimsOf({ authority, clock }: Stub) {
  const now = Math.floor(clock.now() / 1000);
  const { id } = authority.tenant;
  return {
    aud: authority.url,
    iss: `${authority.url}/entra/${id}`,
    iat: now,
    nbf: now,
    exp: now + 600,
    upn: user1,
    unique_name: user1,
    tid: id,
    scp: 'mdm_delegation',
  };
}

function jwt(stub: Stub, { header = {}, claims = {}, signWith = byRsa(key.privateKey) }: Forging = {}): string {
  const head = encoded({ typ: 'JWT', alg: 'RS256', kid, ...header });
  const input = `${head}.${encoded({ ...claimsOf(stub), ...claims })}`;
  return `${input}.${signWith(input)}`;
}

const credentialOf = (token: string): Credential => ({
  kind: 'token',
  token: Buffer.from(token).toString('base64'),
  valueType: valueTypes.jwt,
});

const base = ({ authority }: Stub): string => `/entra/${authority.tenant.id}`;
const jsonOf = ({ body }: Reply) => JSON.parse(body.toString('utf8')) as Record<string, string>;

async function askToken(stub: Stub, fields: object = {}, tenant?: string) {
  const form = {
    grant_type: 'password',
    client_id: 'device',
    username: user1,
    password: '',
    device_id: '00112233-4455-6677-8899-aabbccddeeff',
    ...fields,
  };
  const path = `${tenant === undefined ? base(stub) : `/entra/${tenant}`}/oauth2/token`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return stub.send(path, { method: 'POST', headers, body: new URLSearchParams(form).toString() });
}

const keysOf = async (stub: Stub) => jsonOf(await stub.send(`${base(stub)}/discovery/keys`)) as unknown as Keys;
type Keys = { readonly keys: readonly { readonly kid: string; readonly [name: string]: unknown }[] };

describe('the token service', () => {
  it('says where its keys and tokens are, by identifier and by domain', async () => {
    const stub = await open();
    const { tenant, url } = stub.authority;
    for (const name of [tenant.id, 'contoso.example', 'common']) {
      const found = jsonOf(await stub.send(`/entra/${name}/.well-known/openid-configuration`));
      expect(found).toMatchObject({
        issuer: `${url}/entra/${tenant.id}`,
        token_endpoint: `${url}/entra/${tenant.id}/oauth2/token`,
        jwks_uri: `${url}/entra/${tenant.id}/discovery/keys`,
      });
    }
    const foreign = await stub.send(`/entra/${randomUUID()}/.well-known/openid-configuration`);
    expect([foreign.status, jsonOf(foreign)['error']]).toEqual([400, 'invalid_tenant']);
  });

  it('gives a token for a password that its published key verifies, and that enrolls', async () => {
    const stub = await open();
    const granted = jsonOf(await askToken(stub));
    const { keys } = await keysOf(stub);
    expect(keys.map((each) => each.kid)).toEqual([kid]);
    expect(keys[0]).not.toHaveProperty('d');
    const [head = '', body = '', signature = ''] = (granted['access_token'] ?? '').split('.');
    const published = createPublicKey({ key: keys[0] as never, format: 'jwk' });
    const input = Buffer.from(`${head}.${body}`);
    expect(verify('sha256', input, published, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ typ: 'JWT', alg: 'RS256', kid });
    expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toMatchObject({
      ...claimsOf(stub),
      exp: claimsOf(stub).iat + 3600,
      deviceid: '00112233-4455-6677-8899-aabbccddeeff',
      oid: stub.authority.tenant.user(user1)?.id,
    });
    const identity = await jwtVerify(granted['id_token'] ?? '', createLocalJWKSet({ keys: [...keys] as never }), {
      audience: 'device',
      currentDate: new Date(stub.clock.now()),
    });
    expect(identity.payload['mdm_enrollment_url']).toBe(`${stub.authority.url}${paths.discovery}`);
    expect(identity.payload).not.toHaveProperty('mdm_terms_of_use_url');

    const client = new WindowsClient(stub);
    await client.enroll(credentialOf(granted['access_token'] ?? ''));
    await client.session();
    expect(stub.authority.tenant.device(client.deviceId)?.userId).toBe(stub.authority.tenant.user(user1)?.id);
  });

  it.each([
    ['another grant', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    ['nobody', { username: '' }, 'invalid_request'],
    ['a user whom nobody knows', { username: 'nobody@contoso.example' }, 'invalid_grant'],
  ])('refuses %s', async (_what, fields, error) => {
    const stub = await open();
    const reply = await askToken(stub, fields);
    expect([reply.status, jsonOf(reply)['error']]).toEqual([400, error]);
  });

  it('makes a key of its own, and another after thirty days, while tokens of the former are good', async () => {
    const stub = await open({ entraKey: undefined } as never);
    const granted = jsonOf(await askToken(stub));
    const [first] = (await keysOf(stub)).keys;
    await stub.clock.advance(30 * 86_400_000);
    const [late = {}] = (await Promise.all([askToken(stub), askToken(stub)])).map(jsonOf);
    const both = (await keysOf(stub)).keys.map((each) => each.kid);
    expect([both.length, both[0]]).toEqual([2, first?.kid]);
    expect(faultOf(await new WindowsClient(stub).enroll(credentialOf(granted['access_token'] ?? '')))).toBeDefined();
    expect(faultOf(await new WindowsClient(stub).enroll(credentialOf(late['access_token'] ?? '')))).toBeUndefined();
    await stub.clock.advance(2 * 3_600_000);
    expect((await keysOf(stub)).keys.map((each) => each.kid)).toEqual([both[1]]);
  });
});

describe('a token made by hand', () => {
  it('enrolls: nothing but its signature and its claims decides', async () => {
    const stub = await open();
    expect(faultOf(await new WindowsClient(stub).enroll(credentialOf(jwt(stub))))).toBeUndefined();
  });

  const publicPem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const hmac = (secret: string | Buffer) => (input: string) =>
    createHmac('sha256', secret).update(input).digest('base64url');
  const forgeries: readonly (readonly [string, Forging])[] = [
    ['that is not signed', { header: { alg: 'none' }, signWith: () => '' }],
    ['whose HMAC is by the public key', { header: { alg: 'HS256' }, signWith: hmac(publicPem) }],
    ['whose HMAC is by nothing', { header: { alg: 'HS256' }, signWith: hmac(Buffer.alloc(0)) }],
    ['by another RSA digest', { header: { alg: 'RS512' }, signWith: byRsa(key.privateKey, 'sha512') }],
    ['by another key', { signWith: byRsa(other.privateKey) }],
    [
      'by another key that it brings itself',
      { header: { kid: undefined, jwk: other.publicKey.export({ format: 'jwk' }) }, signWith: byRsa(other.privateKey) },
    ],
    ['of an unknown kid', { header: { kid: thumbprint(other.publicKey) } }],
    ['without a kid', { header: { kid: undefined } }],
    ['with a critical header', { header: { crit: ['x'], x: true } }],
    ['that has ended', { claims: { exp: 1_700_000_000 } }],
    ['that never ends', { claims: { exp: undefined } }],
    ['that has not begun', { claims: { nbf: 4_000_000_000 } }],
    ['for another server', { claims: { aud: 'https://graph.example' } }],
    ['of another issuer', { claims: { iss: 'https://sts.windows.net/x/' } }],
    ['of another tenant', { claims: { tid: randomUUID() } }],
    ['for something else', { claims: { scp: 'User.Read' } }],
    ['of nobody', { claims: { upn: undefined } }],
    ['of somebody who is no text', { claims: { upn: { a: 1 } } }],
  ];

  it('is refused before anything else is looked at, in every way that one can be wrong', async () => {
    const stub = await open();
    await keysOf(stub);
    const client = new WindowsClient(stub);
    for (const [what, forging] of forgeries) {
      const token = jwt(stub, forging);
      const fault = faultOf(await client.enroll(credentialOf(token)));
      expect([what, fault?.subcode]).toEqual([what, 'Authentication']);
      const [line] = stub.lines();
      expect(line?.event).toBe('UNAUTHORIZED');
      expect(JSON.stringify(line)).not.toContain(token.split('.')[1]);
    }
    for (const text of ['', 'eyJ', 'a.b.c', '....', 'x'.repeat(100_000)])
      expect(faultOf(await client.enroll(credentialOf(text)))?.subcode).toBe('Authentication');
    expect(stub.authority.tenant.deviceCount().all).toBe(0);
  });
});

const broker = 'ms-appx-web://Microsoft.AAD.BrokerPlugin';

function askTerms(stub: Stub, token: string | undefined, changes: object = {}) {
  const query = {
    redirect_uri: broker,
    'client-request-id': randomUUID(),
    'api-version': '1.0',
    mode: 'azureadjoin',
    ...changes,
  };
  return stub.send(`/EnrollmentServer/TermsOfUse?${new URLSearchParams(query)}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
}

const field = ({ body }: Reply, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(body.toString('utf8'))?.[1] ?? '';

const answer = (stub: Stub, page: Reply, given: string) =>
  stub.send('/EnrollmentServer/TermsOfUse', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      reader: field(page, 'reader'),
      redirect_uri: field(page, 'redirect_uri'),
      answer: given,
    }).toString(),
  });

const resultOf = ({ headers }: Reply) =>
  Object.fromEntries(new URLSearchParams(String(headers['location']).split('?')[1]));

describe('terms of use', () => {
  const withTerms = async () => {
    const stub = await open({ termsOfUse: 'Be <kind>.\n\nBe careful.' });
    const granted = jsonOf(await askToken(stub));
    return { stub, token: granted['access_token'] ?? '' };
  };
  const withConsent = (client: WindowsClient, EnrollmentData: string) => ({
    context: client.context({ enrollmentData: EnrollmentData }),
  });

  it('are shown to who shows a token, and a consent enrolls that person once', async () => {
    const { stub, token } = await withTerms();
    const page = await askTerms(stub, token);
    expect(page.body.toString()).toContain('<p>Be &lt;kind&gt;.</p><p>Be careful.</p>');
    const reply = await answer(stub, page, 'accept');
    expect([
      reply.status,
      String(reply.headers['location']).startsWith(`${broker}?IsAccepted=true&OpaqueBlob=`),
    ]).toEqual([302, true]);
    const { OpaqueBlob = '' } = resultOf(reply);

    const somebodyElse = new WindowsClient(stub);
    const of2 = credentialOf(jwt(stub, { claims: { upn: user2 } }));
    const refusals = [
      await somebodyElse.enroll(of2, withConsent(somebodyElse, OpaqueBlob)),
      await somebodyElse.enroll(credentialOf(token)),
      await somebodyElse.enroll(credentialOf(token), withConsent(somebodyElse, 'made up')),
    ];
    for (const refusal of refusals)
      expect(faultOf(refusal)).toMatchObject({
        subcode: 'Authorization',
        detail: { errorType: 'InvalidEnrollmentData' },
      });
    const client = new WindowsClient(stub);
    expect(faultOf(await client.enroll(credentialOf(token), withConsent(client, OpaqueBlob)))).toBeUndefined();
    expect(faultOf(await client.enroll(credentialOf(token), withConsent(client, OpaqueBlob)))).toBeUndefined();
    const other = new WindowsClient(stub);
    expect(faultOf(await other.enroll(credentialOf(token), withConsent(other, OpaqueBlob)))).toBeDefined();
    const otherKey = new WindowsClient(stub, { deviceId: client.deviceId });
    expect(faultOf(await otherKey.enroll(credentialOf(token), withConsent(otherKey, OpaqueBlob)))).toBeDefined();
    stub.authority.tenant.unenroll(client.deviceId, 'deleted');
    expect(faultOf(await client.enroll(credentialOf(token), withConsent(client, OpaqueBlob)))).toBeDefined();
    expect((await answer(stub, page, 'accept')).status).toBe(400);
  });

  it('tell the device what is wrong at the address that it gave, and nobody else', async () => {
    const { stub, token } = await withTerms();
    const page = await askTerms(stub, token);
    expect(resultOf(await answer(stub, page, 'decline'))).toMatchObject({ error: 'access_denied' });
    expect(resultOf(await askTerms(stub, undefined))).toMatchObject({ error: 'unauthorized_client' });
    expect(resultOf(await askTerms(stub, `${token}x`))).toMatchObject({ error: 'unauthorized_client' });
    expect(resultOf(await askTerms(stub, token, { 'api-version': '2.0' }))).toMatchObject({ error: 'invalid_request' });
    for (const redirect_uri of ['https://evil.example/', 'javascript:alert(1)', `${broker}.evil/`, ''])
      expect((await askTerms(stub, token, { redirect_uri })).status).toBe(400);
  });
});

describe('a certificate (by specification, unproven)', () => {
  const own = rsaKey();
  async function enrollAs(
    stub: Stub,
    certificate: Uint8Array,
    changes: { to?: string; now?: Date; privateKey?: KeyObject } = {},
  ) {
    const client = new WindowsClient(stub);
    const { privateKey = own.privateKey, now = new Date(stub.clock.now()), ...to } = changes;
    const signer = { certificate, privateKey, now };
    const reply = await stub.send(paths.enrollment, soap(client.request(undefined, { signer, ...to })));
    return { client, fault: faultOf(reply), signer };
  }

  it('that the CA gave to a user enrolls for that user, at the time and the address that were signed', async () => {
    const stub = await open({ authPolicy: 'Certificate' });
    const certificate = stub.authority.windows.userCertificate(user1, own.publicKey);
    const { client, fault, signer } = await enrollAs(stub, certificate);
    expect(fault).toBeUndefined();
    expect(stub.authority.tenant.device(client.deviceId)?.userId).toBe(stub.authority.tenant.user(user1)?.id);
    const to = `${stub.authority.url}${paths.policy}`;
    expect(faultOf(await stub.send(paths.policy, soap(encodeGetPolicies({ to, signer }))))).toBeUndefined();

    const old = new Date(stub.clock.now() - 11 * 60_000);
    for (const wrong of [
      { to },
      { now: old },
      { now: new Date(stub.clock.now() + 6 * 60_000) },
      { privateKey: other.privateKey },
    ])
      expect((await enrollAs(stub, certificate, wrong)).fault?.subcode).toMatch(/Authentication|CertificateRequest/);
  });

  it('of a device, of nobody known or where none is asked for is refused', async () => {
    const stub = await open({ authPolicy: 'Certificate' });
    const device = new WindowsClient(stub);
    await device.enroll({ kind: 'username', username: user1, password: '' });
    const ofDevice = await enrollAs(stub, device.certificate ?? Buffer.alloc(0), { privateKey: device.key.privateKey });
    expect(ofDevice.fault?.subcode).toBe('Authentication');
    const plain = await open();
    const certificate = stub.authority.windows.userCertificate(user1, own.publicKey);
    expect((await enrollAs(plain, certificate)).fault?.subcode).toBe('Authentication');
    expect(() => stub.authority.windows.userCertificate('nobody@contoso.example', own.publicKey)).toThrow();
  });
});
