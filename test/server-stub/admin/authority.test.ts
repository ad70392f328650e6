// The routes about who manages the tenant: A3, A10, A16, A18, A23, A26, C1, C7, C10.
import { expect, test } from 'vitest';
import { dayMs, user } from '../core/support.js';
import { bearer, failure, type Json, openAdmin, tokens } from './support.js';

const set = '/organization/tenant/setMobileDeviceManagementAuthority';
const ben = user('ben', ['O365_BUSINESS_ESSENTIALS']);
const post = (body: unknown, token = tokens.administrator) => ({
  ...bearer(token),
  method: 'POST',
  body: JSON.stringify(body),
});

test('A3, A18: unknown, sccm and a word that is none are 400 with the reason, and nothing has changed', async () => {
  const { graph, raw, enroll, notified, tenant } = await openAdmin();
  enroll('d');
  notified();
  const before = tenant.pushes().length;
  for (const to of ['unknown', 'sccm', 'Intune', '__proto__']) {
    const refused = graph().api(set).post({ mobileDeviceManagementAuthority: to });
    expect(await failure(refused)).toBe('400 BadRequest');
  }
  const { body } = await raw(`/v1.0${set}`, post({ mobileDeviceManagementAuthority: 'sccm' }));
  expect(body.error.message).toContain('legacy hybrid');
  expect(await graph().api('/organization/tenant').select('mobileDeviceManagementAuthority').get()).toMatchObject({
    mobileDeviceManagementAuthority: 'office365',
  });
  expect((await raw('/stub/v1/authority/changes', bearer(tokens.reader))).body).toEqual({ value: [] });
  expect(tenant.pushes()).toHaveLength(before);
  expect(await graph().api(set).post({ mobileDeviceManagementAuthority: 'office365' })).toEqual({ value: 3 }); // it is so already
  expect(tenant.changes()).toEqual([]);
});

test('A10, A16, A26: the history is listed and told one by one, userless devices are listed, and support moves them', async () => {
  const { raw, enroll, session, tenant, clock } = await openAdmin();
  enroll('kiosk', '');
  enroll('laptop');
  await raw(`/v1.0${set}`, post({}));
  const read = async (path: string) => (await raw(`/stub/v1${path}`, bearer(tokens.reader))).body;
  const [id] = tenant.findDevices('serial', 'S-kiosk').map((device) => device.id);
  const row = {
    n: 1,
    at: new Date(clock.now()).toISOString(),
    by: 'administrator',
    cause: 'authority',
    from: 'office365',
    to: 'intune',
    toNotify: 2,
    notified: 2,
    moved: 0,
    stayed: 0,
    waiting: 1,
    stuck: 0,
    stale: 0,
    left: 0,
    userless: 1,
    userlessDevices: [id],
    advice: expect.stringContaining('contact support'),
  };
  expect(await read('/authority/changes')).toEqual({ value: [row] });
  expect(await read('/authority/changes/1')).toEqual(row);
  for (const n of ['0', '2', '01', '-1', '1e0', 'x']) {
    expect((await raw(`/stub/v1/authority/changes/${n}`, bearer(tokens.reader))).status).toBe(404);
  }
  const userless = async () => (await read('/userless')).value.map(({ serialNumber }: Json) => serialNumber);
  expect(await userless()).toEqual(['S-kiosk']);
  const move = (body: unknown, token?: string) => raw('/stub/v1/support/moveUserless', post(body, token));
  expect((await move({ devices: [id] }, tokens.reader)).status).toBe(403);
  for (const devices of [[], ['nobody'], [tenant.device('laptop')?.id], [7], undefined]) {
    expect((await move({ devices })).status).toBe(devices?.[0] === 'nobody' ? 404 : 400);
  }
  expect(await move({ devices: [id] })).toMatchObject({ status: 200, body: { changes: [2] } });
  session('kiosk');
  expect(await userless()).toEqual([]);
  expect(await read('/authority/changes/2')).toMatchObject({ cause: 'support', moved: 1, notified: 1 });
});

test('C1, C7, C10: coexistence is enabled once, with a licence of Intune, and has no end', async () => {
  const { graph, raw, tenant } = await openAdmin({ users: [ben] });
  const read = async () => (await raw('/stub/v1/coexistence', bearer(tokens.administrator))).body;
  const enable = (body: unknown, token?: string) => raw('/stub/v1/coexistence', post(body, token));
  expect(await read()).toEqual({ enabled: false });
  expect((await enable({ enabled: true }, tokens.reader)).status).toBe(403);
  expect(await enable({ enabled: true })).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('licence that includes Intune') } },
  });
  for (const body of [{}, { enabled: 'yes' }, { enabled: true, more: 1 }])
    expect((await enable(body)).status).toBe(400);
  expect(await enable({ enabled: false })).toMatchObject({ status: 200, body: { enabled: false } });
  tenant.putUser(user('ann', ['EMS']));
  const enabled = await enable({ enabled: true });
  expect(enabled).toMatchObject({ status: 200, body: { enabled: true, by: 'administrator' } });
  expect(await enable({ enabled: true })).toMatchObject({ status: 200, body: enabled.body });
  expect(await read()).toEqual(enabled.body);
  expect(tenant.changes()).toHaveLength(1);
  expect((await graph().api('/organization').get()).value[0].mobileDeviceManagementAuthority).toBe('intune');
  expect(await enable({ enabled: false })).toMatchObject({ status: 409, body: { error: { code: 'Conflict' } } });
  for (const to of ['intune', 'office365']) {
    expect(await failure(graph().api(set).post({ mobileDeviceManagementAuthority: to }))).toBe('409 Conflict');
  }
  expect(tenant.changes()).toHaveLength(1);
  const intune = await openAdmin({ authority: 'intune' });
  const refused = await intune.raw('/stub/v1/coexistence', post({ enabled: true }));
  expect(refused).toMatchObject({ status: 409, body: { error: { message: expect.stringContaining('office365') } } });
});

test('A23: a profile whose days of grace are over is listed as expired before its device is met again', async () => {
  const { graph, enroll, session, tenant, clock } = await openAdmin();
  enroll('d');
  session('d');
  tenant.setAuthority('intune', 'admin');
  const held = async () => (await graph().api('/deviceManagement/managedDevices').get()).value[0].rollcall.heldProfiles;
  const endsAt = new Date(clock.now() + 7 * dayMs).toISOString();
  await clock.advance(7 * dayMs - 1);
  expect(await held()).toMatchObject([
    { name: 'both', endsAt },
    { name: 'old only', endsAt },
  ]);
  expect((await held()).some(({ expired }: Json) => expired)).toBe(false);
  await clock.advance(1);
  expect(await held()).toMatchObject([
    { name: 'both', expired: true },
    { name: 'old only', expired: true },
  ]);
});
