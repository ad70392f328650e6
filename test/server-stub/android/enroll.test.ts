import { describe, expect, it } from 'vitest';
import { responseSignature } from '../../../protocol/headwind/signature.js';
import { emptyTenant, user1, user2 } from '../ios/stub.js';
import { checkIn, configurationPath, enrolled, extrasOf, openAndroid, post, sendInfo } from './stub.js';

const refusalOf = ({ json }: Awaited<ReturnType<typeof post>>) =>
  json.data as { code: string; failureReason: string } | null;

describe('an enrollment', () => {
  it('begins with POST, which gives the whole configuration, and is complete with the first info', async () => {
    const stub = await openAndroid();
    const { tenant } = stub.authority;
    const reply = await post(stub, 'h0101', user1);
    expect(reply.json).toMatchObject({ status: 'OK', message: null });
    expect(tenant.device('h0101')).toMatchObject({ status: 'pending', userId: tenant.user(user1)?.id });
    expect((await sendInfo(stub, 'h0101')).json).toEqual({ status: 'OK', message: null, data: null });
    expect(tenant.device('h0101')).toMatchObject({
      status: 'enrolled',
      serial: 'SN-h0101',
      model: 'Pixel 8',
      osVersion: '15',
    });
    await checkIn(stub, 'h0101');
    expect(tenant.commands('h0101').map(({ command, status }) => [command.kind, status])).toEqual([
      ['inventory', 'done'],
    ]);
  });

  it('has each reply signed over the very bytes of its data', async () => {
    const stub = await openAndroid();
    const { text, headers } = await post(stub, 'h1', user1);
    const data = text.slice(text.indexOf('"data":') + '"data":'.length, -1);
    expect(headers['x-response-signature']).toBe(responseSignature('changeme-C3z9vi54', data));
    expect(headers['x-ip-address']).toBe('127.0.0.1');
    expect(text.startsWith('{"status":"OK","message":null,"data":{')).toBe(true);
  });

  it('is refused without a signature, whoever it is for; the case of the signature does not matter', async () => {
    const stub = await openAndroid();
    const body = { customer: null, configuration: '1', groups: null };
    for (const ask of [
      { body, signed: false },
      { body, secret: 'another' },
    ]) {
      const { status, json } = await stub.call('POST', configurationPath('h1'), ask);
      expect([status, json]).toEqual([200, { status: 'ERROR', message: 'error.permission.denied', data: null }]);
    }
    expect(stub.authority.tenant.devices()).toEqual([]);
    const { requestSignature } = await import('../../../protocol/headwind/signature.js');
    const signature = requestSignature('changeme-C3z9vi54', 'h1').toLowerCase();
    const headers = { 'x-request-signature': signature };
    expect((await stub.call('POST', configurationPath('h1'), { body, headers, signed: false })).json.status).toBe('OK');
    stub.android.configure({ secureEnrollment: false });
    expect((await stub.call('POST', configurationPath('h2'), { body, signed: false })).json.status).toBe('OK');
  });

  it('of an unknown number needs the configuration by its number, or "create new devices"', async () => {
    const stub = await openAndroid();
    const ask = (configuration: unknown, groups: unknown = null) =>
      stub.call('POST', configurationPath('h900'), { body: { customer: null, configuration, groups } });
    for (const configuration of ['abc', '9999', '', null, '1.0']) {
      expect((await ask(configuration)).json).toEqual({
        status: 'ERROR',
        message: 'error.notfound.device',
        data: null,
      });
    }
    expect((await stub.call('POST', configurationPath('h900'))).json.message).toBe('error.internal.server');
    expect((await ask('1', ['7', 'x', null])).json.status).toBe('OK'); // groups that nobody knows are passed over
    expect(stub.authority.tenant.device('h900')?.userId).toBeUndefined();
    stub.android.configure({ createOnDemand: true });
    const { json } = await stub.call('POST', configurationPath('h901'), { body: { configuration: null } });
    expect(json.status).toBe('OK');
  });

  it('is refused in an envelope that says why, by convention, and leaves nothing', async () => {
    const stub = await openAndroid();
    const { tenant } = stub.authority;
    const nobody = await post(stub, 'h1', 'nobody@contoso.example');
    expect(nobody.status).toBe(200);
    expect(nobody.json).toMatchObject({ status: 'ERROR', message: 'error.permission.denied' });
    expect(refusalOf(nobody)).toMatchObject({ code: 'E02', failureCategory: 'userValidation' });
    expect(tenant.failures()).toMatchObject([{ code: 'E02', userUpn: 'nobody@contoso.example', deviceId: 'h1' }]);
    const first = tenant.user(user1);
    if (first !== undefined) tenant.putUser({ ...first, products: [] });
    expect(refusalOf(await post(stub, 'h1', user1))).toMatchObject({ code: 'E02' });
    await enrolled(stub, 'h2', user2);
    if (first !== undefined) tenant.putUser(first);
    const taken = await post(stub, 'h2', user1);
    expect([taken.json.message, refusalOf(taken)?.code]).toEqual(['error.duplicate.device', 'E03']);
    expect(tenant.devices().map(({ deviceId }) => deviceId)).toEqual(['h2']);
    expect(stub.lines().map(({ level, event }) => [level, event])).toEqual(
      Array.from({ length: 3 }, () => [40, 'ENROLLMENT_REFUSED']),
    );
  });

  it('is refused while no authority is set, and once the user has as many devices as are allowed', async () => {
    const none = await openAndroid({ tenant: emptyTenant({ authority: 'unknown' }) });
    const unset = await post(none, 'h1', user1);
    expect([unset.json.message, refusalOf(unset)?.code]).toEqual(['error.permission.denied', 'E04']);
    const settings = { ...emptyTenant().settings, deviceLimitPerUser: 1 };
    const stub = await openAndroid({ tenant: emptyTenant({ settings }) });
    await post(stub, 'h1', user1);
    const second = await post(stub, 'h2', user1);
    expect([second.json.message, refusalOf(second)?.code]).toEqual(['error.notfound.device', 'E17']);
    expect((await post(stub, 'h1', user1)).json.status).toBe('OK');
  });

  it('whose user is gone before the first info ends with that, and the device hears why', async () => {
    const stub = await openAndroid();
    const { tenant } = stub.authority;
    await post(stub, 'h1', user1);
    tenant.removeUser(tenant.user(user1)?.id ?? '');
    const { json } = await sendInfo(stub, 'h1');
    expect(json).toMatchObject({ status: 'ERROR', message: 'error.permission.denied', data: { code: 'E02' } });
    expect(tenant.devices()).toEqual([]);
    expect((await sendInfo(stub, 'h1')).json.message).toBe('error.notfound.device');
  });

  it('of a device that is known begins anew with whom it was; a double one is refused where that is switched on', async () => {
    const stub = await openAndroid({ android: { preventDuplicate: true } });
    const { tenant } = stub.authority;
    await post(stub, 'h1', user1);
    const again = { body: { customer: null, configuration: null, groups: null } };
    expect((await stub.call('POST', configurationPath('h1'), again)).json.status).toBe('OK'); // no info has come yet
    await sendInfo(stub, 'h1');
    const { status, json } = await stub.call('POST', configurationPath('h1'), again);
    expect([status, json]).toEqual([200, { status: 'ERROR', message: 'error.duplicate.device', data: null }]);
    expect((await stub.call('GET', configurationPath('h1'))).json.status).toBe('OK');
    stub.android.configure({ preventDuplicate: false });
    expect((await stub.call('POST', configurationPath('h1'), again)).json.status).toBe('OK');
    expect(tenant.device('h1')).toMatchObject({ status: 'pending', userId: tenant.user(user1)?.id });
  });

  it('of a device that was deleted is over: its next request has no device, unless devices are created on demand', async () => {
    const stub = await openAndroid();
    const { tenant } = stub.authority;
    await enrolled(stub, 'h1', user1);
    tenant.unenroll('h1', 'deleted');
    const get = () => stub.call('GET', configurationPath('h1'));
    expect((await get()).json).toEqual({ status: 'ERROR', message: 'error.notfound.device', data: null });
    expect((await sendInfo(stub, 'h1')).json.message).toBe('error.notfound.device');
    stub.android.configure({ createOnDemand: true });
    expect((await get()).json.status).toBe('OK');
    expect(tenant.device('h1')).toMatchObject({ status: 'pending' });
    expect(tenant.device('h1')?.userId).toBeUndefined();
    expect((await sendInfo(stub, 'h7')).json.status).toBe('OK');
    expect(tenant.device('h7')?.status).toBe('enrolled');
  });

  it('takes no number that could not be a topic and a part of an address', async () => {
    const stub = await openAndroid({ android: { createOnDemand: true } });
    for (const number of ['a+b', 'a#', 'a>b', '*', 'x'.repeat(101)]) {
      expect([number, (await post(stub, number, user1)).json.message]).toEqual([number, 'error.notfound.device']);
      expect((await stub.call('GET', configurationPath(number))).json.message).toBe('error.notfound.device');
      expect((await sendInfo(stub, number)).json.message).toBe('error.notfound.device');
    }
    for (const number of ['a.b', 'a b', 'ä%1', 'H1', 'h1']) {
      expect([number, (await post(stub, number, user1)).json.status]).toEqual([number, 'OK']);
    }
    expect(stub.authority.tenant.devices()).toHaveLength(5);
  });
});

describe('the extras of a QR code', () => {
  it('are written as the server does, with the user as a group and the port of MQTT', async () => {
    const stub = await openAndroid();
    const { text, type } = await stub.call(
      'GET',
      '/rest/public/qr/json/default?deviceId= h1 &create=1&group=7&group=8&useId=imei',
    );
    expect(type).toBe('application/json');
    expect(text).toBe(
      `{"com.hmdm.DEVICE_ID":"h1","com.hmdm.CONFIG":"1",\n"com.hmdm.DEVICE_ID_USE":"imei",\n"com.hmdm.GROUP":"7,8",\n` +
        `"com.hmdm.BASE_URL":"${stub.authority.url}",\n"com.hmdm.SERVER_PROJECT":"",\n"com.rollcall.MQTT_PORT":${stub.android.mqttPort}}\n`,
    );
    const one = await extrasOf(stub, user1);
    expect(one).toEqual(await extrasOf(stub, user1.toUpperCase()));
    expect(one['com.hmdm.GROUP']).not.toBe((await extrasOf(stub, user2))['com.hmdm.GROUP']);
    // The same at every start: an invitation may be older than the stub that it leads to.
    expect(one['com.hmdm.GROUP']).toBe('1530739312');
    expect(Number(one['com.hmdm.GROUP'])).toBeLessThan(2 ** 31);
    expect((await stub.call('GET', '/rest/public/qr/json/default')).text).not.toContain('CONFIG');
  });

  it('of a key that nobody has are a page with HTTP 500', async () => {
    const stub = await openAndroid();
    const { status, type } = await stub.call('GET', '/rest/public/qr/json/6fb9c8dc');
    expect([status, type]).toEqual([500, 'text/html;charset=utf-8']);
  });
});
