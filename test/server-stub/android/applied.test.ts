import { describe, expect, it } from 'vitest';
import { companionPackage } from '../../../protocol/headwind/companion.js';
import type { Profile } from '../../../protocol/vocabulary.js';
import { idOf } from '../../../server-stub/core/identifiers.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { temporaryFolder } from '../../support/programs.js';
import { emptyTenant, user1 } from '../ios/stub.js';
import { type AndroidStub, asking, checkIn, enrolled, openAndroid, post, sendInfo } from './stub.js';

const number = 'h0101';
const get = `/rest/public/sync/configuration/${number}`;

const wifi = (name: string, ssid = name): Profile => ({
  kind: 'wifi',
  name,
  ssid,
  hidden: false,
  autoJoin: true,
  security: 'wpa2',
  passphrase: 'correct horse',
});
const mail = (more: object = {}): Profile => ({
  kind: 'email',
  name: 'Mail',
  account: 'exchange',
  emailAddress: '{{upn}}',
  incoming: { host: 'mail.contoso.example', tls: true, authentication: 'password' },
  ...more,
});

function assign(
  { authority: { tenant } }: AndroidStub,
  profile: Profile,
  authority: 'intune' | 'office365' = 'intune',
) {
  const id = idOf('test', authority, profile.name);
  tenant.putProfile({ id, authority, profile, assignment: { to: 'all', except: [] } });
  return () => tenant.removeProfile(id);
}

const open = (more: Parameters<typeof openAndroid>[0] = {}) => openAndroid({ tenant: emptyTenant(), ...more });

interface Data {
  readonly custom1: string;
  readonly files: readonly { readonly path: string; readonly url?: string; readonly lastUpdate: number }[];
  readonly applicationSettings: readonly { packageId: string; name: string; value: string; lastUpdate: number }[];
}
const fetched = async (stub: AndroidStub): Promise<Data> => (await stub.call('GET', get)).json.data;
const bundle = ({ applicationSettings }: Data, pkg: string) =>
  applicationSettings.find(({ packageId }) => packageId === pkg)?.value;
const labels = ({ applicationSettings }: Data): { name: string; authority: string }[] =>
  JSON.parse(applicationSettings.find(({ name }) => name === 'rollcall.items')?.value ?? '[]');
const heldBy = ({ authority: { tenant } }: AndroidStub) =>
  tenant.device(number)?.held.map(({ name, authority, stale }) => [name, authority, stale]);
const outcomes = ({ authority: { tenant } }: AndroidStub) =>
  tenant
    .commands(number)
    .map(({ command, status, outcome }) => [
      command.kind === 'install-profile' ? command.profile.name : command.kind,
      outcome?.status === 'failed' ? outcome.reason : status,
    ]);
const log = (stub: AndroidStub, ...messages: string[]) =>
  stub.call('POST', `/rest/plugins/devicelog/log/list/${number}`, {
    body: messages.map((message) => ({ timestamp: 1, logLevel: 1, packageId: companionPackage, message })),
    signed: false,
  });

describe('a profile', () => {
  it('is fetched with the document and applied with the first info after it', async () => {
    const stub = await open();
    assign(stub, wifi('Office'));
    await post(stub, number, user1);
    await sendInfo(stub, number);
    expect(heldBy(stub)).toEqual([['Office', 'intune', false]]); // with the answer to the enrollment
    assign(stub, mail());
    await fetched(stub);
    expect(outcomes(stub)).toContainEqual(['Mail', 'sent']);
    await sendInfo(stub, number);
    expect(heldBy(stub)).toEqual([
      ['Office', 'intune', false],
      ['Mail', 'intune', false],
    ]);
  });

  it('that cannot be carried fails at once with the reason, and is not sent again as it is', async () => {
    const stub = await open();
    await enrolled(stub, number, user1);
    assign(stub, mail({ account: 'imap' }));
    const data = await fetched(stub);
    expect(outcomes(stub)).toContainEqual(['Mail', expect.stringContaining('no imap account')]);
    expect(bundle(data, 'com.google.android.gm')).toBeUndefined();
    await checkIn(stub, number);
    expect(outcomes(stub).filter(([name]) => name === 'Mail')).toHaveLength(1);
  });

  it('is no news to a device that has it: the document stays the same until something changes', async () => {
    const stub = await open();
    assign(stub, mail());
    assign(stub, wifi('Office'));
    await enrolled(stub, number, user1);
    const { text, headers } = await stub.call('GET', get);
    await sendInfo(stub, number);
    await stub.clock.advance(3_600_000);
    const later = await stub.call('GET', get);
    expect([later.text, later.headers]).toEqual([text, headers]);
  });

  it('whose days are over goes with the document in which the new ones come (A9)', async () => {
    const stub = await open({ tenant: emptyTenant({ authority: 'office365' }) });
    const { tenant } = stub.authority;
    assign(stub, wifi('Guests'), 'office365');
    assign(stub, mail(), 'office365');
    assign(stub, mail({ daysToSync: 31 }));
    assign(stub, wifi('Laboratory'));
    await enrolled(stub, number, user1);
    tenant.setAuthority('intune', 'test');
    await stub.clock.advance(tenant.settings.profileGraceMs + 1);
    const data = await fetched(stub);
    expect(data.custom1).toBe('intune');
    expect(labels(data).map(({ name, authority }) => [name, authority])).toEqual([
      ['Laboratory', 'intune'],
      ['Mail', 'intune'],
    ]);
    await sendInfo(stub, number);
    expect(heldBy(stub)).toEqual(
      expect.arrayContaining([
        ['Laboratory', 'intune', false],
        ['Mail', 'intune', false],
      ]),
    );
  });

  it('of an earlier authority that nothing overwrites stays in the document under its name (A8)', async () => {
    const stub = await open({ tenant: emptyTenant({ authority: 'office365' }) });
    assign(stub, wifi('Guests'), 'office365');
    assign(stub, wifi('Office', 'Old'), 'office365');
    assign(stub, wifi('Office', 'New'));
    await enrolled(stub, number, user1);
    stub.authority.tenant.setAuthority('intune', 'test');
    const data = await fetched(stub);
    expect(labels(data).map(({ name, authority }) => [name, authority])).toEqual([
      ['Guests', 'office365'],
      ['Office', 'intune'],
    ]);
    expect(bundle(data, companionPackage)).toContain('"SSID":"New"');
    await sendInfo(stub, number);
    expect(heldBy(stub)).toEqual([
      ['Guests', 'office365', true],
      ['Office', 'intune', false],
    ]);
    expect(labels(await fetched(stub))).toEqual(labels(data));
  });

  it('that is assigned no more is taken back, and that is done with the info', async () => {
    const stub = await open();
    const unassign = assign(stub, mail());
    await enrolled(stub, number, user1);
    unassign();
    const data = await fetched(stub);
    expect(bundle(data, 'com.google.android.gm')).toBe('{}');
    expect(heldBy(stub)).toHaveLength(1);
    await sendInfo(stub, number);
    expect(heldBy(stub)).toEqual([]);
    expect(bundle(await fetched(stub), 'com.google.android.gm')).toBeUndefined();
  });
});

describe('a command', () => {
  it('to rename is done with the info, and the device keeps the name', async () => {
    const stub = await open();
    await enrolled(stub, number, user1);
    const { tenant } = stub.authority;
    tenant.queue(number, { kind: 'rename', deviceName: 'Scanner 7' });
    expect(await fetched(stub)).toMatchObject({ description: 'Scanner 7' });
    expect(tenant.device(number)?.deviceName).toBeUndefined();
    await sendInfo(stub, number);
    expect(tenant.device(number)?.deviceName).toBe('Scanner 7');
    expect(await fetched(stub)).toMatchObject({ description: 'Scanner 7' });
  });

  it('to retire ends the management with the info', async () => {
    const stub = await open();
    await enrolled(stub, number, user1);
    stub.authority.tenant.queue(number, { kind: 'retire' });
    expect(bundle(await fetched(stub), companionPackage)).toBe('{"retire":true}');
    await sendInfo(stub, number);
    expect(stub.authority.tenant.device(number)).toBeUndefined();
    expect((await stub.call('GET', get)).json.message).toBe('error.notfound.device');
  });

  it('to lock is a key of one document, and of no other', async () => {
    const stub = await open();
    await enrolled(stub, number, user1);
    stub.authority.tenant.queue(number, { kind: 'lock', message: 'Lost' });
    expect(await fetched(stub)).toMatchObject({ lock: true, lockMessage: 'Lost' });
    expect(await fetched(stub)).toMatchObject({ lock: true }); // not answered yet
    await sendInfo(stub, number);
    expect(await fetched(stub)).not.toHaveProperty('lock');
  });
});

describe('a certificate in a file', () => {
  it('is downloaded where the document says, and applied when the info lists it', async () => {
    const stub = await openAndroid({ tenant: defaultTenant({ users: 2 }) });
    await post(stub, number, user1);
    const data = await fetched(stub);
    const [file] = data.files;
    const path = file?.url?.slice(stub.authority.url.length) ?? '';
    expect((await stub.call('GET', path)).text).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect((await stub.call('GET', path, { signed: false })).status).toBe(403);
    await sendInfo(stub, number);
    expect(outcomes(stub)).toContainEqual(['Contoso root', expect.stringContaining('does not list /certs/')]);
  });

  it('is applied by an info that lists it', async () => {
    const stub = await openAndroid({ tenant: defaultTenant({ users: 2 }) });
    await post(stub, number, user1);
    const { files } = await fetched(stub);
    await sendInfo(stub, number, { files: files.map(({ path, lastUpdate }) => ({ path, lastUpdate })) });
    const names = heldBy(stub)?.map(([name]) => name);
    expect(names).toContain('Contoso root');
    expect(names).toHaveLength(stub.authority.tenant.profiles().filter(isForUs).length);
  });
});

const isForUs = ({ authority, platforms }: { authority: string; platforms?: readonly string[] }): boolean =>
  authority === 'intune' && platforms?.includes('android') !== false;

describe('the companion’s log', () => {
  it('says of what is awaited that it has failed', async () => {
    const stub = await open();
    assign(stub, wifi('Office'));
    await post(stub, number, user1);
    await log(stub, 'rollcall: Office failed: no such network');
    await sendInfo(stub, number);
    expect(heldBy(stub)).toEqual([]);
    expect(outcomes(stub)).toContainEqual(['Office', 'no such network']);
  });

  it('says of what was applied that it has failed since, until it is well again or sent anew', async () => {
    const stub = await open();
    const { reader } = stub.authority.adminTokens;
    assign(stub, wifi('Office'));
    await enrolled(stub, number, user1);
    const failures = async () => {
      const path = `/stub/v1/android/devices/${number}/info`;
      const reply = await stub.send(path, { headers: { authorization: `Bearer ${reader}` } });
      return JSON.parse(reply.body.toString('utf8')).failures;
    };
    await log(stub, 'rollcall: Office failed: out of reach', 'rollcall: Other failed: never given');
    expect(await failures()).toEqual({ Office: 'out of reach' });
    expect(heldBy(stub)).toEqual([['Office', 'intune', false]]);
    await log(stub, 'rollcall: Office installed');
    expect(await failures()).toEqual({});
    await log(stub, 'rollcall: Office failed: out of reach');
    assign(stub, wifi('Office', 'New'));
    await checkIn(stub, number);
    expect(await failures()).toEqual({});
  });

  it('is kept with what the rules ask for, the newest lines of it', async () => {
    const stub = await open();
    await enrolled(stub, number, user1);
    const { json } = await stub.call('GET', `/rest/plugins/devicelog/log/rules/${number}`, { signed: false });
    expect(json.data).toEqual([
      { packageId: 'com.hmdm.launcher', logLevel: 5 },
      { packageId: companionPackage, logLevel: 3 },
    ]);
    const line = (packageId: string, message: string, logLevel = 4) => ({ timestamp: 7, logLevel, packageId, message });
    const body = [line('com.hmdm.launcher', 'one'), line('com.example', 'two'), line(companionPackage, 'three')];
    await stub.call('POST', `/rest/plugins/devicelog/log/list/${number}`, { body, signed: false });
    expect(stub.android.logOf(number)).toEqual([line('com.hmdm.launcher', 'one')]);
    const path = `/stub/v1/android/devices/${number}/log`;
    const headers = { authorization: `Bearer ${stub.authority.adminTokens.administrator}` };
    const { body: shown } = await stub.send(path, { headers });
    expect(JSON.parse(shown.toString('utf8')).value).toEqual([line('com.hmdm.launcher', 'one')]);
    const record = stub.authority.tenant.device(number)?.id ?? '';
    expect((await stub.send(path.replace(number, record), { headers })).status).toBe(200);
    expect((await stub.send(path.replace(number, 'h9'), { headers })).status).toBe(404);
  });
});

describe('a restart of the stub', () => {
  it('loses nothing of what is awaited', async () => {
    const dataFolder = temporaryFolder();
    const before = await open({ dataFolder });
    assign(before, mail());
    await enrolled(before, number, user1);
    const tenantBefore = before.authority.tenant;
    tenantBefore.queue(number, { kind: 'restart' });
    tenantBefore.queue(number, { kind: 'lock' });
    const { text } = await before.call('GET', get);
    const { clock } = before;
    await before.authority.close();
    const after = await open({ dataFolder, clock });
    await sendInfo(after, number);
    expect(outcomes(after)).toEqual(
      expect.arrayContaining([
        ['lock', 'done'],
        ['restart', 'sent'],
      ]),
    );
    const confirmed = await after.call('POST', `/rest/plugins/devicereset/public/reboot/${number}`, {
      body: { deviceId: number },
      signed: false,
    });
    expect(confirmed.status).toBe(200);
    expect(outcomes(after)).toContainEqual(['restart', 'done']);
    const data = JSON.parse(text).data;
    expect(await fetched(after)).toMatchObject({ applicationSettings: data.applicationSettings });
  });
});

describe('an administrator', () => {
  const files = '/stub/v1/android/files';
  const apps = '/stub/v1/android/apps';
  it('gives devices files and apps, of which they are told, and takes them back', async () => {
    const stub = await open();
    await enrolled(stub, number, user1);
    const ask = asking(stub);
    const woken = () => stub.android.wakes(number);
    let count = woken();
    const content = Buffer.from('a=1').toString('base64');
    const { status, json: file } = await ask('POST', files, { path: '/config/a.txt', content, varContent: true });
    expect([status, woken()]).toEqual([201, ++count]);
    expect(file).toMatchObject({ kind: 'file', path: '/config/a.txt', size: 3, varContent: true });
    const app = await ask('POST', apps, { pkg: 'com.example.app', version: '1.2', content, devices: ['h9'] });
    expect([app.status, woken()]).toEqual([201, count]); // for another device
    expect((await ask('GET', files)).json.value).toEqual([file]);
    expect((await ask('GET', apps)).json.value).toEqual([app.json]);
    const { reader } = stub.authority.adminTokens;
    const read = async (at: string) => {
      const { body } = await stub.send(at, { headers: { authorization: `Bearer ${reader}` } });
      return JSON.parse(body.toString('utf8'));
    };
    expect((await read(files)).value).toEqual([{ ...file, key: '(secret)' }]); // by which the content is found
    expect((await read(apps)).value).toEqual([{ ...app.json, key: '(secret)' }]);
    const info = await read(`/stub/v1/android/devices/${number}/info`);
    expect(info.info).toMatchObject({ imei: '(secret)', mdmMode: true });
    await stub.call('POST', `/rest/plugins/devicelog/log/list/${number}`, {
      body: [{ timestamp: 7, logLevel: 1, packageId: 'com.hmdm.launcher', message: 'the password is a' }],
      signed: false,
    });
    const lines = (await read(`/stub/v1/android/devices/${number}/log`)).value;
    expect(lines).toEqual([{ timestamp: 7, logLevel: 1, packageId: 'com.hmdm.launcher', message: '(secret)' }]);
    const data = await fetched(stub);
    expect(data.files).toMatchObject([{ path: '/config/a.txt', varContent: true }]);
    const path = data.files[0]?.url?.slice(stub.authority.url.length) ?? '';
    expect((await stub.call('GET', path)).text).toBe('a=1');
    expect([(await ask('DELETE', `${files}/${file.id}`)).status, woken()]).toEqual([204, ++count]);
    expect((await ask('DELETE', `${files}/${file.id}`)).status).toBe(404);
    expect((await fetched(stub)).files).toMatchObject([{ path: '/config/a.txt', remove: true }]);
    await sendInfo(stub, number);
    expect((await fetched(stub)).files).toEqual([]);
    expect((await stub.call('GET', path)).status).toBe(404);
  });

  it('changes what devices are told, of which they hear, and the number of one', async () => {
    const stub = await open();
    await enrolled(stub, number, user1);
    const ask = asking(stub);
    const settings = '/stub/v1/android/settings';
    const { json: before } = await ask('GET', settings);
    expect(before).toMatchObject({ pushOptions: 'mqttAlarm', keepaliveSeconds: 300, newServerUrl: null });
    expect(before).not.toHaveProperty('sharedSecret');
    let count = stub.android.wakes(number);
    const changes = { pushOptions: 'polling', newServerUrl: 'https://other.example' };
    expect((await ask('PATCH', settings, changes)).json).toEqual({ ...before, ...changes });
    expect(stub.android.wakes(number)).toBe(++count);
    expect(await fetched(stub)).toMatchObject({ pushOptions: 'polling', newServerUrl: 'https://other.example' });
    const dynamicInfo = { sendData: true, intervalMins: 5 };
    expect((await ask('PATCH', settings, { newServerUrl: null, dynamicInfo })).json).toMatchObject({
      pushOptions: 'polling',
      newServerUrl: null,
      dynamicInfo,
    });
    expect(stub.android.wakes(number)).toBe(++count);
    for (const wrong of [
      { pushOptions: 'fcm' },
      { keepaliveSeconds: -1 },
      { sharedSecret: 'a' },
      { pushOptions: null },
    ])
      expect([wrong, (await ask('PATCH', settings, wrong)).status]).toEqual([wrong, 400]);
    const device = `/stub/v1/android/devices/${number}`;
    expect((await ask('PATCH', device, { number: 'h9' })).json).toEqual({ number: 'h9' });
    expect(await fetched(stub)).toMatchObject({ newNumber: 'h9' });
    expect((await ask('PATCH', device, { number: 'a/b' })).status).toBe(400);
    expect((await ask('PATCH', '/stub/v1/android/devices/nobody', { number: 'h8' })).status).toBe(404);
  });

  it.each([
    { path: '/a/../b', content: '' },
    { path: '/a' },
    { path: '/a', content: '*' },
    { path: '/a', content: '', more: 1 },
  ])('is told what is wrong with %j', async (body) => {
    const stub = await open();
    const { status, json } = await asking(stub)('POST', files, body);
    expect([status, json.error.code]).toEqual([400, 'BadRequest']);
  });
});
