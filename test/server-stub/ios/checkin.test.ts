import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeCheckin } from '../../../protocol/apple-mdm/check-in.js';
import { encodeResult } from '../../../protocol/apple-mdm/result.js';
import { buildBinaryPlist } from '../../../protocol/plist/build-binary.js';
import { buildSignerCertificate } from '../../../protocol/scep/request.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { temporaryFolder } from '../../support/programs.js';
import { fixture, withFixtures } from '../../support/shared.js';
import {
  Client,
  emptyTenant,
  enrolledClient,
  newClient,
  newKey,
  openStub,
  type Reply,
  type Stub,
  user1,
  user2,
} from './stub.js';

const dayMs = 24 * 3_600_000;
const unrecognized = 'com.apple.unrecognized.device';
const events = (stub: Stub) => stub.lines().map(({ event }) => event);
const codeOf = ({ body }: Reply) => JSON.parse(body.toString()).code;

describe('enrollment by check-in', () => {
  it('is complete with the first TokenUpdate, and the device is told what to do from then on', async () => {
    const stub = await openStub();
    const client = await newClient(stub);
    expect((await client.authenticate()).status).toBe(200);
    const { tenant, push } = stub.authority;
    expect(tenant.device(client.udid)).toMatchObject({ status: 'pending', osVersion: '18.1', model: 'iPhone15,2' });
    expect((await client.connect()).reply.status).toBe(403); // not enrolled yet
    expect((await client.tokenUpdate()).status).toBe(200);
    expect(tenant.device(client.udid)).toMatchObject({ status: 'enrolled' });
    expect(push.log()).toMatchObject([{ outcome: 'kept', topic: client.topic }]);
    const [first] = await client.session();
    expect(first?.RequestType).toBe('DeviceInformation');
  });

  it('belongs to the person whose challenge was used', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub, user2);
    const { tenant } = stub.authority;
    expect(tenant.device(client.udid)?.userId).toBe(tenant.user(user2)?.id);
  });

  it('is refused with 403 and the failure code, and nothing is half enrolled', async () => {
    const tenant = emptyTenant();
    const stub = await openStub({ tenant: { ...tenant, settings: { ...tenant.settings, deviceLimitPerUser: 1 } } });
    const second = await newClient(stub);
    await enrolledClient(stub);
    const reply = await second.authenticate();
    expect([reply.status, codeOf(reply)]).toEqual([403, 'E17']);
    expect(stub.authority.tenant.device(second.udid)).toBeUndefined();
    expect(events(stub)).toEqual(['ENROLLMENT_REFUSED']);
    expect((await second.tokenUpdate()).status).toBe(403);
  });

  it('lets a device that awaits configuration go when it has been told all else, and once', async () => {
    const stub = await openStub({ tenant: defaultTenant({ users: 1 }) });
    const client = await newClient(stub);
    await client.authenticate();
    await client.tokenUpdate({ AwaitingConfiguration: true });
    const told = (await client.session()).map(({ RequestType }) => RequestType);
    expect(told).toContain('InstallProfile');
    expect(told.indexOf('DeviceConfigured')).toBe(told.length - 1);
    expect(await client.session()).toEqual([]);
  });

  it('is given up when it is not finished in its time, and the certificate with it', async () => {
    const stub = await openStub();
    const client = await newClient(stub);
    expect((await client.authenticate()).status).toBe(200);
    await stub.clock.advance(30 * 60_000);
    expect(stub.authority.tenant.devices()).toEqual([]);
    const reply = await client.tokenUpdate();
    expect([reply.status, codeOf(reply)]).toEqual([403, unrecognized]);
    expect((await enrolledClient(stub, user1, client.udid)).udid).toBe(client.udid);
  });

  it('is refused at its last step where what held at the first holds no more, and nothing is left of it', async () => {
    const stub = await openStub({ tenant: emptyTenant({ authority: 'office365' }) });
    const client = await newClient(stub);
    await client.authenticate();
    stub.authority.tenant.setAuthority('intune', 'admin');
    const reply = await client.tokenUpdate();
    expect([reply.status, codeOf(reply)]).toEqual([403, 'E18']);
    expect(stub.authority.tenant.devices()).toEqual([]);
    expect(events(stub)).toEqual(['ENROLLMENT_REFUSED']);
  });

  it('is open to the device of somebody who has as many as allowed, if it is one of those', async () => {
    const tenant = emptyTenant();
    const stub = await openStub({ tenant: { ...tenant, settings: { ...tenant.settings, deviceLimitPerUser: 1 } } });
    const { udid } = await enrolledClient(stub);
    const again = await enrolledClient(stub, user1, udid);
    const other = await (await newClient(stub)).authenticate();
    expect([other.status, codeOf(other)]).toEqual([403, 'E17']);
    expect((await again.connect()).reply.status).toBe(200);
  });

  it('is for the topic of its profile only', async () => {
    const stub = await openStub();
    const client = await newClient(stub);
    const reply = await client.authenticate({ Topic: 'com.apple.mgmt.External.other' });
    expect(reply.status).toBe(400);
    expect(stub.authority.tenant.devices()).toEqual([]);
  });

  it('keeps no fact that is longer than a fact can be', async () => {
    const stub = await openStub();
    const client = await newClient(stub);
    const long = 'x'.repeat(100_000);
    const words = { SerialNumber: long, OSVersion: long, ProductName: long, DeviceName: long, IMEI: long };
    expect((await client.authenticate(words)).status).toBe(200);
    expect(JSON.stringify(stub.authority.tenant.device(client.udid)).length).toBeLessThan(1000);
  });

  it('is not ended by a late CheckOut of the enrollment before it', async () => {
    const stub = await openStub();
    const before = await enrolledClient(stub);
    const after = await enrolledClient(stub, user1, before.udid);
    expect((await before.checkOut()).status).toBe(200);
    expect(stub.authority.tenant.device(after.udid)?.status).toBe('enrolled');
    expect((await after.connect()).reply.status).toBe(200);
  });

  it('ends with CheckOut, which may be said twice', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    expect((await client.checkOut()).status).toBe(200);
    expect(stub.authority.tenant.device(client.udid)).toBeUndefined();
    expect((await client.checkOut()).status).toBe(200);
    const { reply } = await client.connect();
    expect([reply.status, codeOf(reply)]).toEqual([403, unrecognized]);
    expect((await client.authenticate()).status).toBe(403); // the certificate is worth nothing any more
  });

  it('works with a TLS client certificate instead of a signature', async () => {
    const stub = await openStub();
    const client = await newClient(stub);
    const put = (path: string, body: Uint8Array) => stub.send(path, { method: 'PUT', body, client: client.identity });
    const { udid: UDID, topic: Topic, token: Token, magic: PushMagic } = client;
    expect((await put('/checkin', encodeCheckin({ MessageType: 'Authenticate', UDID, Topic }))).status).toBe(200);
    const update = encodeCheckin({ MessageType: 'TokenUpdate', UDID, Topic, Token, PushMagic });
    expect((await put('/checkin', update)).status).toBe(200);
    const idle = await put('/mdm', encodeResult({ udid: UDID, status: 'Idle' }));
    expect(idle.body.toString()).toContain('DeviceInformation');
  });

  it('takes check-ins at the server URL by their content type', async () => {
    const stub = await openStub();
    const client = await newClient(stub);
    const { udid: UDID, topic: Topic } = client;
    const body = encodeCheckin({ MessageType: 'Authenticate', UDID, Topic });
    const headers = { 'content-type': 'application/x-apple-aspen-mdm-checkin' };
    expect((await client.put('/mdm', body, headers)).status).toBe(200);
    expect(stub.authority.tenant.device(UDID)).toBeDefined();
  });

  it('reads binary property lists too', async () => {
    const stub = await openStub();
    const client = await newClient(stub);
    const body = buildBinaryPlist({ MessageType: 'Authenticate', UDID: client.udid, Topic: client.topic });
    expect((await client.put('/checkin', body)).status).toBe(200);
  });
});

describe('who speaks', () => {
  it('must sign the exact bytes', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const body = encodeResult({ udid: client.udid, status: 'Idle' });
    const signature = client.signatureOf(Buffer.concat([body, Buffer.from(' ')]));
    for (const value of [signature, '', 'AAAA', 'no base64 !', signature.slice(0, 500), 'A'.repeat(20_000)]) {
      const reply = await client.put('/mdm', body, { 'mdm-signature': value });
      expect(reply.status).toBe(400);
    }
    expect(events(stub)).toEqual(Array(6).fill('DEVICE_IDENTITY'));
    expect(stub.authority.tenant.device(client.udid)?.status).toBe('enrolled');
  });

  it('must sign at all, or show a certificate', async () => {
    const stub = await openStub();
    const { udid } = await enrolledClient(stub);
    const reply = await stub.send('/mdm', { method: 'PUT', body: encodeResult({ udid, status: 'Idle' }) });
    expect(reply.status).toBe(400);
    expect(events(stub)).toEqual(['DEVICE_IDENTITY']);
  });

  it('must have a certificate of ours: a foreign one is refused by signature and by TLS', async () => {
    const stub = await openStub();
    const { udid, topic } = await enrolledClient(stub);
    const key = newKey(2048);
    const random = (length: number) => Buffer.alloc(length, 7);
    const now = new Date(); // TLS goes by the machine's clock
    const certificate = buildSignerCertificate({ subject: [[['CN', 'stranger']]], key, now, random });
    const stranger = new Client(stub, udid, topic, certificate, key.privateKey);
    expect((await stranger.connect()).reply.status).toBe(400);
    const body = encodeResult({ udid, status: 'Idle' });
    expect((await stub.send('/mdm', { method: 'PUT', body, client: stranger.identity })).status).toBe(400);
    expect((await stranger.authenticate()).status).toBe(400);
    expect(events(stub)).toEqual(Array(3).fill('DEVICE_IDENTITY'));
    expect(stub.authority.tenant.device(udid)?.status).toBe('enrolled');
  });

  it('must be in its time: an expired certificate no longer checks in', async () => {
    const stub = await openStub({ deviceCertificateMs: 10 * dayMs });
    const client = await enrolledClient(stub);
    await stub.clock.advance(9 * dayMs);
    expect((await client.connect()).reply.status).toBe(200);
    await stub.clock.advance(2 * dayMs);
    const { reply } = await client.connect();
    expect(reply.status).toBe(403);
    expect(reply.body.toString()).not.toContain('com.apple'); // no reason to leave
    expect(stub.lines()).toMatchObject([{ event: 'DEVICE_IDENTITY', reason: 'the certificate is expired' }]);
  });

  it('of a stub that is there no more explains itself: its device is to be forgotten and enrolled again', async () => {
    const client = await enrolledClient(await openStub());
    const stub = await openStub(); // without --data each start makes a CA of its own
    const { reply } = await client.at(stub).connect();
    const reason = expect.stringMatching(/earlier run without --data.*forget the enrollment.*enroll again/);
    expect([reply.status, JSON.parse(reply.body.toString()).error]).toEqual([
      400,
      { code: 'DEVICE_IDENTITY', message: reason },
    ]);
    expect(stub.lines()).toMatchObject([{ event: 'DEVICE_IDENTITY', level: 40, reason }]);
  });

  it('may speak for its own device only', async () => {
    const stub = await openStub();
    const mine = await enrolledClient(stub);
    const theirs = await enrolledClient(stub, user2);
    const liar = new Client(stub, theirs.udid, mine.topic, mine.certificate, mine.key);
    for (const reply of [await liar.authenticate(), await liar.tokenUpdate(), await liar.checkOut()]) {
      expect(reply.status).toBe(400);
    }
    expect((await liar.connect()).reply.status).toBe(400);
    expect(events(stub)).toEqual(Array(4).fill('DEVICE_IDENTITY'));
    expect(stub.authority.tenant.device(theirs.udid)?.dialect['pushToken']).toBe(theirs.token.toString('hex'));
  });

  it('is told to leave when the device is unknown here', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const headers = { authorization: `Bearer ${stub.authority.adminTokens.administrator}` };
    const { id } = stub.authority.tenant.device(client.udid) ?? {};
    const deleted = await stub.send(`/v1.0/deviceManagement/managedDevices/${id}`, { method: 'DELETE', headers });
    expect(deleted.status).toBe(204);
    const { reply } = await client.connect();
    expect(reply.headers['content-type']).toBe('application/json');
    expect([reply.status, codeOf(reply)]).toEqual([403, unrecognized]);
    expect((await client.tokenUpdate()).status).toBe(403);
    expect((await client.declarative('tokens')).status).toBe(403);
    expect((await client.authenticate()).status).toBe(403); // its certificate has ended with its enrollment
    expect(events(stub)).toEqual(Array(4).fill('DEVICE_UNKNOWN'));
    expect((await client.checkOut()).status).toBe(200);
  });

  it('is told to leave when its certificate is ours and its enrollment is lost, and enrolls again', async () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    const before = await openStub({ dataFolder: first });
    const client = await enrolledClient(before);
    await before.authority.close();
    for (const name of ['ca.pem', 'ca.key.pem']) copyFileSync(join(first, name), join(second, name));
    const after = await openStub({ dataFolder: second, clock: before.clock });
    const lost = client.at(after);
    const { reply } = await lost.connect();
    expect([reply.status, codeOf(reply)]).toEqual([403, unrecognized]);
    const { status } = await after.send('/mdm', {
      method: 'PUT',
      body: encodeResult({ udid: client.udid, status: 'Idle' }),
      client: client.identity,
    });
    expect([status, (await lost.authenticate()).status, (await lost.tokenUpdate()).status]).toEqual([403, 403, 403]);
    expect(events(after)).toEqual(Array(4).fill('DEVICE_UNKNOWN'));
    expect((await enrolledClient(after, user1, client.udid)).udid).toBe(client.udid);
  });

  it('may not sign long ago where a limit is set', async () => {
    const stub = await openStub({ ios: { signingSkewMs: 60_000 } });
    const client = await enrolledClient(stub);
    const body = encodeResult({ udid: client.udid, status: 'Idle' });
    const signature = client.signatureOf(body);
    await stub.clock.advance(30_000);
    expect((await client.put('/mdm', body, { 'mdm-signature': signature })).status).toBe(200);
    await stub.clock.advance(60_000);
    expect((await client.put('/mdm', body, { 'mdm-signature': signature })).status).toBe(400);
  });

  it.each([
    ['a day and an hour ago', -25, 400],
    ['a year ago', -24 * 365, 400],
    ['in two days', 48, 400],
    ['with a clock that is wrong by a time zone', -13, 200],
  ])('signed %s by default is answered as that deserves', async (_, hours, status) => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const body = encodeResult({ udid: client.udid, status: 'Idle' });
    const signature = client.signatureOf(body, stub.clock.now() + hours * 3_600_000);
    stub.lines();
    const reply = await client.put('/mdm', body, { 'mdm-signature': signature });
    expect(reply.status).toBe(status);
    const said = stub.lines().map(({ reason }) => String(reason));
    expect(said.filter((reason) => reason.includes('--signing-skew'))).toHaveLength(status === 400 ? 1 : 0);
  });

  it('may be signed at any time where that is asked for', async () => {
    const stub = await openStub({ ios: { signingSkewMs: Number.POSITIVE_INFINITY } });
    const client = await enrolledClient(stub);
    const body = encodeResult({ udid: client.udid, status: 'Idle' });
    const signature = client.signatureOf(body);
    await stub.clock.advance(20 * 24 * 3_600_000);
    expect((await client.put('/mdm', body, { 'mdm-signature': signature })).status).toBe(200);
  });

  it('with a new enrollment takes the old certificate out of use', async () => {
    const stub = await openStub();
    const before = await enrolledClient(stub);
    const after = await enrolledClient(stub, user1, before.udid);
    expect((await before.connect()).reply.status).toBe(403);
    expect((await after.connect()).reply.status).toBe(200);
  });
});

describe('bad input', () => {
  it('gets 400, is logged once with a code, and changes nothing', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const before = JSON.stringify(stub.authority.tenant.devices());
    const bodies = [
      '',
      'hello',
      '<plist><dict><key>MessageType</key>',
      '<?xml version="1.0"?><!DOCTYPE plist [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><plist><dict><key>UDID</key><string>&c;</string></dict></plist>',
      `<plist>${'<array>'.repeat(10_000)}`,
      `<plist>${'<dict><key>a</key>'.repeat(5000)}`,
      '<plist><array/></plist>',
      '<plist><dict><key>MessageType</key><string>Surprise</string></dict></plist>',
      '<plist><dict><key>MessageType</key><string>TokenUpdate</string></dict></plist>',
      '<plist><dict><key>MessageType</key><string>__proto__</string></dict></plist>',
      `<plist><dict><key>MessageType</key><string>UserAuthenticate2</string><key>UDID</key><string>${client.udid}</string></dict></plist>`,
      'bplist00garbage',
    ].map((text) => Buffer.from(text));
    for (const path of ['/checkin', '/mdm'] as const) {
      for (const body of bodies) expect((await client.put(path, body)).status).toBe(400);
    }
    const logged = stub.lines();
    expect(logged).toHaveLength(2 * bodies.length);
    for (const { event } of logged) expect(event).toMatch(/^(PLIST_MALFORMED|PLIST_LIMIT|MDM_MALFORMED)$/);
    expect(JSON.stringify(stub.authority.tenant.devices())).toBe(before);
    expect((await client.connect()).reply.status).toBe(200);
  });

  it('above 1 MiB gets 413', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const reply = await client.put('/mdm', Buffer.alloc(1024 * 1024 + 1, 0x20));
    expect(reply.status).toBe(413);
    expect(events(stub)).toEqual(['MESSAGE_TOO_LARGE']);
    expect((await client.connect()).reply.status).toBe(200);
  });

  it("of somebody else's devices does not parse as ours", withFixtures, async () => {
    const stub = await openStub();
    const client = await newClient(stub);
    const body = fixture('apple/nanomdm-TokenUpdate.1.plist');
    expect((await client.put('/checkin', body)).status).toBe(403);
  });

  it('of other channels and systems is refused by name', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { udid: UDID, topic: Topic } = client;
    const put = async (message: Parameters<typeof encodeCheckin>[0]) =>
      (await client.put('/checkin', encodeCheckin(message))).status;
    expect(await put({ MessageType: 'UserAuthenticate', UDID, UserID: 'U' })).toBe(410);
    expect(await put({ MessageType: 'GetBootstrapToken', UDID })).toBe(400);
    expect(await put({ MessageType: 'GetToken', UDID, TokenServiceType: 'com.apple.maid' })).toBe(400);
    const user = { Token: client.token, PushMagic: 'other', UserID: 'U', UserShortName: 'u' };
    expect(await put({ MessageType: 'TokenUpdate', UDID, Topic, ...user })).toBe(410);
    expect(stub.authority.tenant.device(UDID)?.dialect['pushMagic']).toBe(client.magic);
  });
});

describe('A11 on the wire', () => {
  it('answers check-ins 503 from a change of authority until the push certificate is renewed', async () => {
    const stub = await openStub({ tenant: emptyTenant({ authority: 'office365' }) });
    const client = await enrolledClient(stub);
    stub.authority.tenant.setAuthority('intune', 'admin');
    expect((await client.connect()).reply.status).toBe(503);
    expect((await client.tokenUpdate({ PushMagic: 'another' })).status).toBe(503);
    expect((await client.declarative('tokens')).status).toBe(503);
    expect(events(stub)).toEqual(Array(3).fill('CHECKIN_UNAVAILABLE'));
    expect(stub.authority.tenant.device(client.udid)?.dialect['pushMagic']).toBe(client.magic);
    stub.authority.tenant.renewPushCertificate('admin');
    expect((await client.connect()).reply.status).toBe(200);
    expect((await client.tokenUpdate({ PushMagic: 'another' })).status).toBe(200);
  });

  it('ends a session that is under way, takes its result, and moves the device with that result sent again', async () => {
    const stub = await openStub({ tenant: defaultTenant({ authority: 'office365', users: 1 }) });
    const client = await enrolledClient(stub);
    const { tenant } = stub.authority;
    const { id } = tenant.queue(client.udid, { kind: 'restart' });
    tenant.queue(client.udid, { kind: 'lock' });
    const { command } = await client.connect();
    expect(command?.CommandUUID).toBe(id);
    tenant.setAuthority('intune', 'admin');
    const result = { status: 'Acknowledged', commandUuid: id } as const;
    expect((await client.connect(result)).reply.status).toBe(503);
    expect(tenant.commands(client.udid).find((each) => each.id === id)?.status).toBe('done');
    tenant.renewPushCertificate('admin');
    const { command: next } = await client.connect(result); // as devices do, in the place of an Idle
    expect(next?.RequestType).toBe('Settings'); // who manages it now comes first (A6)
    const after = await client.connect({ status: 'Acknowledged', commandUuid: next?.CommandUUID ?? '' });
    expect(after.command?.RequestType).toBe('DeviceLock');
    expect(tenant.device(client.udid)?.managedBy).toBe('intune');
  });

  it('of another topic reaches no device that is enrolled, which goes on checking in and must enroll again to be woken', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { tenant, push } = stub.authority;
    tenant.renewPushCertificate('admin', { topic: client.topic });
    tenant.queue(client.udid, { kind: 'lock' });
    expect(push.log().at(-1)).toMatchObject({ outcome: 'kept', topic: client.topic });
    tenant.renewPushCertificate('admin', { topic: 'com.apple.mgmt.another' });
    tenant.queue(client.udid, { kind: 'lock' });
    expect(push.log().at(-1)).toMatchObject({ outcome: 'DeviceTokenNotForTopic', topic: 'com.apple.mgmt.another' });
    expect(events(stub)).toContain('PUSH_REFUSED');
    expect((await client.tokenUpdate({ PushMagic: 'another' })).status).toBe(200);
    expect((await client.connect()).command?.RequestType).toBe('DeviceLock');
    const again = await enrolledClient(stub);
    tenant.queue(again.udid, { kind: 'lock' });
    expect(push.log().at(-1)).toMatchObject({ outcome: 'kept', topic: 'com.apple.mgmt.another' });
  });

  it('lets a device leave', async () => {
    const stub = await openStub({ tenant: emptyTenant({ authority: 'office365' }) });
    const client = await enrolledClient(stub);
    stub.authority.tenant.setAuthority('intune', 'admin');
    expect((await client.checkOut()).status).toBe(200);
    expect(stub.authority.tenant.devices()).toEqual([]);
  });
});

describe('GetToken', () => {
  it('is answered with the token that was set, and offered in the profile', async () => {
    const stub = await openStub({ ios: { tokens: { 'com.apple.maid': Buffer.from('a token') } } });
    const client = await enrolledClient(stub);
    const body = encodeCheckin({ MessageType: 'GetToken', UDID: client.udid, TokenServiceType: 'com.apple.maid' });
    const reply = await client.put('/checkin', body);
    expect([reply.status, reply.body.toString()]).toEqual([200, expect.stringContaining('YSB0b2tlbg==')]);
    const profile = await stub.send(`/enroll/ios?user=${user1}&unsigned=1`);
    expect(profile.body.toString()).toContain('com.apple.mdm.token');
  });
});
