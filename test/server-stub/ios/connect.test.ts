import { describe, expect, it } from 'vitest';
import { link } from '../../../protocol/apple-mdm/error-chain.js';
import type { Command, PlatformName } from '../../../protocol/vocabulary.js';
import type { AssignedProfile } from '../../../server-stub/core/types.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { judgeCommand } from '../../support/apple-schema.js';
import { hasSchema } from '../../support/shared.js';
import { emptyTenant, enrolledClient, newClient, openStub, payloads, user1 } from './stub.js';

const commands: readonly (readonly [string, Command])[] = [
  ['DeviceInformation', { kind: 'inventory' }],
  ['DeviceLock', { kind: 'lock', message: 'Lost', phoneNumber: '+44 20' }],
  ['ClearPasscode', { kind: 'clear-passcode' }],
  ['Settings', { kind: 'rename', deviceName: 'Front desk' }],
  ['RestartDevice', { kind: 'restart' }],
  ['ShutDownDevice', { kind: 'shut-down' }],
  ['DeviceLocation', { kind: 'locate' }],
  ['EnableLostMode', { kind: 'lost-mode', on: true, message: 'Call us' }],
  ['DisableLostMode', { kind: 'lost-mode', on: false }],
  ['RemoveProfile', { kind: 'remove-profile', name: 'Mail' }],
  ['ProfileList', { kind: 'native', platform: 'ios', name: 'ProfileList', body: { ManagedOnly: true } }],
  ['SecurityInfo', { kind: 'native', platform: 'ios', name: 'SecurityInfo', body: undefined }],
];

describe('PUT /mdm', () => {
  it.each(commands)('says %s', async (requestType, neutral) => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { id } = stub.authority.tenant.queue(client.udid, neutral);
    const { command } = await client.connect();
    expect(command).toMatchObject({ RequestType: requestType, CommandUUID: id });
    if (hasSchema() && command !== undefined) expect(judgeCommand(requestType, command.body)).toEqual([]);
    if (neutral.kind === 'clear-passcode') {
      expect(Buffer.from(command?.body['UnlockToken'] as Uint8Array).toString()).toBe('unlock me');
    }
  });

  it('sends what is queued in order, one at a time, and an empty 200 at the end', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { tenant } = stub.authority;
    for (const message of ['1', '2', '3']) tenant.queue(client.udid, { kind: 'lock', message });
    const told = await client.session();
    expect(told.map(({ body }) => body['Message'])).toEqual(['1', '2', '3']);
    const { reply } = await client.connect();
    expect([reply.status, reply.body.length]).toEqual([200, 0]);
  });

  it('keeps what is answered NotNow for the next session, and goes on with the rest', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { tenant } = stub.authority;
    const first = tenant.queue(client.udid, { kind: 'restart' });
    tenant.queue(client.udid, { kind: 'lock' });
    const told = await client.session(({ RequestType }) =>
      RequestType === 'RestartDevice' ? { status: 'NotNow' } : {},
    );
    expect(told.map(({ RequestType }) => RequestType)).toEqual(['RestartDevice', 'DeviceLock']);
    const again = await client.session();
    expect(again.map(({ CommandUUID }) => CommandUUID)).toEqual([first.id]);
    expect(await client.session()).toEqual([]);
  });

  it('delivers again what was never answered', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    stub.authority.tenant.queue(client.udid, { kind: 'restart' });
    const one = await client.connect();
    const two = await client.connect();
    expect(two.command?.CommandUUID).toBe(one.command?.CommandUUID);
  });

  it('records errors with their chain, and ignores answers to what it never asked', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { tenant } = stub.authority;
    const { id } = tenant.queue(client.udid, { kind: 'locate' });
    const errorChain = [link('mdm', 12067, 'not in lost mode')];
    await client.connect({ status: 'Acknowledged', commandUuid: 'never asked' });
    await client.session(() => ({ status: 'Error', errorChain }));
    const found = tenant.commands(client.udid).find((each) => each.id === id);
    expect(found?.outcome).toMatchObject({ status: 'failed', code: 'MCMDMErrorDomain 12067' });
    await client.connect({ status: 'Acknowledged', commandUuid: id }); // too late
    expect(tenant.commands(client.udid).find((each) => each.id === id)?.status).toBe('failed');
  });

  it('takes a setting that failed for a command that failed, though Settings itself is acknowledged', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { tenant } = stub.authority;
    const { id } = tenant.queue(client.udid, { kind: 'rename', deviceName: 'Reception' });
    const ErrorChain = [{ ...link('settings', 28000, 'no such item') }];
    const data = { Settings: [{ Item: 'DeviceName', Status: 'Error', ErrorChain }] };
    await client.session(() => ({ status: 'Acknowledged', data }));
    expect(tenant.commands(client.udid).find((each) => each.id === id)?.outcome).toEqual({
      status: 'failed',
      reason: 'DeviceName: MCSettingsErrorDomain 28000: no such item',
      code: 'MCSettingsErrorDomain 28000',
    });
  });

  it('learns the facts of an inventory', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { tenant } = stub.authority;
    tenant.queue(client.udid, { kind: 'inventory' });
    const QueryResponses = { DeviceName: 'Anna’s iPhone', OSVersion: '18.2', ProductName: 'iPhone16,1', IMEI: '35 1' };
    await client.session(() => ({ data: { QueryResponses } }));
    expect(tenant.device(client.udid)).toMatchObject({
      deviceName: 'Anna’s iPhone',
      osVersion: '18.2',
      model: 'iPhone16,1',
      imei: '35 1',
    });
  });

  it('believes no answer to a question that was not asked', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { tenant } = stub.authority;
    const before = JSON.stringify(tenant.devices());
    const data = { QueryResponses: { DeviceName: 'somebody else', OSVersion: '1' } };
    await client.connect({ status: 'Acknowledged', commandUuid: 'never asked', data });
    expect(JSON.stringify(tenant.devices())).toBe(before);
    tenant.queue(client.udid, { kind: 'inventory' });
    await client.session(() => ({ data: { QueryResponses: { DeviceName: 'x'.repeat(100_000) } } }));
    expect(tenant.device(client.udid)?.deviceName).toBeUndefined();
  });

  it('fails a command that cannot be said to this device, and goes on', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { tenant } = stub.authority;
    tenant.setDialect(client.udid, { ...tenant.device(client.udid)?.dialect, unlockToken: undefined });
    const failed = tenant.queue(client.udid, { kind: 'clear-passcode' });
    const wifi = { kind: 'wifi', name: 'W', ssid: 'W', hidden: false, autoJoin: true, security: 'wpa2' } as const;
    const eap = { types: ['tls'], identity: 'nobody has this' } as const;
    const unresolved = tenant.queue(client.udid, { kind: 'install-profile', profile: { ...wifi, eap } });
    tenant.queue(client.udid, { kind: 'restart' });
    const told = await client.session();
    expect(told.map(({ RequestType }) => RequestType)).toEqual(['RestartDevice']);
    for (const { id } of [failed, unresolved]) {
      expect(tenant.commands(client.udid).find((each) => each.id === id)?.status).toBe('failed');
    }
    expect(stub.lines().map(({ event }) => event)).toEqual(['MESSAGE_REFUSED', 'NOT_FOUND']);
  });

  it('retires by removing the enrollment profile, and the CheckOut that follows is welcome', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const { tenant } = stub.authority;
    tenant.queue(client.udid, { kind: 'retire' });
    const [command] = await client.session();
    expect(command).toMatchObject({ RequestType: 'RemoveProfile', body: { Identifier: 'rollcall.enrollment' } });
    expect(tenant.device(client.udid)).toBeUndefined();
    expect((await client.checkOut()).status).toBe(200);
    expect(stub.lines()).toEqual([]);
  });

  it('wipes, and the device is gone with its acknowledgement', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    stub.authority.tenant.queue(client.udid, { kind: 'wipe' });
    const [command] = await client.session();
    expect(command?.RequestType).toBe('EraseDevice');
    expect(stub.authority.tenant.device(client.udid)).toBeUndefined();
    expect((await client.connect()).reply.status).toBe(403);
  });

  it('gives every profile that is assigned, and knows that the device holds them', async () => {
    const stub = await openStub({
      tenant: defaultTenant({ users: 2 }),
    });
    const client = await enrolledClient(stub, user1); // its first session installed them
    const { tenant } = stub.authority;
    expect(
      tenant
        .device(client.udid)
        ?.held.map(({ name }) => name)
        .sort(),
    ).toEqual(
      tenant
        .profiles()
        .filter(({ authority, platforms }) => authority === 'intune' && (platforms ?? ['ios']).includes('ios'))
        .map(({ profile }) => profile.name)
        .sort(),
    );
  });
});

describe('a profile that names a certificate', () => {
  it('is given the one that is assigned on this platform', async () => {
    const root = (id: string, platform: PlatformName): AssignedProfile => ({
      id,
      authority: 'intune',
      assignment: { to: 'all', except: [] },
      platforms: [platform],
      profile: { kind: 'certificate', name: 'Root', role: 'root', source: { type: 'der', der: Buffer.from(platform) } },
    });
    const eap = { types: ['peap'], anchors: ['Root'] } as const;
    const wifi = { kind: 'wifi', name: 'W', ssid: 'W', hidden: false, autoJoin: true, security: 'wpa2', eap } as const;
    const assigned: AssignedProfile = {
      id: '3',
      authority: 'intune',
      assignment: { to: 'all', except: [] },
      profile: wifi,
    };
    const profiles = [root('1', 'windows'), root('2', 'ios'), assigned];
    const stub = await openStub({ tenant: emptyTenant({ profiles }) });
    const client = await newClient(stub);
    await client.authenticate();
    await client.tokenUpdate();
    const installed = (await client.session()).map(({ body }) => body['Payload']).filter(Buffer.isBuffer);
    const roots = installed.map((profile) => payloads(profile).get('com.apple.security.root')?.['PayloadContent']);
    expect(roots.map(String)).toEqual(['ios', 'ios']); // by itself, and inside the Wi-Fi profile
  });
});

describe('declarative management', () => {
  const declarations = [
    { Type: 'com.apple.configuration.management.test', Identifier: 'test', Payload: { Echo: 'hello' } },
    {
      Type: 'com.apple.activation.simple',
      Identifier: 'on',
      Payload: { StandardConfigurations: ['test'] },
    },
  ];

  it('tells devices to synchronise, and answers tokens, items and declarations', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    stub.authority.ios.setDeclarations(declarations);
    expect((await client.session()).map(({ RequestType }) => RequestType)).toEqual(['DeclarativeManagement']);
    const json = async (endpoint: string) => JSON.parse((await client.declarative(endpoint)).body.toString());
    const tokens = await json('tokens');
    const items = await json('declaration-items');
    expect(items.DeclarationsToken).toBe(tokens.SyncTokens.DeclarationsToken);
    expect(items.Declarations).toMatchObject({
      Activations: [{ Identifier: 'on' }],
      Configurations: [{ Identifier: 'test' }],
    });
    const [{ ServerToken }] = items.Declarations.Configurations;
    expect(await json('declaration/configuration/test')).toEqual({ ...declarations[0], ServerToken });
    stub.authority.ios.setDeclarations(declarations.slice(0, 1));
    expect((await json('tokens')).SyncTokens.DeclarationsToken).not.toBe(tokens.SyncTokens.DeclarationsToken);
  });

  it('is begun by a device that enrolls when there are declarations, and asked for once, however often they change', async () => {
    const stub = await openStub();
    stub.authority.ios.setDeclarations(declarations);
    const client = await newClient(stub);
    await client.authenticate();
    await client.tokenUpdate();
    for (let i = 0; i < 300; i++) stub.authority.ios.setDeclarations(declarations.slice(0, i % 2));
    const told = (await client.session()).map(({ RequestType }) => RequestType);
    expect(told.filter((each) => each === 'DeclarativeManagement')).toHaveLength(1);
    expect(stub.authority.push.log().at(-1)).toMatchObject({ outcome: 'kept' }); // it was woken for it
  });

  it('answers 404 for a declaration that is not there and 400 for an endpoint that is none', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    expect((await client.declarative('declaration/asset/test')).status).toBe(404);
    expect((await client.declarative('declaration/asset/%2e%2e')).status).toBe(400);
    expect((await client.declarative('everything')).status).toBe(400);
    expect(stub.lines().map(({ event }) => event)).toEqual(['NOT_FOUND', 'DDM_MALFORMED', 'DDM_MALFORMED']);
  });

  it('keeps the last status report, for the administrator to see', async () => {
    const stub = await openStub();
    const client = await enrolledClient(stub);
    const report = { StatusItems: { device: { 'operating-system': { version: '18.1' } } }, Errors: [] };
    expect((await client.declarative('status', report)).status).toBe(200);
    const { administrator } = stub.authority.adminTokens;
    const headers = { authorization: `Bearer ${administrator}` };
    const seen = await stub.send(`/stub/v1/ddm/status/${client.udid}`, { headers });
    expect(JSON.parse(seen.body.toString())).toMatchObject(report);
    expect((await client.put('/checkin', Buffer.from('<plist/>'))).status).toBe(400);
  });

  it('changes nothing when one declaration of several is wrong', async () => {
    const stub = await openStub();
    stub.authority.ios.setDeclarations(declarations);
    const wrong = { Type: 'com.example.other', Identifier: 'x', Payload: {} };
    expect(() => stub.authority.ios.setDeclarations([wrong])).toThrow(/Type/);
    const headers = { authorization: `Bearer ${stub.authority.adminTokens.administrator}` };
    const put = (value: unknown) =>
      stub.send('/stub/v1/ddm/declarations', { method: 'PUT', headers, body: JSON.stringify({ value }) });
    expect((await put([declarations[0], declarations[0]])).status).toBe(400);
    const listed = JSON.parse((await stub.send('/stub/v1/ddm/declarations', { headers })).body.toString());
    expect(listed.value).toHaveLength(2);
    expect((await put([])).status).toBe(204);
  });

  it('serves documents to those who know the address', async () => {
    const stub = await openStub();
    const url = new URL(stub.authority.ios.addDocument(Buffer.from('a profile')));
    const reply = await stub.send(url.pathname);
    expect([reply.status, reply.body.toString()]).toEqual([200, 'a profile']);
    expect((await stub.send('/documents/guess')).status).toBe(404);
    // A browser that is led to one saves it, and runs nothing of it.
    expect(reply.headers).toMatchObject({
      'content-disposition': 'attachment',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    const headers = { authorization: `Bearer ${stub.authority.adminTokens.administrator}` };
    const post = async (contentType: string, bytes: number) =>
      await stub.send('/stub/v1/documents', {
        method: 'POST',
        headers,
        body: JSON.stringify({ content: Buffer.alloc(bytes).toString('base64'), contentType }),
      });
    expect((await post('a/b\r\nx: y', 1)).status).toBe(400);
    expect((await post('a/b', 10 * 1024 * 1024)).status).toBe(201);
    expect((await post('a/b', 10 * 1024 * 1024 + 1)).status).toBe(400);
  });

  it('answers everything as what it says it is, and as not to be kept', async () => {
    const stub = await openStub();
    for (const path of ['/nothing', '/enroll/ios?user=nobody', '/v1.0/users', '/mdm', '/scep?operation=GetCACaps'])
      expect((await stub.send(path)).headers, path).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
  });

  it('leads to the next page under a name of its own, whatever Host it was asked by', async () => {
    const stub = await openStub();
    const authorization = `Bearer ${stub.authority.adminTokens.reader}`;
    const next = async (host: string) => {
      const reply = await stub.send('/v1.0/users?$top=1', { headers: { authorization, host } });
      return new URL(JSON.parse(reply.body.toString())['@odata.nextLink']).host;
    };
    const { host, port } = new URL(stub.authority.url);
    expect(await next('elsewhere.test')).toBe(host);
    expect(await next(`elsewhere.test:${port}`)).toBe(host);
    expect(await next(`localhost:${port}`)).toBe(`localhost:${port}`);
  });

  it('shows a reader the names alone of declarations’ payloads: a URL in one is access to what it leads to', async () => {
    const stub = await openStub();
    const of = (token: string) => ({ authorization: `Bearer ${token}` });
    const { administrator, reader } = stub.authority.adminTokens;
    const value = [
      { Type: 'com.apple.configuration.legacy', Identifier: 'l', Payload: { ProfileURL: 'https://a.test/secret' } },
    ];
    const path = '/stub/v1/ddm/declarations';
    const put = { method: 'PUT', headers: of(administrator), body: JSON.stringify({ value }) };
    expect((await stub.send(path, put)).status).toBe(204);
    const seen = async (token: string) =>
      JSON.parse((await stub.send(path, { headers: of(token) })).body.toString()).value[0].Payload;
    expect(await seen(administrator)).toEqual({ ProfileURL: 'https://a.test/secret' });
    expect(await seen(reader)).toEqual({ ProfileURL: '(secret)' });
  });
});
