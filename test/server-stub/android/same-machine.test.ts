// A machine that comes back under another number, and those that only seem to; who was refused, and comes back as nobody's device.
import { describe, expect, it } from 'vitest';
import { emptyTenant, user1, user2 } from '../ios/stub.js';
import { type AndroidStub, type Answered, configurationPath, openAndroid, post, sendInfo } from './stub.js';

const refusalOf = ({ json }: Answered) => (json.data as { code: string } | null)?.code;

const imei = '356938035643809';
const serial = '31234FDJH001AB';

const statusesOf = ({ authority: { tenant } }: AndroidStub) =>
  Object.fromEntries(tenant.devices().map(({ deviceId, status }) => [deviceId, status]));

async function enrolled(stub: AndroidStub, number: string, user: string, told: { serial?: string; imei?: string }) {
  await post(stub, number, user, { told });
  await sendInfo(stub, number, { serial: 'unknown', ...told });
}

describe('a machine under another number', () => {
  it('is what it was until the new enrollment is complete: whoever says its IMEI has not removed it', async () => {
    const stub = await openAndroid();
    await enrolled(stub, 'k1', 'default', { imei });
    expect((await post(stub, 'k2', 'default', { told: { imei } })).json.status).toBe('OK');
    expect(statusesOf(stub)).toEqual({ k1: 'enrolled', k2: 'pending' });
    expect((await sendInfo(stub, 'k1', { imei })).json.status).toBe('OK');
    await stub.clock.advance(stub.authority.tenant.settings.enrollmentMs);
    expect(statusesOf(stub)).toEqual({ k1: 'enrolled' });
    await enrolled(stub, 'k3', 'default', { imei });
    expect(statusesOf(stub)).toEqual({ k3: 'enrolled' });
  });

  it('counts once for the device limit, at the first step and at the last (E17)', async () => {
    const settings = { ...emptyTenant().settings, deviceLimitPerUser: 1 };
    const stub = await openAndroid({ tenant: emptyTenant({ settings }) });
    await enrolled(stub, 'k1', user1, { serial });
    expect((await post(stub, 'k2', user1, { told: { serial } })).json.status).toBe('OK');
    expect((await sendInfo(stub, 'k2', { serial })).json.status).toBe('OK');
    expect(statusesOf(stub)).toEqual({ k2: 'enrolled' });
    expect(refusalOf(await post(stub, 'k3', user1, { told: { serial: 'other' } }))).toBe('E17');
  });

  it('stays enrolled where the new enrollment is refused at its end, or it has begun anew itself meanwhile', async () => {
    const stub = await openAndroid();
    const { tenant } = stub.authority;
    await enrolled(stub, 'k1', user1, { serial });
    await post(stub, 'k2', user1, { told: { serial } });
    tenant.setEnrollmentSettings({ minimumOs: { android: '16' } }, 'administrator');
    expect(refusalOf(await sendInfo(stub, 'k2', { serial }))).toBe('E06');
    expect(statusesOf(stub)).toEqual({ k1: 'enrolled' });
    tenant.setEnrollmentSettings({ minimumOs: {} }, 'administrator');
    await post(stub, 'k2', user1, { told: { serial } });
    await post(stub, 'k1', user1, { told: { serial } });
    await sendInfo(stub, 'k2', { serial });
    expect(statusesOf(stub)).toEqual({ k1: 'pending', k2: 'enrolled' });
  });

  it('of somebody else is refused at the last step, where that one has enrolled since the first (E03)', async () => {
    const stub = await openAndroid();
    await enrolled(stub, 'k1', user1, { serial });
    await post(stub, 'k2', user1, { told: { serial } });
    stub.authority.tenant.unenroll('k1', 'deleted');
    await enrolled(stub, 'k1', user2, { serial });
    expect(refusalOf(await sendInfo(stub, 'k2', { serial }))).toBe('E03');
    expect(statusesOf(stub)).toEqual({ k1: 'enrolled' });
  });

  it.each([
    ['unknown', ''],
    ['0123456789ABCDEF', '000000000000000'],
    ['0', '012345678912345'],
    ['EMULATOR33X1X6X0', '358240051111110'],
    ['FFFFFFFF', '123456789012345'],
    [' ', 'null'],
  ])('is not known by values that name no hardware: %s, %s', async (serial, imei) => {
    const stub = await openAndroid();
    await enrolled(stub, 'k1', user1, { serial, imei });
    await enrolled(stub, 'k2', user1, { serial, imei });
    expect((await post(stub, 'k3', user2, { told: { serial, imei } })).json.status).toBe('OK'); // nor as somebody else's
    expect(statusesOf(stub)).toEqual({ k1: 'enrolled', k2: 'enrolled', k3: 'pending' });
  });

  it('is another machine where it tells the same serial number and another IMEI', async () => {
    const stub = await openAndroid();
    await enrolled(stub, 'k1', user1, { serial, imei });
    await enrolled(stub, 'k2', user1, { serial, imei: '490154203237518' });
    expect(statusesOf(stub)).toEqual({ k1: 'enrolled', k2: 'enrolled' });
    await enrolled(stub, 'k3', user1, { imei: '490154203237518' });
    expect(statusesOf(stub)).toEqual({ k1: 'enrolled', k3: 'enrolled' });
    await enrolled(stub, 'k4', user1, { serial, imei: `${imei.slice(0, 14)}01` }); // IMEISV
    expect(statusesOf(stub)).toEqual({ k3: 'enrolled', k4: 'enrolled' });
  });

  it('is a duplicate where those are prevented, under whatever number', async () => {
    const stub = await openAndroid({ android: { preventDuplicate: true } });
    await enrolled(stub, 'k1', user1, { serial });
    const said = (await post(stub, 'k2', user1, { told: { serial } })).json;
    expect(said).toEqual({ status: 'ERROR', message: 'error.duplicate.device', data: null });
    await post(stub, 'k3', user1); // which says nothing of itself yet
    expect((await post(stub, 'k3', user1, { told: { serial } })).json.message).toBe('error.duplicate.device');
    expect(statusesOf(stub)).toEqual({ k1: 'enrolled', k3: 'pending' });
    expect((await post(stub, 'k4', user1, { told: { serial: 'other' } })).json.status).toBe('OK');
  });
});

describe('a number whose person was refused', () => {
  const minuteMs = 60_000;
  const get = (stub: AndroidStub, number = 'k1') => stub.call('GET', configurationPath(number));

  async function refusedOnce(stub: AndroidStub) {
    const { tenant } = stub.authority;
    tenant.setEnrollmentSettings({ minimumOs: { android: '16' } }, 'administrator');
    await post(stub, 'k1', user1, { told: { androidVersion: '15' } });
    tenant.setEnrollmentSettings({ minimumOs: {} }, 'administrator');
  }

  it('is not created on demand for half an hour, by no request that says nobody; other numbers are', async () => {
    const stub = await openAndroid({ android: { createOnDemand: true } });
    await refusedOnce(stub);
    expect((await get(stub)).json.message).toBe('error.notfound.device');
    expect((await sendInfo(stub, 'k1')).json.message).toBe('error.notfound.device');
    const bare = { body: { customer: null, configuration: null, groups: null } };
    expect((await stub.call('POST', configurationPath('k1'), bare)).json.message).toBe('error.notfound.device');
    expect(statusesOf(stub)).toEqual({});
    expect((await get(stub, 'k2')).json.status).toBe('OK');
    await stub.clock.advance(30 * minuteMs - 1);
    expect((await get(stub)).json.status).toBe('ERROR');
    await stub.clock.advance(1);
    expect((await get(stub)).json.status).toBe('OK');
  });

  it('enrolls as soon as it says who it is for and may, and is an ordinary one from then on', async () => {
    const stub = await openAndroid({ android: { createOnDemand: true } });
    const { tenant } = stub.authority;
    await refusedOnce(stub);
    expect((await post(stub, 'k1', user1)).json.status).toBe('OK');
    tenant.unenroll('k1', 'deleted');
    expect((await get(stub)).json.status).toBe('OK');
  });

  it('is remembered too where the refusal came with the first info; of nobody’s device none is', async () => {
    const stub = await openAndroid({ android: { createOnDemand: true } });
    const { tenant } = stub.authority;
    await post(stub, 'k1', user1);
    await get(stub, 'k2');
    tenant.setEnrollmentSettings({ minimumOs: { android: '16' } }, 'administrator');
    for (const number of ['k1', 'k2']) expect(refusalOf(await sendInfo(stub, number))).toBe('E06');
    tenant.setEnrollmentSettings({ minimumOs: {} }, 'administrator');
    expect((await get(stub)).json.message).toBe('error.notfound.device');
    expect((await get(stub, 'k2')).json.status).toBe('OK');
  });
});
