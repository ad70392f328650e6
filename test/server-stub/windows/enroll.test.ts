import { describe, expect, it } from 'vitest';
import { decodeDiscoverResponse, encodeDiscover } from '../../../protocol/mde2/discover.js';
import { hresultOfFault, hresultText } from '../../../protocol/mde2/hresult.js';
import { decodePoliciesResponse, encodeGetPolicies } from '../../../protocol/mde2/policies.js';
import { decodeTokenResponse } from '../../../protocol/mde2/request-token.js';
import { readCertificate } from '../../../protocol/x509/certificate.js';
import { fixture, withFixtures } from '../../support/shared.js';
import { emptyTenant, openStub, type Reply, user1, user2 } from '../ios/stub.js';
import {
  enrolledClient,
  faultOf,
  passwordOf,
  paths,
  sha1,
  soap,
  tokenOf,
  unenrollAlert,
  WindowsClient,
} from './client.js';

const openEmpty = () => openStub();

/** What the person at the device would be told. */
const told = (reply: Reply): string => {
  const fault = faultOf(reply);
  return fault === undefined ? 'no fault' : hresultText(hresultOfFault(fault) ?? 0);
};

const discover = (to: string, requestVersion = '5.0') =>
  encodeDiscover({
    to,
    emailAddress: user1,
    requestVersion,
    applicationVersion: '10.0.26100.1',
    osEdition: 4,
    authPolicies: ['OnPremise', 'Federated'],
  });

describe('Discovery and policy', () => {
  it('answers the probe with an empty 200, and Discover with where to go next, never chunked', async () => {
    const stub = await openEmpty();
    const probe = await stub.send(paths.discovery);
    expect([probe.status, probe.body.length, probe.headers['content-length']]).toEqual([200, 0, '0']);
    const reply = await stub.send(paths.discovery, soap(discover(stub.authority.url)));
    expect(reply.headers['transfer-encoding']).toBeUndefined();
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
    expect(decodeDiscoverResponse(reply.body)).toEqual({
      authPolicy: 'OnPremise',
      enrollmentVersion: '5.0',
      policyUrl: `${stub.authority.url}${paths.policy}`,
      serviceUrl: `${stub.authority.url}${paths.enrollment}`,
    });
  });

  it('names the version that was asked for where it knows it, and its sign-in page where it is Federated', async () => {
    const stub = await openStub({ windows: { authPolicy: 'Federated' } });
    const ask = async (version: string) =>
      decodeDiscoverResponse((await stub.send(paths.discovery, soap(discover('x', version)))).body);
    expect(await ask('4.0')).toMatchObject({
      enrollmentVersion: '4.0',
      authenticationUrl: `${stub.authority.url}${paths.signIn}`,
    });
    expect((await ask('99.0')).enrollmentVersion).toBe('5.0');
  });

  it('says which keys it wants to who may enroll, and refuses who may not', async () => {
    const tenant = emptyTenant();
    const users = tenant.users.map((user, index) => (index === 0 ? { ...user, password: 'Zx81-right' } : user));
    const stub = await openStub({ tenant: { ...tenant, users }, windows: { keySizeBits: 4096 } });
    const ask = (username: string, password: string) =>
      stub.send(paths.policy, soap(encodeGetPolicies({ to: 'x', credential: passwordOf(username, password) })));
    expect(decodePoliciesResponse((await ask(user1, 'Zx81-right')).body)).toMatchObject({
      keyLength: 4096,
      digest: 'sha256',
      defaulted: [],
    });
    expect(told(await ask(user1, 'Zx81-wrong'))).toMatch(/^0x80180002 MENROLL_E_DEVICE_AUTHENTICATION_ERROR/);
    expect(told(await ask(user1, ''))).toMatch(/^0x80180002/);
    expect(told(await ask(user2, 'any'))).toBe('no fault');
    expect(JSON.stringify(stub.lines())).not.toMatch(/Zx81/);
  });
});

describe('the request for a certificate', () => {
  it('brings a certificate for the device’s key and an account, and leaves the enrollment open until the first session', async () => {
    const stub = await openEmpty();
    const { tenant } = stub.authority;
    const client = new WindowsClient(stub);
    const reply = await client.enroll(passwordOf(user1));
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
    const { document, certificate, deviceId } = client;
    if (document === undefined || certificate === undefined) return expect.unreachable();
    expect(readCertificate(certificate).publicKey.equals(client.key.publicKey)).toBe(true);
    expect(document.certificates.map(({ path }) => path.join('/'))).toEqual(['Root/System', 'My/User']);
    expect(document.renew).toMatchObject({ robo: true, periodDays: 42, retryDays: 7 });
    const { application, dmClient } = document;
    expect(application).toMatchObject({
      providerId: 'Rollcall',
      address: `${stub.authority.url}${paths.management}`,
      searchCriteria: `Subject=CN%3D${deviceId}&Stores=My%5CUser`,
    });
    const values = Object.fromEntries(dmClient.map(({ path, value }) => [path.slice(2).join('/'), value]));
    expect(values).toMatchObject({
      UPN: user1,
      EntDMID: tenant.device(deviceId)?.id,
      'Poll/NumberOfFirstRetries': '8',
      'Poll/IntervalForRemainingScheduledRetries': '480',
    });
    expect(tenant.device(deviceId)).toMatchObject({
      status: 'pending',
      model: 'Model 1',
      osVersion: '10.0.26100.1',
      deviceName: 'DESKTOP-TEST',
    });
    expect((await client.session()).isDisowned).toBe(false);
    expect(tenant.device(deviceId)).toMatchObject({ status: 'enrolled', model: 'Model 2' });
  });

  it('takes the CSR of Windows 10, and puts the certificate of a machine’s enrollment into its store', async () => {
    const stub = await openEmpty();
    const client = new WindowsClient(stub);
    await client.enroll(passwordOf(user1), {
      token: client.csr('win10'),
      context: client.context({ enrollmentType: 'Device' }),
    });
    expect(client.document?.certificates.map(({ path }) => path.join('/'))).toContain('My/System');
  });

  it('takes the request that a real Windows 10 sent', withFixtures, async () => {
    const tenant = emptyTenant();
    const users = tenant.users.map((user, index) => (index === 0 ? { ...user, upn: 'demo@mdmwindows.com' } : user));
    const stub = await openStub({ tenant: { ...tenant, users } });
    for (const [path, name] of [
      [paths.discovery, 'discover'],
      [paths.policy, 'getpolicies'],
    ] as const) {
      const reply = await stub.send(path, soap(fixture(`windows/win10-19043-${name}.req.xml`)));
      expect([name, told(reply)]).toEqual([name, 'no fault']);
    }
    const { body } = await stub.send(paths.enrollment, soap(fixture('windows/win10-19043-rst.req.xml')));
    expect(decodeTokenResponse(body).document.toString('utf8')).toContain('wap-provisioningdoc');
    expect(stub.authority.tenant.devices()).toMatchObject([
      { deviceId: '1E08C6E95D8BB843B1278FF45BC60CC6', osVersion: '10.0.19043.2364', serial: '' },
    ]);
  });

  it('is refused with the HRESULT of its reason, recorded, and leaves nothing', async () => {
    const tenant = emptyTenant({ authority: 'unknown' });
    const stub = await openStub({ tenant });
    const attempt = async (user: string) => told(await new WindowsClient(stub).enroll(passwordOf(user)));
    expect(await attempt(user1)).toMatch(/^0x80180015/); // E04
    stub.authority.tenant.setAuthority('intune', 'the test');
    expect(await attempt('nobody@elsewhere.example')).toMatch(/^0x80180002/); // E02
    const user = stub.authority.tenant.user(user1);
    if (user === undefined) return expect.unreachable();
    stub.authority.tenant.putUser({ ...user, products: [] });
    expect(await attempt(user1)).toMatch(/^0x80180018/); // E02
    const { tenant: core } = stub.authority;
    expect(core.failures().map(({ code }) => code)).toEqual(expect.arrayContaining(['E04', 'E02']));
    expect(core.failures()).toHaveLength(3);
    expect([core.devices(), stub.authority.counters.certificates]).toEqual([[], 0]);
    expect(stub.lines().map(({ event }) => event)).toEqual(Array(3).fill('ENROLLMENT_REFUSED'));
  });

  it('is refused at the limit of devices (E17), but for a device that comes again', async () => {
    const tenant = emptyTenant();
    const stub = await openStub({ tenant: { ...tenant, settings: { ...tenant.settings, deviceLimitPerUser: 1 } } });
    const first = await enrolledClient(stub, user1);
    const refused = await new WindowsClient(stub).enroll(passwordOf(user1));
    expect(told(refused)).toMatch(/^0x80180013/);
    expect(faultOf(refused)?.detail?.traceId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(told(await first.enroll(passwordOf(user1)))).toBe('no fault');
    const { hardwareId } = first;
    const wiped = new WindowsClient(stub, { hardwareId });
    expect(told(await wiped.enroll(passwordOf(user1)))).toBe('no fault');
    expect(stub.authority.tenant.devices().map(({ deviceId }) => deviceId)).toEqual([wiped.deviceId]);
    expect((await first.session()).isDisowned).toBe(true);
  });

  it('of hardware that another user has enrolled is refused (E03), whatever its DeviceID', async () => {
    const stub = await openEmpty();
    const first = await enrolledClient(stub, user1);
    const { hardwareId, deviceId } = first;
    for (const again of [new WindowsClient(stub, { hardwareId }), new WindowsClient(stub, { deviceId })]) {
      expect(told(await again.enroll(passwordOf(user2)))).toMatch(/^0x80180003/);
    }
    expect(stub.authority.tenant.failures().map(({ code }) => code)).toEqual(['E03', 'E03']);
    expect((await first.session()).isDisowned).toBe(false);
    await first.session(() => '200', { more: [unenrollAlert] });
    expect(told(await new WindowsClient(stub, { hardwareId }).enroll(passwordOf(user2)))).toBe('no fault');
  });

  it('of no hardware, as a HWDevID of zeros says, is nobody else’s: each DeviceID is a device', async () => {
    const stub = await openEmpty();
    const hardwareId = '0'.repeat(64);
    const first = await enrolledClient(stub, user1, { hardwareId });
    expect(told(await new WindowsClient(stub, { hardwareId }).enroll(passwordOf(user2)))).toBe('no fault');
    expect((await first.session()).isDisowned).toBe(false);
    expect(stub.authority.tenant.devices()).toHaveLength(2);
  });

  it('in other letters of its DeviceID is of the same device: another user’s is refused (E03), and its sessions are', async () => {
    const stub = await openEmpty();
    const first = await enrolledClient(stub, user1);
    const small = new WindowsClient(stub, { deviceId: first.deviceId.toLowerCase() });
    expect(told(await small.enroll(passwordOf(user2)))).toMatch(/^0x80180003/);
    expect(told(await small.enroll(passwordOf(user1)))).toBe('no fault');
    expect((await small.session()).isDisowned).toBe(false);
    expect(stub.authority.tenant.devices().map(({ deviceId }) => deviceId)).toEqual([first.deviceId]);
  });

  it('is not refused for the hardware that another device said it was before', async () => {
    const stub = await openEmpty();
    const { hardwareId, deviceId } = await enrolledClient(stub, user1);
    await enrolledClient(stub, user1, { deviceId });
    expect(told(await new WindowsClient(stub, { hardwareId }).enroll(passwordOf(user2)))).toBe('no fault');
    expect(stub.authority.tenant.devices()).toHaveLength(2);
  });

  it('is forgotten when no session follows in time (E01)', async () => {
    const stub = await openEmpty();
    const client = new WindowsClient(stub);
    await client.enroll(passwordOf(user1));
    await stub.clock.advance(stub.authority.tenant.settings.enrollmentMs + 1);
    expect(stub.authority.tenant.devices()).toEqual([]);
    expect((await client.session()).isDisowned).toBe(true);
  });

  it('by a bulk token enrolls devices without a user, as many as come while it is valid', async () => {
    const stub = await openEmpty();
    const token = stub.authority.windows.bulkToken(60_000);
    const [one, other] = [new WindowsClient(stub), new WindowsClient(stub)];
    expect(told(await one.enroll(tokenOf(token)))).toBe('no fault');
    expect(told(await other.enroll(tokenOf(token)))).toBe('no fault');
    expect(stub.authority.tenant.device(one.deviceId)?.userId).toBeUndefined();
    await stub.clock.advance(60_001);
    expect(told(await new WindowsClient(stub).enroll(tokenOf(token)))).toMatch(/^0x80180002/);
    expect(JSON.stringify(stub.lines())).not.toContain(token);
  });

  it.each<[string, (client: WindowsClient) => object, RegExp]>([
    ['no certification request', () => ({ token: Buffer.from('hello') }), /^0x80180004/],
    ['one of another device', (client) => ({ token: new WindowsClient(client.stub).csr() }), /^0x80180004/],
    ['no DeviceID', () => ({ context: [['HWDevID', 'A'.repeat(64)]] }), /^0x80180019/],
    ['a HWDevID that is none', (client) => ({ context: client.context({ hwDevId: 'x' }) }), /^0x80180019/],
    [
      'another kind of enrollment',
      (client) => ({ context: client.context({ enrollmentType: 'Half' }) }),
      /^0x80180019/,
    ],
  ])('with %s is refused, and nothing is kept of it', async (_, changes, hresult) => {
    const stub = await openEmpty();
    const client = new WindowsClient(stub);
    expect(told(await client.enroll(passwordOf(user1), changes(client)))).toMatch(hresult);
    expect(stub.authority.tenant.devices()).toEqual([]);
    expect(stub.lines()).toHaveLength(1);
  });

  it('tells the thumbprints of what it gives', async () => {
    const stub = await openEmpty();
    const client = await enrolledClient(stub, user1);
    for (const { der, thumbprint } of client.document?.certificates ?? []) expect(thumbprint).toBe(sha1(der));
  });
});
