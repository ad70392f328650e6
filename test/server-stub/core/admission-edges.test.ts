// Who may enroll, at the edges of each row: what is just not refused, and what is not known yet.
import { describe, expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import type { PlatformRestriction } from '../../../server-stub/core/admission-types.js';
import { noRestriction } from '../../../server-stub/core/restriction-index.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import type { TraitsByPlatform } from '../../../server-stub/core/traits.js';
import type { EnrollmentType, EnrollRequest, TenantConfig } from '../../../server-stub/core/types.js';
import { config, counted, dayMs, refusal, user } from './support.js';

const traits: TraitsByPlatform = new Map([
  [
    'ios',
    {
      ...{ needsPushCertificate: false, watchesAttempts: true, waysOfAnyVersion: ['automated'] },
      ...{ minimumOs: '10', minimumCompanyPortal: '5.0' },
    },
  ],
  [
    'windows',
    {
      ...{ needsPushCertificate: false, hasAutopilot: true, hasProvisioningPackages: true },
      ...{ tellsManufacturer: true, isDeclaredByModel: true },
    },
  ],
]);

function world(change: Partial<TenantConfig> = {}) {
  const clock = manualClock(0);
  const settings = config({ authority: 'intune', profiles: [], ...change });
  const tenant = createTenant(settings, { clock, random: counted(), log: silentLog, traits });
  onTestFinished(() => tenant.close());
  const restrict = (restriction: PlatformRestriction) =>
    tenant.putRestriction({ ...noRestriction, platforms: { ios: restriction, windows: restriction } });
  /** The code of the refusal, or `none`. */
  const told = (request: Partial<EnrollRequest>, of: object = { userId: 'id-ada' }) =>
    refusal(() => tenant.enroll({ ...pc, ...of, deviceId: `d${++devices}`, ...request }));
  return { tenant, clock, restrict, told };
}

let devices = 0;
const pc = { platform: 'windows', serial: 'S-1' } as const;
const phone = { platform: 'ios', serial: 'S-2' } as const;

describe('versions', () => {
  test('the greatest of a restriction counts as far as it says; what a device has not told yet is not refused (E08, E09)', () => {
    const { restrict, told } = world();
    restrict({ osMaximum: '17.9' });
    expect(['17.9', '17.9.1', '17.10'].map((osVersion) => told({ osVersion }))).toEqual(['none', 'none', 'E09']);
    restrict({ osMinimum: '17', osMaximum: '17' });
    expect(['17.0', '16.9', '18', ''].map((osVersion) => told({ osVersion }))).toEqual(['none', 'E08', 'E09', 'none']);
    expect(told({})).toBe('none');
  });

  test('those of a restriction do not count for ways to which they do not apply; the least of the service does (E06)', () => {
    const { restrict, told } = world();
    const versions = ['9', '11', '14', '17'];
    const toldBy = (enrollmentType: EnrollmentType, of: object) =>
      versions.map((osVersion) => told({ ...of, enrollmentType, osVersion }));
    restrict({ osMinimum: '12', osMaximum: '15' });
    expect(toldBy('automated', phone)).toEqual(['E06', 'none', 'none', 'none']);
    expect(toldBy('bulk', phone)).toEqual(['E06', 'E08', 'none', 'E09']);
    expect(toldBy('automated', pc)).toEqual(['E08', 'E08', 'none', 'E09']); // a way of another platform
    restrict({ blocked: true });
    expect(toldBy('automated', phone)).toEqual(['E06', 'E11', 'E11', 'E11']);
  });

  test('the least that the tenant sets counts in the place of the platform’s, be it higher or lower (E05, E06)', () => {
    const { tenant, told } = world();
    const tried = () => [
      told({ ...phone, osVersion: '9' }),
      told({ ...phone, osVersion: '11' }),
      refusal(() => tenant.admit({ platform: 'ios', user: 'id-ada', companyPortal: '4.9' })),
      refusal(() => tenant.admit({ platform: 'ios', user: 'id-ada', companyPortal: '5.0' })),
    ];
    expect(tried()).toEqual(['E06', 'none', 'E05', 'none']);
    tenant.setEnrollmentSettings({ minimumOs: { ios: '12' }, minimumCompanyPortal: { ios: '5.1' } }, 'admin');
    expect(tried()).toEqual(['E06', 'E06', 'E05', 'E05']);
    tenant.setEnrollmentSettings({ minimumOs: { ios: '9' }, minimumCompanyPortal: { ios: '4.9' } }, 'admin');
    expect(tried()).toEqual(['none', 'none', 'none', 'none']);
  });
});

test('the Company Portal that began an attempt is judged with its later steps, too (E05)', () => {
  const { tenant, told } = world();
  const { attempt } = tenant.admit({ platform: 'ios', user: 'id-ada', companyPortal: '5.0' });
  if (attempt === undefined) throw new Error('it is not waited for');
  tenant.setEnrollmentSettings({ minimumCompanyPortal: { ios: '5.1' } }, 'admin');
  expect(told({ ...phone, attempt })).toBe('E05');
});

test('a bulk token is good until the moment at which it expires, and not in it (E12)', async () => {
  const { tenant, clock, told } = world();
  tenant.putBulkToken({ id: 't', name: 'warehouse', expiresAt: dayMs, token: 'T' });
  const by = { enrollmentType: 'bulk', bulkToken: 't' } as const;
  await clock.advance(dayMs - 1);
  expect(told(by, {})).toBe('none');
  await clock.advance(1);
  expect(told(by, {})).toBe('E12');
});

test('a maker is the same whatever blanks and capitals; one that is not known yet is not blocked, by no entry (E07)', () => {
  const { restrict, told } = world();
  restrict({ blockedManufacturers: [' Acme', ' '] });
  const makers = ['ACME', '  acme ', 'Acme Ltd', '', undefined];
  expect(makers.map((manufacturer) => told({ manufacturer }))).toEqual(['E07', 'E07', 'none', 'none', 'none']);
});

test('a restriction of a group that blocks personal devices of every platform is E10: E19 is the default’s alone (E24)', () => {
  const staff = { id: 'staff', displayName: 'Staff', groups: [], products: [] };
  const users = [{ ...user('ada'), groups: ['staff'] }, user('ben')];
  const { tenant, restrict, told } = world({ users, groups: [staff] });
  const blocked = { personalBlocked: true };
  restrict(blocked);
  const platforms = { ios: blocked, windows: blocked };
  tenant.putRestriction({ ...noRestriction, id: 'staff', priority: 1, groups: ['staff'], platforms });
  expect(['id-ada', 'id-ben'].map((userId) => told({ userId }))).toEqual(['E10', 'E19']);
});

describe('whose a device is (E10)', () => {
  test('one that joins is the organization’s while Autopilot knows it, and no longer', () => {
    const { tenant, told } = world();
    tenant.putRestriction({ ...noRestriction, platforms: { windows: { personalBlocked: true } } });
    const joined = () => told({ enrollmentType: 'joined' });
    expect(joined()).toBe('E10');
    tenant.putAutopilotDevice({ id: 'a', serial: 'S-1', createdAt: 0 });
    expect(joined()).toBe('none');
    tenant.removeAutopilotDevice('a');
    expect(joined()).toBe('E10');
  });

  test('one that tells it later is asked with its last step', () => {
    const { tenant } = world();
    tenant.putRestriction({ ...noRestriction, platforms: { windows: { personalBlocked: true } } });
    tenant.enroll({ ...pc, userId: 'id-ada', deviceId: 'later', tellsOwnerLater: true });
    expect(refusal(() => tenant.confirm('later'))).toBe('E10');
    expect(tenant.device('later')).toBeUndefined();
  });

  test('manufacturer, model and serial number declare devices of platforms that are declared so, and no others', () => {
    const { tenant, restrict, told } = world();
    restrict({ personalBlocked: true });
    tenant.putCorporateDevice({ id: 'c', type: 'manufacturerModelSerial', value: 'Google,Pixel 8,S1', createdAt: 0 });
    const of = { manufacturer: 'Google', model: 'Pixel 8', serial: 'S1' };
    expect([told(of), told({ ...of, platform: 'ios' })]).toEqual(['none', 'E19']);
    tenant.putCorporateDevice({ id: 'd', type: 'serialNumber', value: 'S1', createdAt: 0 });
    expect(told({ ...of, platform: 'ios' })).toBe('none');
  });

  test('one that is known by its serial number or IMEI alone is declared by that', () => {
    const { tenant, told } = world();
    tenant.putRestriction({ ...noRestriction, platforms: { windows: { personalBlocked: true } } });
    tenant.putCorporateDevice({ id: 'c', type: 'serialNumber', value: 'N-7', createdAt: 0 });
    expect([told({ serial: '', deviceId: 'N-8' }), told({ serial: '', deviceId: 'N-7' })]).toEqual(['E10', 'none']);
  });
});

describe('Autopilot', () => {
  test('a record that was removed stops whom Autopilot enrolls, and nobody else (E16)', () => {
    const { tenant, told } = world();
    tenant.putAutopilotDevice({ id: 'a', serial: 'S-1', createdAt: 0 });
    tenant.removeAutopilotDevice('a');
    expect([told({ enrollmentType: 'autopilot' }), told({})]).toEqual(['E16', 'none']);
  });

  test('is outside of office365 for the users whom that manages, also where intune manages others (E20)', () => {
    const users = [user('ada'), user('ben', ['O365_BUSINESS_ESSENTIALS'])];
    const { told } = world({ users, coexistence: true, licences: { INTUNE_A: 1 } });
    expect(['id-ada', 'id-ben'].map((userId) => told({ userId, enrollmentType: 'autopilot' }))).toEqual(['E13', 'E20']);
  });
});

test('a machine that comes back under another id is still whom it belonged to before (E03), and not one more (E17)', () => {
  const { tenant, told } = world({ settings: { ...defaultSettings, deviceLimitPerUser: 1 } });
  expect(told({ deviceId: 'before', userId: 'id-ben' })).toBe('none');
  tenant.confirm('before');
  expect(told({ formerDeviceId: 'before' })).toBe('E03');
  expect(told({ userId: 'id-ben' })).toBe('E17');
  expect(told({ formerDeviceId: 'before', userId: 'id-ben' })).toBe('none');
});

test('of what an attempt says of itself the record keeps enough to recognise it', () => {
  const { tenant, restrict, told } = world();
  restrict({ blocked: true });
  const long = 'x'.repeat(1000);
  expect(told({ deviceId: long, osVersion: long })).toBe('E11');
  const short = long.slice(0, 256);
  expect(tenant.failures()).toMatchObject([{ deviceId: short, osVersion: short, userId: 'id-ada' }]);
});
