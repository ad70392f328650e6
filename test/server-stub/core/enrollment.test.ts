import { describe, expect, test } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { failureCategories } from '../../../protocol/vocabulary.js';
import { failureCodes, failures } from '../../../server-stub/core/failures.js';
import { hourMs, open, refusal, user } from './support.js';

const ada = 'ada@contoso.example';

describe('enrolling', () => {
  test('a device is pending until it is confirmed, then it is notified and asked for its inventory', () => {
    const { tenant, session, notified } = open();
    const record = tenant.enroll({ platform: 'ios', deviceId: 'd', serial: 's', userId: 'id-ada', model: 'm' });
    expect(record).toMatchObject({ status: 'pending', managedBy: 'office365', held: [], model: 'm' });
    expect(refusal(() => tenant.openSession('d'))).toBe('DEVICE_UNKNOWN');
    expect(refusal(() => tenant.queue('d', { kind: 'lock' }))).toBe('DEVICE_UNKNOWN');
    expect(tenant.next('d')).toBeUndefined();
    expect(notified()).toEqual([]);
    expect(tenant.confirm('d').status).toBe('enrolled');
    tenant.confirm('d');
    expect(notified()).toEqual(['d']);
    expect(session('d')).toEqual(['inventory', '+both', '+old only']);
    expect(refusal(() => tenant.confirm('nobody'))).toBe('DEVICE_UNKNOWN');
  });

  test('what the inventory tells is kept', () => {
    const { tenant, enroll, session } = open();
    enroll('d');
    const data = { deviceName: 'Lobby', osVersion: '26.1', model: 7, other: 'x', imei: '' };
    session('d', ({ kind }) => ({ status: 'done', ...(kind === 'inventory' ? { data } : {}) }));
    expect(tenant.device('d')).toMatchObject({ deviceName: 'Lobby', osVersion: '26.1' });
    expect(tenant.device('d')).not.toHaveProperty('other');
    expect(tenant.device('d')).not.toHaveProperty('model');
  });

  test('E02: an unknown, a removed and an unlicensed user, and one licensed for the other authority, are refused', () => {
    const { tenant, enroll } = open({ users: [user('ada'), user('none', []), user('intune', ['INTUNE_A'])] });
    for (const name of ['nobody', 'none', 'intune']) {
      expect(refusal(() => tenant.admit({ platform: 'ios', user: `${name}@contoso.example` }))).toBe('E02');
      expect(refusal(() => enroll('d', name))).toBe('E02');
    }
    expect(tenant.admit({ platform: 'ios', user: 'ADA@Contoso.Example' }).user?.id).toBe('id-ada');
    tenant.removeUser('id-ada');
    expect(refusal(() => tenant.admit({ platform: 'ios', user: ada }))).toBe('E02');
    tenant.setAuthority('intune', 'admin');
    tenant.renewPushCertificate('admin');
    expect(tenant.admit({ platform: 'ios', user: 'intune@contoso.example' }).user?.displayName).toBe('intune');
  });

  test('E03: while another user has the device enrolled it is refused, and the enrollment there is stays as it was', () => {
    const { tenant, enroll, session, held } = open();
    enroll('d', 'ada');
    session('d');
    expect(refusal(() => enroll('d', 'ben'))).toBe('E03');
    expect(refusal(() => enroll('d', ''))).toBe('E03');
    expect(tenant.device('d')?.userId).toBe('id-ada');
    expect(held('d')).toHaveLength(2);
    tenant.unenroll('d', 'left');
    enroll('d', 'ben');
    expect(tenant.device('d')?.userId).toBe('id-ben');
  });

  test('E03: a device that is enrolled is not enrolled under its id on another platform, by whomever', () => {
    const { tenant, enroll } = open();
    enroll('d', 'ada', 'windows');
    enroll('kiosk', '', 'windows');
    expect(refusal(() => enroll('d', 'ada', 'android'))).toBe('E03');
    expect(refusal(() => enroll('kiosk', '', 'android'))).toBe('E03');
    expect(['d', 'kiosk'].map((id) => tenant.device(id)?.platform)).toEqual(['windows', 'windows']);
    expect(tenant.failures().at(-1)?.failureReason).toBe('The device is already enrolled.');
  });

  test('a half-finished enrollment on another platform ends, and its dialect hears of it', () => {
    const { tenant, enroll } = open();
    const gone: string[] = [];
    tenant.onGone(({ platform, deviceId }) => gone.push(`${platform} ${deviceId}`));
    const { id } = tenant.enroll({ platform: 'android', deviceId: 'd', serial: 's', userId: 'id-ada' });
    enroll('d', 'ada', 'windows');
    expect(gone).toEqual(['android d']);
    expect(tenant.device('d')).toMatchObject({ platform: 'windows', status: 'enrolled' });
    expect(tenant.device('d')?.id).not.toBe(id);
  });

  test('a half-finished enrollment keeps nobody else away', () => {
    const { tenant, enroll } = open();
    tenant.enroll({ platform: 'ios', deviceId: 'd', serial: 's', userId: 'id-ada' });
    enroll('d', 'ben');
    expect(tenant.devicesOf('id-ada')).toEqual([]);
    expect(tenant.devicesOf('id-ben')).toHaveLength(1);
  });

  test('the same user enrolling again starts anew: queue, profiles, secrets and dialect memory are gone, the id stays', () => {
    const { tenant, enroll, session } = open();
    enroll('d');
    session('d');
    tenant.setDialect('d', { token: 'old' });
    tenant.queue('d', { kind: 'lock' });
    const id = tenant.device('d')?.id;
    enroll('d');
    expect(tenant.device('d')).toMatchObject({ id, held: [], dialect: {} });
    expect(tenant.deviceByRecordId(id ?? '')?.deviceId).toBe('d');
    expect(session('d')).toEqual(['inventory', '+both', '+old only']);
    expect(tenant.devices()).toHaveLength(1);
  });

  test('E17: the limit counts enrolled and pending devices, but not the device that enrolls again', () => {
    const { tenant, enroll } = open();
    for (let index = 0; index < 14; index++) enroll(`d${index}`);
    tenant.enroll({ platform: 'ios', deviceId: 'pending', serial: 's', userId: 'id-ada' });
    expect(tenant.admit({ platform: 'ios', user: ada, deviceId: 'one more' }).user?.id).toBe('id-ada'); // other causes come first: `enroll` judges
    expect(refusal(() => enroll('one more'))).toBe('E17');
    expect(tenant.device('one more')).toBeUndefined();
    expect(tenant.admit({ platform: 'ios', user: ada, deviceId: 'd3' }).user?.id).toBe('id-ada');
    enroll('d3');
    enroll('of another', 'ben');
    tenant.unenroll('d0', 'left');
    enroll('one more');
  });

  test('an enrollment that is not finished in its time is forgotten, and counts towards no limit any more', async () => {
    const { tenant, clock, enroll } = open();
    const gone: string[] = [];
    tenant.onGone(({ deviceId }) => gone.push(deviceId));
    for (let index = 0; index < 15; index++) {
      tenant.enroll({ platform: 'ios', deviceId: `d${index}`, serial: 's', userId: 'id-ada' });
    }
    expect(refusal(() => enroll('new'))).toBe('E17');
    await clock.advance(hourMs / 4);
    tenant.enroll({ platform: 'ios', deviceId: 'd0', serial: 's', userId: 'id-ada' }); // begins anew, with all its time
    tenant.confirm('d1');
    await clock.advance(hourMs / 4);
    expect(tenant.devices().map(({ deviceId, status }) => `${deviceId} ${status}`)).toEqual([
      'd1 enrolled',
      'd0 pending',
    ]);
    expect(gone).toHaveLength(13);
    enroll('new');
    await clock.advance(hourMs / 4);
    expect(tenant.device('d0')).toBeUndefined();
    expect(refusal(() => tenant.confirm('d0'))).toBe('DEVICE_UNKNOWN');
  });

  test('what held at the first step must hold at the last: else it is refused, and nothing is left of it', () => {
    const { tenant } = open();
    const begin = (deviceId: string) =>
      tenant.enroll({ platform: 'ios', deviceId, serial: 's', userId: 'id-ada', osVersion: '26' });
    begin('a');
    tenant.setAuthority('intune', 'admin'); // E18 until a certificate is uploaded
    expect(refusal(() => tenant.confirm('a'))).toBe('E18');
    tenant.renewPushCertificate('admin');
    begin('b');
    tenant.removeUser('id-ada');
    expect(refusal(() => tenant.confirm('b'))).toBe('E02');
    expect(tenant.devices()).toEqual([]);
    expect(tenant.failures()).toMatchObject([
      { code: 'E18', deviceId: 'a', osVersion: '26' },
      { code: 'E02', deviceId: 'b' },
    ]);
  });

  test('a refusal is typed, carries what a person needs, and is recorded with who and what', () => {
    const { tenant, clock } = open();
    const attempt = () =>
      tenant.enroll({ platform: 'ios', deviceId: 'd', serial: 's', userId: 'nobody@x', osVersion: '26.1' });
    let error: unknown;
    try {
      attempt();
    } catch (thrown) {
      error = thrown;
    }
    expect(isRollcallError(error, 'ENROLLMENT_REFUSED') && error.details['refusal']).toEqual({
      code: 'E02',
      failureCategory: 'userValidation',
      failureReason: 'The user was not found.',
      remedies: failures.E02.remedies,
    });
    expect(tenant.failures()).toEqual([
      expect.objectContaining({
        code: 'E02',
        at: clock.now(),
        platform: 'ios',
        userUpn: 'nobody@x',
        deviceId: 'd',
        osVersion: '26.1',
      }),
    ]);
  });

  test('only so many refusals are remembered, the newest, and long names are cut', () => {
    const { tenant } = open();
    for (let index = 0; index < 2500; index++)
      refusal(() => tenant.admit({ platform: 'ios', user: `${index}${'x'.repeat(1000)}` }));
    expect(tenant.failures()).toHaveLength(1000);
    expect(tenant.failures().at(-1)?.userUpn).toMatch(/^2499x+$/);
    expect(tenant.failures().at(-1)?.userUpn).toHaveLength(256);
  });

  test('leaving forgets the device; leaving twice, or never having been here, changes nothing', () => {
    const { tenant, clock, enroll } = open();
    enroll('d');
    const id = tenant.device('d')?.id ?? '';
    tenant.unenroll('d', 'left');
    tenant.unenroll('d', 'left');
    expect(tenant.device('d')).toBeUndefined();
    expect(tenant.deviceByRecordId(id)).toBeUndefined();
    expect(tenant.devicesOf('id-ada')).toEqual([]);
    expect(clock.pending).toBe(0);
    expect(refusal(() => tenant.openSession('d'))).toBe('DEVICE_UNKNOWN');
    expect(refusal(() => tenant.notify('d'))).toBe('DEVICE_UNKNOWN');
  });
});

describe('the table of failures', () => {
  test('has all twenty, each with a category of Graph, a reason, remedies and resources', () => {
    expect(failureCodes).toEqual(Array.from({ length: 20 }, (_, index) => `E${String(index + 1).padStart(2, '0')}`));
    for (const code of failureCodes) {
      const { category, reason, remedies, resources } = failures[code];
      expect(failureCategories).toContain(category);
      for (const text of [reason, remedies]) expect(text).toMatch(/^[A-Z].+\.$/);
      expect(resources.length).toBeGreaterThan(0);
    }
  });
});
