import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { companyPortalHeader, deviceHeader, writeAskedDevice } from '../../../protocol/enrollment-header.js';
import { isDict } from '../../../protocol/plist/value.js';
import { judgeProfilePayload } from '../../support/apple-schema.js';
import { describeWith, openssl, temporaryFolder } from '../../support/programs.js';
import { withSchema } from '../../support/shared.js';
import { emptyTenant, openStub, payloads, user1 } from './stub.js';

const unsigned = `/enroll/ios?user=${user1}&unsigned=1`;

describe('GET /enroll/ios', () => {
  it('gives a profile with root, SCEP and MDM payloads that hold together', async () => {
    const stub = await openStub();
    const reply = await stub.send(unsigned);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/x-apple-aspen-config');
    const found = payloads(reply.body);
    expect([...found.keys()]).toEqual(['com.apple.security.root', 'com.apple.security.scep', 'com.apple.mdm']);
    const mdm = found.get('com.apple.mdm');
    expect(mdm?.['IdentityCertificateUUID']).toBe(found.get('com.apple.security.scep')?.['PayloadUUID']);
    expect(mdm).toMatchObject({ SignMessage: true, AccessRights: 8191, CheckOutWhenRemoved: true });
    expect(mdm?.['ServerURL']).toBe(`${stub.authority.url}/mdm`);
    expect(mdm?.['Topic']).toMatch(/^com\.apple\.mgmt\.External\./);
  });

  it("passes Apple's schema, payload by payload", withSchema, async () => {
    const stub = await openStub({ ios: { tokens: { 'com.apple.maid': Buffer.from('t') } } });
    for (const identity of ['scep', 'tls', 'pkcs12', 'pkcs12-tls']) {
      const { body } = await stub.send(`${unsigned}&identity=${identity}`);
      for (const [type, payload] of payloads(body)) expect(judgeProfilePayload(type, payload)).toEqual([]);
    }
  });

  it('gives every person another challenge each time', async () => {
    const stub = await openStub();
    const challenges = new Set<unknown>();
    for (let i = 0; i < 3; i++) {
      const scep = payloads((await stub.send(unsigned)).body).get('com.apple.security.scep')?.['PayloadContent'];
      challenges.add(isDict(scep) ? scep['Challenge'] : undefined);
    }
    expect(challenges.size).toBe(3);
  });

  it('puts an identity into the profile where PKCS#12 is asked for', async () => {
    const stub = await openStub();
    const found = payloads((await stub.send(`${unsigned}&identity=pkcs12-tls`)).body);
    const identity = found.get('com.apple.security.pkcs12');
    expect(found.get('com.apple.mdm')).toMatchObject({
      SignMessage: false,
      IdentityCertificateUUID: identity?.['PayloadUUID'],
    });
    expect(identity?.['PayloadContent']).toBeInstanceOf(Uint8Array);
  });

  it('refuses somebody who is not there with 403 and E02, recorded and logged once', async () => {
    const stub = await openStub();
    const reply = await stub.send('/enroll/ios?user=nobody@contoso.example');
    expect(reply.status).toBe(403);
    const body = JSON.parse(reply.body.toString());
    expect(body).toMatchObject({ code: 'E02', failureCategory: 'userValidation' });
    expect(body.remedies).not.toBe('');
    expect(body.message).not.toBe('');
    expect(stub.lines().map(({ event }) => event)).toEqual(['ENROLLMENT_REFUSED']);
    expect(stub.authority.tenant.failures()).toHaveLength(1);
  });

  it('asks for the password of a person who has one', async () => {
    const tenant = emptyTenant();
    const users = tenant.users.map((user) => ({ ...user, password: 'correct horse' }));
    const stub = await openStub({ tenant: { ...tenant, users } });
    const basic = (password: string) => ({
      headers: { authorization: `Basic ${Buffer.from(`${user1}:${password}`).toString('base64')}` },
    });
    const without = await stub.send(unsigned);
    expect(without.status).toBe(401);
    expect(without.headers['www-authenticate']).toMatch(/^Basic /);
    expect((await stub.send(unsigned, basic('wrong'))).status).toBe(401);
    expect((await stub.send(unsigned, basic('correct horse'))).status).toBe(200);
    expect((await stub.send('/enroll/ios?unsigned=1', basic('correct horse'))).status).toBe(200);
  });

  it('lets a device without a user in when asked to, and nobody who does not say who they are', async () => {
    const stub = await openStub();
    expect((await stub.send('/enroll/ios')).status).toBe(401);
    expect((await stub.send('/enroll/ios?userless=1')).status).toBe(200);
    expect((await stub.send(`${unsigned}&identity=guess`)).status).toBe(400);
  });

  it('has nothing for a device that may not enroll, where a Company Portal says which it is; of one without a user the way is known', async () => {
    const stub = await openStub();
    const { tenant } = stub.authority;
    const blocked = { id: 'default', displayName: 'Default', kind: 'platforms', priority: 0, groups: [] } as const;
    tenant.putRestriction({ ...blocked, platforms: { ios: { personalBlocked: true, osMinimum: '17' } } });
    const asked = { id: 'U', serial: 'S', model: 'iPhone15,2' };
    const asking = (osVersion: string, more = '') =>
      stub.send(`${unsigned}${more}`, {
        headers: { [companyPortalHeader]: '9.0', [deviceHeader]: writeAskedDevice({ ...asked, osVersion }) },
      });
    expect([(await stub.send(unsigned)).status, (await asking('16.1')).status, (await asking('17.1')).status]).toEqual([
      200, 403, 403,
    ]);
    expect((await asking('17.1', '&userless=1')).status).toBe(200); // it is one of the organization's
    expect(tenant.failures()).toMatchObject([
      { code: 'E08', deviceId: 'U', osVersion: '16.1' },
      { code: 'E10', deviceId: 'U' },
    ]);
  });

  it('repeats an address only if its certificate is for it', async () => {
    const stub = await openStub({ hostnames: ['127.0.0.1', 'mdm.contoso.example'] });
    const serverUrl = async (host: string) =>
      payloads((await stub.send(unsigned, { headers: { host } })).body).get('com.apple.mdm')?.['ServerURL'];
    expect(await serverUrl('localhost:1234')).toBe('https://localhost:1234/mdm');
    expect(await serverUrl('mdm.contoso.example')).toBe('https://mdm.contoso.example/mdm');
    expect(await serverUrl('evil.example')).toBe(`${stub.authority.url}/mdm`);
  });
});

describeWith('openssl')('the signed profile, judged by openssl', () => {
  it('verifies against the CA and holds the plist', async () => {
    const stub = await openStub();
    const folder = temporaryFolder();
    const [ca, profile] = [join(folder, 'ca.pem'), join(folder, 'profile.der')];
    writeFileSync(ca, stub.authority.caPem);
    writeFileSync(profile, (await stub.send(`/enroll/ios?user=${user1}`)).body);
    const plist = openssl(['cms', '-verify', '-binary', '-inform', 'DER', '-in', profile, '-CAfile', ca]);
    expect([...payloads(plist).keys()]).toContain('com.apple.mdm');
  });
});
