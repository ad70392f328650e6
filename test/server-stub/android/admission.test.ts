// What of an Android device may enroll is judged by, and when: what it says with the POST (by convention), or with its first info.
import { describe, expect, it } from 'vitest';
import type { PlatformRestriction } from '../../../server-stub/core/admission-types.js';
import { emptyTenant, user1, user2 } from '../ios/stub.js';
import { type AndroidStub, type Answered, openAndroid, post, sendInfo } from './stub.js';

const refusalOf = ({ json }: Answered) => (json.data as { code: string } | null)?.code;

const open = (more: object = {}) => openAndroid({ tenant: emptyTenant({ ...more }) });

/** The default restriction, as it says of Android. */
function restrict(
  { authority: { tenant } }: AndroidStub,
  android: PlatformRestriction,
  others: PlatformRestriction = {},
) {
  const platforms = { android, ios: others, windows: others };
  tenant.putRestriction({
    id: 'default',
    displayName: 'All users',
    kind: 'platforms',
    priority: 0,
    groups: [],
    platforms,
  });
}

const pixel = {
  androidVersion: '15',
  manufacturer: 'Google',
  model: 'Pixel 8',
  serial: '31234FDJH001AB',
  imei: '356938035643809',
  mdmMode: false,
};

describe('a device that tells of itself with the POST', () => {
  it('is known by that from then on, and hostile words of it are passed over', async () => {
    const stub = await open();
    const { tenant } = stub.authority;
    await post(stub, 'h1', user1, { told: pixel });
    expect(tenant.device('h1')).toMatchObject({
      status: 'pending',
      osVersion: '15',
      model: 'Pixel 8',
      serial: pixel.serial,
      imei: pixel.imei,
    });
    for (const told of [7, 'x', [], { serial: 5, mdmMode: 'yes', model: ['y'], androidVersion: 'z'.repeat(300) }])
      expect((await post(stub, 'h2', user1, { told })).json.status).toBe('OK');
    expect(tenant.device('h2')).toMatchObject({ serial: 'h2' });
    expect(tenant.device('h2')?.osVersion).toBeUndefined();
  });

  it.each([
    ['E06', { minimumOs: { android: '16' } }, {}],
    ['E11', {}, { blocked: true }],
    ['E08', {}, { osMinimum: '15.1' }],
    ['E09', {}, { osMaximum: '14' }],
    ['E19', {}, { personalBlocked: true }], // no other platform is served here
    ['E07', {}, { blockedManufacturers: ['GOOGLE'] }],
  ])(
    'is refused there with %s, in the envelope; nothing of it is there, and once cured it enrolls',
    async (code, settings, android) => {
      const stub = await open();
      const { tenant } = stub.authority;
      tenant.setEnrollmentSettings(settings, 'administrator');
      restrict(stub, android);
      const refused = await post(stub, 'h1', user1, { told: pixel });
      expect([refused.status, refused.json.status, refused.json.message]).toEqual([
        200,
        'ERROR',
        'error.permission.denied',
      ]);
      expect(refusalOf(refused)).toBe(code);
      expect(tenant.failures()).toMatchObject([{ code, deviceId: 'h1', osVersion: '15', userUpn: user1, way: 'user' }]);
      expect(tenant.devices()).toEqual([]);
      tenant.setEnrollmentSettings({ minimumOs: {} }, 'administrator');
      restrict(stub, {});
      expect((await post(stub, 'h1', user1, { told: pixel })).json.status).toBe('OK');
      expect((await sendInfo(stub, 'h1')).json.status).toBe('OK');
      expect(tenant.device('h1')?.status).toBe('enrolled');
    },
  );

  it('is the organization’s by its serial number, its IMEI, or a number that is one of them (E19)', async () => {
    const stub = await open();
    const { tenant } = stub.authority;
    restrict(stub, { personalBlocked: true }, { personalBlocked: true });
    expect(refusalOf(await post(stub, 'h1', user1, { told: pixel }))).toBe('E19');
    const declared = [
      { type: 'serialNumber', value: pixel.serial },
      { type: 'imei', value: '356938035643999' },
      { type: 'serialNumber', value: 'R5CX30ABCDE' },
    ] as const;
    for (const [index, each] of declared.entries())
      tenant.putCorporateDevice({ id: `c${index}`, createdAt: 0, ...each });
    expect((await post(stub, 'h1', user1, { told: pixel })).json.status).toBe('OK');
    expect(
      (await post(stub, 'h2', user1, { told: { ...pixel, serial: 'X', imei: '356938035643999' } })).json.status,
    ).toBe('OK');
    expect((await post(stub, 'R5CX30ABCDE', user1)).json.status).toBe('OK'); // a stock launcher, DEVICE_ID_USE "serial"
  });

  it.each([
    ['35693803564380'], // as Microsoft's list has it: without the check digit
    ['35-693803-564380-9'],
    ['35 693803 564380 12'], // IMEISV: the version of the software in its place
  ])('is the organization’s by an IMEI that is written %s', async (value) => {
    const stub = await open();
    restrict(stub, { personalBlocked: true });
    stub.authority.tenant.putCorporateDevice({ id: 'c', createdAt: 0, type: 'imei', value });
    expect((await post(stub, 'h1', user1, { told: pixel })).json.status).toBe('OK');
    expect(refusalOf(await post(stub, 'h2', user1, { told: { ...pixel, imei: '356938035643817' } }))).toBe('E19');
  });

  it('is the organization’s where its launcher owns it, and a person’s where that was not true (E10)', async () => {
    const stub = await open();
    const { tenant } = stub.authority;
    const owned = { ...pixel, mdmMode: true };
    restrict(stub, { personalBlocked: true });
    expect((await post(stub, 'h1', user1, { told: owned })).json.status).toBe('OK');
    expect((await sendInfo(stub, 'h1')).json.status).toBe('OK');
    expect(tenant.device('h1')).toMatchObject({ status: 'enrolled', enrollmentType: 'fullyManaged' });
    await post(stub, 'h2', user2, { told: { ...owned, serial: 'X', imei: '490154203237518' } });
    expect(refusalOf(await sendInfo(stub, 'h2', { mdmMode: false }))).toBe('E19');
    const headers = { 'rollcall-enrollment': 'workProfile' };
    expect(refusalOf(await post(stub, 'h3', user1, { told: owned, headers }))).toBe('E19'); // of a person's device, whoever owns the profile
    expect((await post(stub, 'h4', 'default', { told: { mdmMode: true } })).json.status).toBe('OK');
    expect(tenant.device('h4')?.enrollmentType).toBe('bulk');
  });

  it('of the same person is known under its new number alone', async () => {
    const stub = await open();
    const { tenant } = stub.authority;
    await post(stub, 'h1', user1, { told: pixel });
    await sendInfo(stub, 'h1', { serial: pixel.serial, imei: pixel.imei });
    await post(stub, 'h2', user1, { told: pixel });
    await sendInfo(stub, 'h2', { serial: pixel.serial, imei: pixel.imei });
    expect(tenant.devices().map(({ deviceId }) => deviceId)).toEqual(['h2']);
    expect(refusalOf(await post(stub, 'h3', user2, { told: pixel }))).toBe('E03');
  });

  it('is refused as another’s, under whatever number it comes (E03)', async () => {
    const stub = await open();
    await post(stub, 'h1', user1, { told: pixel });
    await sendInfo(stub, 'h1', { serial: pixel.serial, imei: pixel.imei });
    const taken = await post(stub, 'h9', user2, { told: pixel });
    expect([taken.json.message, refusalOf(taken)]).toEqual(['error.duplicate.device', 'E03']);
    expect((await post(stub, 'h9', user1, { told: pixel })).json.status).toBe('OK');
  });
});

describe('a stock launcher, which says nothing of itself before its first info', () => {
  it('is judged by that; a refusal deletes the device, and is one record', async () => {
    const stub = await open();
    const { tenant } = stub.authority;
    for (const [code, android] of [
      ['E08', { osMinimum: '15.1' }],
      ['E09', { osMaximum: '14' }],
      ['E07', { blockedManufacturers: ['Google'] }], // by its model
    ] as const) {
      restrict(stub, android);
      expect((await post(stub, 'h1', user1)).json.status).toBe('OK');
      const refused = await sendInfo(stub, 'h1');
      expect([refused.status, refused.json.message]).toEqual([200, 'error.permission.denied']);
      expect(refusalOf(refused)).toBe(code);
      expect(tenant.devices()).toEqual([]);
      expect((await sendInfo(stub, 'h1')).json.message).toBe('error.notfound.device');
    }
    expect(tenant.failures().map(({ code, osVersion }) => [code, osVersion])).toEqual([
      ['E08', '15'],
      ['E09', '15'],
      ['E07', '15'],
    ]);
    restrict(stub, {});
    await post(stub, 'h1', user1);
    expect((await sendInfo(stub, 'h1', { serial: 'unknown' })).json.status).toBe('OK');
    expect(tenant.device('h1')).toMatchObject({ status: 'enrolled', serial: 'h1' });
  });

  it('says with it whose it is: not before that it is refused as a person’s, nor taken for one that is declared (E10)', async () => {
    const stub = await open();
    const { tenant } = stub.authority;
    restrict(stub, { personalBlocked: true });
    expect((await post(stub, 'h1', user1)).json.status).toBe('OK');
    expect(refusalOf(await sendInfo(stub, 'h1', { mdmMode: false }))).toBe('E19');
    expect(tenant.devices()).toEqual([]);
    await post(stub, 'h1', user1);
    expect((await sendInfo(stub, 'h1')).json.status).toBe('OK');
    expect(tenant.device('h1')?.enrollmentType).toBe('fullyManaged');
    tenant.putCorporateDevice({ id: 'c', createdAt: 0, type: 'serialNumber', value: 'sn-h2' });
    await post(stub, 'h2', user1);
    expect((await sendInfo(stub, 'h2', { mdmMode: false })).json.status).toBe('OK');
    expect(tenant.device('h2')?.enrollmentType).toBe('user');
  });

  it('that is refused is waited for by nobody: its long poll ends, and the next one finds no device', async () => {
    const stub = await open();
    await post(stub, 'h1', user1);
    const polling = stub.call('GET', '/rest/notification/polling/h1');
    restrict(stub, { blocked: true });
    expect(refusalOf(await sendInfo(stub, 'h1'))).toBe('E11');
    expect([(await polling).status, stub.android.polls(), stub.android.waiting('h1')]).toEqual([500, 0, []]);
    expect((await stub.call('GET', '/rest/notification/polling/h1')).status).toBe(404);
    expect(stub.authority.tenant.failures()).toHaveLength(1);
  });

  it('is judged once: what is restricted after it has enrolled does not concern it', async () => {
    const stub = await open();
    await post(stub, 'h1', user1);
    await sendInfo(stub, 'h1');
    restrict(stub, { blocked: true });
    expect((await sendInfo(stub, 'h1')).json.status).toBe('OK');
  });
});

describe('by headers of convention', () => {
  it('a work profile needs the consent for it, and other ways go on (E20)', async () => {
    const stub = await open();
    const { tenant } = stub.authority;
    const headers = { 'rollcall-enrollment': 'workProfile' };
    tenant.setConsent('androidWorkProfiles', false, 'administrator');
    expect(refusalOf(await post(stub, 'h1', user1, { headers }))).toBe('E20');
    expect((await post(stub, 'h2', user1)).json.status).toBe('OK');
    tenant.setConsent('androidWorkProfiles', true, 'administrator');
    expect((await post(stub, 'h1', user1, { headers })).json.status).toBe('OK');
    expect(tenant.device('h1')?.enrollmentType).toBe('workProfile');
  });

  it('a Company Portal that is too old is refused, and a device without one enrolls (E05)', async () => {
    const stub = await open();
    const ask = (version: string) => post(stub, 'h1', user1, { headers: { 'rollcall-company-portal': version } });
    expect(refusalOf(await ask('4.9.9999'))).toBe('E05');
    expect((await ask('5.0')).json.status).toBe('OK');
    expect((await post(stub, 'h1', user1)).json.status).toBe('OK');
  });
});
