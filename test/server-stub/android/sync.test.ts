import { describe, expect, it } from 'vitest';
import type { Command } from '../../../protocol/vocabulary.js';
import { wifi } from '../core/support.js';
import { emptyTenant, user1, user2 } from '../ios/stub.js';
import { type AndroidStub, checkIn, configurationPath, enrolled, infoOf, openAndroid, post, sendInfo } from './stub.js';

const get = async (stub: AndroidStub, number: string): Promise<Record<string, unknown>> =>
  (await stub.call('GET', configurationPath(number))).json.data;
const messageOf = async (stub: AndroidStub, number: string) =>
  (await stub.call('GET', configurationPath(number))).json.message;
const confirm = (stub: AndroidStub, what: string, number: string) =>
  stub.call('POST', `/rest/plugins/devicereset/public${what}/${number}`, { body: infoOf(number), signed: false });

describe('a device that syncs', () => {
  it('has fetched a setting with GET and applied it with the first info after it', async () => {
    const stub = await openAndroid();
    const { tenant } = stub.authority;
    await enrolled(stub, 'h1', user1);
    const { id } = tenant.queue('h1', { kind: 'install-profile', profile: wifi('net') });
    const statusOf = () => tenant.commands('h1').find((command) => command.id === id)?.status;
    await sendInfo(stub, 'h1');
    expect(statusOf()).toBe('waiting'); // it has not been fetched
    expect(JSON.stringify(await get(stub, 'h1'))).toContain('openNetworkConfiguration');
    expect(statusOf()).toBe('sent');
    await sendInfo(stub, 'h1');
    expect(statusOf()).toBe('done');
    expect(tenant.device('h1')?.held.map(({ name }) => name)).toEqual(['net']);
    expect(JSON.stringify(await get(stub, 'h1'))).toContain('openNetworkConfiguration');
  });

  it('with nothing new gets the same bytes again, and nothing is written of it', async () => {
    const stub = await openAndroid({ tenant: emptyTenant({ profiles: [] }) });
    await enrolled(stub, 'h1', user1);
    const before = stub.authority.tenant.device('h1')?.dialect;
    const [one, other] = [
      await stub.call('GET', configurationPath('h1')),
      await stub.call('GET', configurationPath('h1')),
    ];
    expect(one.text).toBe(other.text);
    expect(one.headers).toEqual(other.headers);
    expect(stub.authority.tenant.device('h1')?.dialect).toBe(before);
  });

  it('is told of commands by keys, each answered in its own way', async () => {
    const stub = await openAndroid();
    const { tenant } = stub.authority;
    await enrolled(stub, 'h1', user1);
    const commands: Command[] = [
      { kind: 'lock', message: 'found?' },
      { kind: 'restart' },
      { kind: 'clear-passcode' },
      { kind: 'locate' },
      { kind: 'shut-down' },
    ];
    const ids = commands.map((command) => tenant.queue('h1', command).id);
    const all = () => ids.map((id) => tenant.commands('h1').find((command) => command.id === id)?.status);
    expect(await get(stub, 'h1')).toMatchObject({
      lock: true,
      lockMessage: 'found?',
      reboot: true,
      passwordReset: '',
    });
    expect(all()).toEqual(['sent', 'sent', 'sent', 'sent', 'failed']);
    await sendInfo(stub, 'h1', { location: { ts: 1, lat: 52.1, lon: 4.9 } });
    expect(all()).toEqual(['done', 'sent', 'sent', 'done', 'failed']);
    expect((await confirm(stub, '/reboot', 'h1')).json.status).toBe('OK');
    expect(all()).toEqual(['done', 'done', 'sent', 'done', 'failed']);
    expect((await confirm(stub, '/password', 'h1')).json.status).toBe('OK');
    expect(all()).toEqual(['done', 'done', 'done', 'done', 'failed']);
    expect(await get(stub, 'h1')).not.toHaveProperty('reboot');
  });

  it('wipes itself once it has confirmed, and is enrolled no more then', async () => {
    const stub = await openAndroid();
    const { tenant } = stub.authority;
    await enrolled(stub, 'h1', user1);
    tenant.queue('h1', { kind: 'wipe' });
    expect(await checkIn(stub, 'h1')).toMatchObject({ factoryReset: true });
    expect(tenant.device('h1')?.status).toBe('wiping');
    const { status } = await stub.call('POST', '/rest/plugins/devicereset/public/h9', { body: infoOf('h9') });
    expect(status).toBe(404); // a launcher would wipe the device on any 200
    await stub.call('POST', '/rest/plugins/devicereset/public/h1', { body: infoOf('h1', { factoryReset: true }) });
    expect(tenant.device('h1')).toBeUndefined();
    expect(await messageOf(stub, 'h1')).toBe('error.notfound.device');
    expect((await confirm(stub, '', 'h1')).status).toBe(200); // it did not hear the first answer
    expect((await confirm(stub, '/reboot', 'h1')).status).toBe(404);
    await post(stub, 'h1', user1);
    tenant.unenroll('h1', 'deleted');
    expect((await confirm(stub, '', 'h1')).status).toBe(404);
  });

  it('that is retired is gone with its next info', async () => {
    const stub = await openAndroid();
    await enrolled(stub, 'h1', user1);
    stub.authority.tenant.queue('h1', { kind: 'retire' });
    expect(JSON.stringify(await checkIn(stub, 'h1'))).toContain('retire');
    expect(stub.authority.tenant.device('h1')).toBeUndefined();
  });

  it('is told where to go, and who may be found there is not said', async () => {
    const stub = await openAndroid();
    await enrolled(stub, 'h1', user1);
    expect(await get(stub, 'h1')).toMatchObject({ newServerUrl: null });
    const wakes = stub.android.wakes('h1');
    stub.android.configure({ newServerUrl: 'https://other.example/hmdm' });
    expect(stub.android.wakes('h1')).toBe(wakes + 1);
    expect(await get(stub, 'h1')).toMatchObject({ newServerUrl: 'https://other.example/hmdm' });
    stub.android.configure({ newServerUrl: undefined, pushOptions: 'polling' });
    expect(await get(stub, 'h1')).toMatchObject({ newServerUrl: null, pushOptions: 'polling' });
  });
});

describe('the number of a device', () => {
  it('is changed by the administrator: known and pushed to by the old one until a request comes under the new one', async () => {
    const stub = await openAndroid();
    const { android } = stub;
    await enrolled(stub, 'old', user1);
    android.renumber('old', 'new');
    expect(android.numberOf('old')).toBe('new');
    expect(await get(stub, 'old')).toMatchObject({ newNumber: 'new' });
    await sendInfo(stub, 'old'); // goes on under the old number
    expect(await get(stub, 'old')).toMatchObject({ newNumber: 'new' });
    expect((await stub.call('GET', '/rest/notifications/device/old')).json.status).toBe('OK');
    expect((await stub.call('GET', '/rest/notification/polling/old')).status).toBe(404);
    expect(await get(stub, 'new')).not.toHaveProperty('newNumber');
    expect(await messageOf(stub, 'old')).toBe('error.notfound.device');
    expect((await sendInfo(stub, 'old')).json.message).toBe('error.notfound.device');
    await sendInfo(stub, 'new');
    expect(stub.authority.tenant.devices().map(({ deviceId }) => deviceId)).toEqual(['old']);
  });

  it('that is free again may be another device’s', async () => {
    const stub = await openAndroid();
    const { tenant } = stub.authority;
    await enrolled(stub, 'one', user1);
    stub.android.renumber('one', 'two');
    await checkIn(stub, 'two');
    await enrolled(stub, 'one', user2);
    expect(tenant.devices()).toHaveLength(2);
    const [first, second] = tenant.devices().map(({ deviceId }) => deviceId);
    expect([first, second].map((id) => stub.android.numberOf(id ?? ''))).toEqual(['two', 'one']);
    expect(tenant.device(second ?? '')?.userId).toBe(tenant.user(user2)?.id);
    await post(stub, 'two', user1);
    expect(tenant.device('one')).toMatchObject({ status: 'pending' });
    expect(stub.android.numberOf('one')).toBe('two');
  });

  it('is no other device’s, and none that could not be one', async () => {
    const stub = await openAndroid();
    await enrolled(stub, 'one', user1);
    await enrolled(stub, 'two', user1);
    for (const number of ['two', 'a/b', '', 'x#']) {
      expect(() => stub.android.renumber('one', number)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    }
    expect(() => stub.android.renumber('nobody', 'x')).toThrow(expect.objectContaining({ code: 'DEVICE_UNKNOWN' }));
    stub.android.renumber('one', 'three');
    stub.android.renumber('one', 'one'); // taken back before anybody came
    expect(stub.authority.tenant.device('one')?.dialect).not.toHaveProperty('oldNumber');
    expect(await get(stub, 'one')).not.toHaveProperty('newNumber');
  });

  it('is told to a device that comes by an IMEI or serial number that one device has told; several have no answer', async () => {
    const stub = await openAndroid();
    await enrolled(stub, 'one', user1);
    const { data } = (await stub.call('POST', configurationPath('SN-one'), { body: {} })).json;
    expect(data).toMatchObject({ newNumber: 'one' });
    expect(stub.authority.tenant.devices()).toHaveLength(1);
    await sendInfo(stub, 'one');
    await enrolled(stub, 'two', user1);
    await sendInfo(stub, 'two', { serial: 'SN-one' });
    expect(await messageOf(stub, 'SN-one')).toBe('error.internal.server');
    expect(await messageOf(stub, 'SN-two')).toBe('error.notfound.device');
  });
});

describe('settings of apps that a device tells', () => {
  const row = (name: string, changes: object = {}) => ({
    packageId: 'com.hmdm.launcher',
    name,
    type: 1,
    value: 'v',
    readonly: true,
    lastUpdate: 5,
    ...changes,
  });
  const upload = async (stub: AndroidStub, body: unknown, number = 'h1') =>
    (await stub.call('POST', `/rest/public/sync/applicationSettings/${number}`, { body, signed: false })).json.message;
  const settings = async (stub: AndroidStub) =>
    ((await get(stub, 'h1'))['applicationSettings'] as { name: string; value: string }[]).map(
      ({ name, value }) => `${name}=${value}`,
    );

  it('win over the configuration’s, and stay until others of the same name come', async () => {
    const stub = await openAndroid();
    await enrolled(stub, 'h1', user1);
    const before = await settings(stub);
    expect(await upload(stub, [row('own'), row('foreign', { packageId: 'org.example' })])).toBe(null);
    expect(await settings(stub)).toEqual([...before, 'own=v']);
    expect(await upload(stub, [])).toBe(null);
    expect(await upload(stub, [row('own', { value: 'w' })])).toBe(null);
    expect(await settings(stub)).toEqual([...before, 'own=w']);
    expect(await upload(stub, [row('own', { value: ' ' })])).toBe(null);
    expect(await settings(stub)).toEqual(before);
  });

  it('fail as a whole where one of them is not readonly, as at the server', async () => {
    const stub = await openAndroid();
    await enrolled(stub, 'h1', user1);
    for (const readonly of [false, null, undefined]) {
      expect(await upload(stub, [row('a'), row('b', { readonly })])).toBe('error.internal.server');
    }
    expect(await upload(stub, [null])).toBe('error.internal.server');
    expect(await upload(stub, [row('a')], 'h9')).toBe('error.notfound.device');
    expect(await settings(stub)).not.toContain('a=v');
  });
});
