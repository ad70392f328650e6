// B7: what lies outside of Basic Mobility and Security has no effect on devices that it would manage, and is kept.
import { describe, expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import type { PlatformRestriction } from '../../../server-stub/core/admission-types.js';
import { failureCodes, resourcesOf } from '../../../server-stub/core/failures.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import { noRestriction } from '../../../server-stub/core/restriction-index.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import type { TraitsByPlatform } from '../../../server-stub/core/traits.js';
import type { TenantConfig } from '../../../server-stub/core/types.js';
import { config, counted, refusal, user } from './support.js';

const traits: TraitsByPlatform = new Map([
  ['windows', { needsPushCertificate: false, hasAutopilot: true, tellsManufacturer: true }],
  ['android', { needsPushCertificate: false }],
]);

function open(change: Partial<TenantConfig> = {}): Tenant {
  const ports = { clock: manualClock(0), random: counted(), log: silentLog, traits };
  const tenant = createTenant(config({ authority: 'intune', profiles: [], ...change }), ports);
  onTestFinished(() => tenant.close());
  return tenant;
}

/** What becomes of a PC of this user; nothing is left of it. */
const pc = (tenant: Tenant, name = 'ada', more: { osVersion?: string } = {}) => {
  const told = refusal(() =>
    tenant.enroll({
      platform: 'windows',
      deviceId: 'pc',
      serial: 'S',
      userId: `id-${name}`,
      osVersion: '10.0.5',
      manufacturer: 'Acme',
      ...more,
    }),
  );
  tenant.unenroll('pc', 'left');
  return told;
};
const restrict = (tenant: Tenant, windows: PlatformRestriction, android: PlatformRestriction = {}) =>
  tenant.putRestriction({ ...noRestriction, platforms: { windows, android } });
const personal = { personalBlocked: true };

const restrictions: readonly (readonly [code: string, windows: PlatformRestriction, android?: PlatformRestriction])[] =
  [
    ['E11', { blocked: true }],
    ['E08', { osMinimum: '10.0.6' }],
    ['E09', { osMaximum: '10.0.4' }],
    ['E10', personal],
    ['E19', personal, personal],
    ['E07', { blockedManufacturers: ['acme'] }],
  ];

describe('while office365 manages alone', () => {
  for (const [code, windows, android] of restrictions) {
    test(`${code} is not told, and it is again once intune manages`, () => {
      const tenant = open();
      restrict(tenant, windows, android);
      expect(pc(tenant)).toBe(code);
      tenant.setAuthority('office365', 'admin');
      expect(pc(tenant)).toBe('none');
      tenant.setAuthority('intune', 'admin');
      expect(pc(tenant)).toBe(code);
    });
  }

  test('the limit of devices holds: of everybody, and of a group', () => {
    const tenant = open({ authority: 'office365', groups: [{ id: 'g', displayName: 'G', products: [], groups: [] }] });
    const ada = { platform: 'windows', serial: 'S', userId: 'id-ada' } as const;
    tenant.enroll({ ...ada, deviceId: 'first' });
    tenant.setEnrollmentSettings({ deviceLimitPerUser: 1 }, 'admin');
    expect(pc(tenant)).toBe('E17');
    tenant.setEnrollmentSettings({ deviceLimitPerUser: 2 }, 'admin');
    tenant.putUser({ ...user('ada'), groups: ['g'] });
    tenant.putRestriction({ id: 'l', kind: 'limit', displayName: 'L', priority: 1, groups: ['g'], limit: 1 });
    expect(pc(tenant)).toBe('E17');
  });

  test('it is told how much is without effect, before the change and while it is so', () => {
    const tenant = open({ groups: [{ id: 'g', displayName: 'G', products: [], groups: [] }] });
    restrict(tenant, { blocked: true });
    tenant.putRestriction({ ...noRestriction, id: 'r', displayName: 'R', priority: 1, groups: ['g'] });
    tenant.putRestriction({ id: 'l', kind: 'limit', displayName: 'L', priority: 1, groups: [], limit: 1 });
    tenant.putCorporateDevice({ id: 'c', type: 'serialNumber', value: 'S', createdAt: 0 });
    for (const id of ['a', 'b']) tenant.putAutopilotDevice({ id, serial: id, createdAt: 0 });
    tenant.removeAutopilotDevice('b');
    const expected = { platformRestrictions: 2, corporateIdentifiers: 1, autopilotDevices: 1, autopilotProfiles: 0 };
    expect(tenant.dryRun({ authority: 'office365' }).withoutEffect).toEqual(expected);
    expect([tenant.dryRun({ authority: 'intune' }).withoutEffect, tenant.withoutEffect()]).toEqual([
      undefined,
      undefined,
    ]);
    tenant.setAuthority('office365', 'admin');
    expect([tenant.dryRun({ authority: 'intune' }).withoutEffect, tenant.withoutEffect()]).toEqual([
      undefined,
      expected,
    ]);
  });
});

test('under coexistence each user decides: restrictions are for those whose devices intune would manage', () => {
  const tenant = open({
    authority: 'office365',
    users: [user('ada', ['SPB']), user('ben', ['O365_BUSINESS_ESSENTIALS'])],
  });
  tenant.enableCoexistence('admin');
  restrict(tenant, personal, personal);
  expect([pc(tenant, 'ada'), pc(tenant, 'ben')]).toEqual(['E19', 'none']);
  expect(tenant.withoutEffect()).toBeUndefined();
});

test('what a failure leads to is left out where it would answer 403', () => {
  const paths = (authority: 'intune' | 'office365') => failureCodes.flatMap((code) => resourcesOf(code, authority));
  expect(paths('intune').filter((path) => /imported|utopilot/.test(path)).length).toBeGreaterThan(5);
  expect(paths('office365').filter((path) => /imported|utopilot/.test(path))).toEqual([]);
  expect(resourcesOf('E10', 'office365')).toHaveLength(2);
});
