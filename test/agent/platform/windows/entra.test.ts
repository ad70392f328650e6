// Joining Entra before an enrollment, terms of use, and a certificate as proof (specs/windows.md §1.2).
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, type Invitation, seededRandom } from '../../../../agent/index.js';
import { manualClock } from '../../../../base/clock.js';
import { silentLog } from '../../../../base/log.js';
import { valueTypes } from '../../../../protocol/mde2/credentials.js';
import { decodeDiscover } from '../../../../protocol/mde2/discover.js';
import { decodeRequestToken } from '../../../../protocol/mde2/request-token.js';
import { verifySignedSecurity } from '../../../../protocol/mde2/signed-security.js';
import { readEnvelope } from '../../../../protocol/soap/envelope.js';
import { startAuthority } from '../../../../server-stub/index.js';
import { readTenantFile } from '../../../../server-stub/tenant-file/read.js';
import { authorityKeys, deviceKeys, rsaKey } from '../../../support/keys.js';
import type { Script } from '../../../support/scripted-http.js';
import { addresses, EnrollmentServer, origin, type Stage, stage, start } from './enroll-stage.js';

const user = 'ann@contoso.example';
const broker = 'ms-appx-web://Microsoft.AAD.BrokerPlugin';

describe('at the stub', () => {
  const entraKey = rsaKey().privateKey;
  async function at(windows: object = {}) {
    const clock = manualClock(start);
    const tenant = readTenantFile(
      `authority: intune\nusers:\n  - { upn: ${user}, password: open sesame, licence: intune }\n`,
    );
    const authority = await startAuthority({
      port: 0,
      tenant,
      clock,
      newRsaKey: authorityKeys(),
      log: silentLog,
      windows: { entraKey, termsOfUse: 'Be kind.', ...windows },
    });
    onTestFinished(() => authority.close());
    const made = await createPorts({ clock, log: silentLog, ca: authority.caPem, keys: deviceKeys(1) });
    onTestFinished(() => made.close());
    const device = createDevice({ platform: 'windows', ports: { ...made.ports, random: seededRandom('entra', 1) } });
    onTestFinished(() => device.close());
    const entra = `${authority.url}/entra`;
    return { authority, device, invitation: { authority: 'stub', entra, user, secret: 'open sesame' } };
  }

  it('a device joins, accepts the terms of use, and enrolls where its tenant says', async () => {
    const { authority, device, invitation } = await at();
    await device.enroll(invitation);
    await device.checkIn();
    const [known] = authority.tenant.devices();
    expect([known?.status, authority.tenant.user(known?.userId ?? '')?.upn]).toEqual(['enrolled', user]);
    expect(known?.dialect).toMatchObject({ isJoined: true, enrollmentType: 'Full' });
  });

  it('a device whose person declines, or has another password, does not enroll', async () => {
    const { authority, device, invitation } = await at();
    await expect(device.enroll({ ...invitation, acceptsTerms: false })).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      details: { hresult: '0x80180030', step: 'sign-in', error: 'access_denied' },
    });
    await expect(device.enroll({ ...invitation, secret: 'wrong' })).rejects.toMatchObject({
      code: 'ENROLL_REFUSED',
      details: { hresult: '0x80180002', step: 'sign-in', error: 'invalid_grant' },
    });
    expect(authority.tenant.deviceCount().all).toBe(0);
  });

  it('a device shows the certificate of its person where the authority asks for one', async () => {
    const { authority, device } = await at({ authPolicy: 'Certificate' });
    const own = rsaKey();
    const certificate = {
      certificate: authority.windows.userCertificate(user, own.publicKey),
      privateKey: own.privateKey,
    };
    const url = `${authority.url}/EnrollmentServer/Discovery.svc`;
    await device.enroll({ authority: 'stub', url, certificate });
    await device.checkIn();
    expect(authority.tenant.user(authority.tenant.devices()[0]?.userId ?? '')?.upn).toBe(user);
  });
});

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = `${base64url({ alg: 'RS256', kid: 'k' })}.${base64url({ upn: user })}.c2ln`;
const service = `${origin}/entra`;
const metadata = `${service}/contoso.example/.well-known/openid-configuration`;
const tokens = `${origin}/entra/token`;
const terms = `${origin}/terms?tenant=1`;
const json = (value: object, status = 200) => ({ status, body: Buffer.from(JSON.stringify(value)) });
const html = (body: string) => Buffer.from(`<html><head><title>Terms</title></head><body>${body}</body></html>`);

/** A directory and a tenant in the test's hands. */
function directory(
  pages: Script,
  {
    identity = { mdm_enrollment_url: addresses.discovery, mdm_terms_of_use_url: terms },
    granted,
  }: { identity?: object; granted?: object } = {},
): Stage {
  const server = new EnrollmentServer({ discover: { authPolicy: 'Federated', authenticationUrl: addresses.sts } });
  server.override = (request) => {
    if (request.url === metadata) return json({ token_endpoint: tokens });
    if (request.url === tokens)
      return json(granted ?? { access_token: token, id_token: `${base64url({})}.${base64url(identity)}.c2ln` });
    return new URL(request.url).pathname === '/terms' ? pages(request) : undefined;
  };
  return stage(server);
}

const join = (at: Stage, invitation: Partial<Invitation> = {}) =>
  at.enroll({ url: undefined, user, secret: 'pw', entra: service, ...invitation } as never);

const request = (at: Stage) => decodeRequestToken(at.http.requests.at(-1)?.bytes ?? Buffer.alloc(0));
const enrollmentData = (at: Stage) => request(at).context.find(([name]) => name === 'EnrollmentData')?.[1];

const redirected =
  (query: string): Script =>
  () => ({ status: 302, headers: { location: `${broker}?${query}` } });

describe('a join', () => {
  it('asks for a token, shows it to the terms of use and to the enrollment, and brings the blob back', async () => {
    const at = directory(redirected('IsAccepted=true&OpaqueBlob=a%2Bb%3D'));
    await join(at);
    const [first, second, third] = at.http.requests;
    expect([first?.url, second?.method, second?.url]).toEqual([metadata, 'POST', tokens]);
    expect(Object.fromEntries(new URLSearchParams(second?.bytes.toString()))).toMatchObject({
      grant_type: 'password',
      username: user,
      password: 'pw',
      device_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    });
    const asked = new URL(third?.url ?? '');
    expect(third?.url.startsWith(`${terms}&redirect_uri=ms-appx-web%3A%2F%2F`)).toBe(true);
    expect([...asked.searchParams.keys()]).toEqual([
      'tenant',
      'redirect_uri',
      'client-request-id',
      'api-version',
      'mode',
    ]);
    expect(third?.headers?.['Authorization']).toBe(`Bearer ${token}`);
    const discover = at.http.requests.find(({ method, url }) => method === 'POST' && url === addresses.discovery);
    expect(decodeDiscover(discover?.bytes ?? Buffer.alloc(0)).emailAddress).toBe(user);
    expect(request(at).credential).toEqual({
      kind: 'token',
      token: Buffer.from(token).toString('base64'),
      valueType: valueTypes.jwt,
    });
    expect(enrollmentData(at)).toBe('a+b=');
    expect(request(at).context[0]).toEqual(['UXInitiated', 'true']);
    expect(at.http.openSessions()).toBe(0);
  });

  it('shows the token with the first request of the terms alone, and presses what means yes', async () => {
    const at = directory((seen) => {
      if (seen.method === 'GET')
        return html(
          '<form method=post action="/terms"><input type=hidden name=s value=7><button name=a value=decline>No</button><button name=a value=agree>Yes</button></form>',
        );
      expect(seen.headers).not.toHaveProperty('Authorization');
      return redirected(`IsAccepted=true&OpaqueBlob=${seen.bytes.toString()}`)(seen);
    });
    await join(at);
    expect(enrollmentData(at)).toBe('s=7'); // the blob ends at its first &
  });

  it.each([
    [
      'as Fleet writes it',
      `<script>const agree = () => { window.location = "${broker}" + "?IsAccepted=true&OpaqueBlob=abc"; };</script>`,
      'abc',
    ],
    [
      'as Mattrax writes it',
      `<script>function a() { window.location = p.get('redirect_uri') + '?IsAccepted=true&OpaqueBlob=T%20x'; }</script>`,
      'T x',
    ],
    [
      'as a form of the application',
      `<form action="${broker}"><input type=hidden name=IsAccepted value=true><input type=submit></form>`,
      undefined,
    ],
  ])('reads a page %s', async (_what, page, blob) => {
    const at = directory(() => html(page));
    await join(at);
    expect(enrollmentData(at)).toBe(blob);
  });

  it.each([
    ['error=access_denied&error_description=No', '0x80180030'],
    ['IsAccepted=false', '0x80180030'],
    ['error=unauthorized_client', '0x80180003'],
    ['error=invalid_request', '0x80180001'],
    ['error=server_error', '0x80180006'],
  ])('ends where the terms say %s', async (query, hresult) => {
    const at = directory(redirected(query));
    await expect(join(at)).rejects.toMatchObject({ code: 'ENROLL_REFUSED', details: { hresult, step: 'sign-in' } });
    expect(at.asked).toHaveLength(3);
  });

  it('declines by itself where the page has no word for it', async () => {
    const at = directory(() => html('<form method=post><button name=a value=accept>Yes</button></form>'));
    await expect(join(at, { acceptsTerms: false })).rejects.toMatchObject({ details: { hresult: '0x80180030' } });
    expect(at.asked).toHaveLength(3);
  });

  it.each([
    ['no address to enroll at', { identity: {} }, {}, '0x80180031'],
    [
      'terms that are not https',
      { identity: { mdm_enrollment_url: addresses.discovery, mdm_terms_of_use_url: 'http://x.test/' } },
      {},
      '0x8018001A',
    ],
    ['no token', { granted: {} }, {}, '0x801900C8'],
    ['nobody who joins', {}, { user: undefined }, '0x8018000E'],
  ])('ends with %s', async (_what, given, invitation, hresult) => {
    const at = directory(redirected('IsAccepted=true'), given);
    await expect(join(at, invitation as never)).rejects.toMatchObject({ code: 'ENROLL_FAILED', details: { hresult } });
    expect(at.http.openSessions()).toBe(0);
  });

  it('has an address that was given for it, whatever the tenant says', async () => {
    const at = directory(redirected('IsAccepted=true'), { identity: { mdm_enrollment_url: 'https://other.test/x' } });
    await at.enroll({ user, entra: service });
    expect(at.asked).toContain(`POST ${addresses.discovery}`);
  });

  it('is left to a function of the invitation, which gets no secret', async () => {
    const at = directory(redirected('IsAccepted=true&OpaqueBlob=b'));
    const asked: unknown[] = [];
    await join(at, {
      entra: async (given) => {
        asked.push(given);
        return { token, enrollmentUrl: addresses.discovery, termsOfUseUrl: terms };
      },
    });
    expect(asked).toEqual([{ user, deviceId: expect.any(String) }]);
    expect(enrollmentData(at)).toBe('b');
    const broken = join(directory(redirected('')), { entra: () => Promise.reject(new Error('no broker')) });
    await expect(broken).rejects.toMatchObject({
      code: 'ENROLL_FAILED',
      message: expect.stringContaining('the join failed: no broker'),
    });
  });
});

describe('a certificate (by specification, unproven)', () => {
  const own = rsaKey();
  it('is offered, and signs each request where it is asked for', async () => {
    const server = new EnrollmentServer({ discover: { authPolicy: 'Certificate' } });
    const at = stage(server);
    const certificate = { certificate: server.certificateFor(own.publicKey), privateKey: own.privateKey };
    await at.enroll({ certificate });
    const posted = at.http.requests.filter(({ method }) => method === 'POST').map(({ bytes }) => bytes);
    expect(posted[0]?.toString()).toContain('<AuthPolicy>Federated</AuthPolicy><AuthPolicy>Certificate</AuthPolicy>');
    for (const bytes of posted.slice(1)) {
      const verified = verifySignedSecurity(readEnvelope(bytes));
      expect([verified.certificate.der.equals(certificate.certificate), verified.created.getTime()]).toEqual([
        true,
        start,
      ]);
    }
    expect(posted).toHaveLength(3);
  });

  it('gives way to a token, and to a password where that is asked for', async () => {
    const certificate = { certificate: Buffer.alloc(0), privateKey: own.privateKey };
    const byToken = stage(new EnrollmentServer({ discover: { authPolicy: 'Certificate' } }));
    await byToken.enroll({ certificate, token: 'given' });
    expect(request(byToken).credential?.kind).toBe('token');
    const byPassword = stage(new EnrollmentServer());
    await byPassword.enroll({ certificate, secret: 'pw' });
    expect(request(byPassword).credential?.kind).toBe('username');
  });
});
