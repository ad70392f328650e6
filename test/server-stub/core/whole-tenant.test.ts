// The tenant as one thing: told, replaced whole or not at all, kept over a restart.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { openJournal } from '../../../server-stub/core/journal.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import type { TenantConfig } from '../../../server-stub/core/types.js';
import { disk } from './disk.js';
import { assigned, config, hourMs, open, refusal, user, wifi } from './support.js';

const group = (name: string, more: Partial<NonNullable<TenantConfig['groups']>[number]> = {}) => ({
  id: name,
  displayName: name,
  groups: [],
  products: [],
  ...more,
});

const other: TenantConfig = {
  id: 'other',
  displayName: 'Fabrikam',
  domain: 'fabrikam.example',
  authority: 'intune',
  settings: { ...defaultSettings, checkInEveryMs: hourMs, staleLifetimeMs: 5, complianceConsoleLagMs: 7 },
  pushCertificate: { topic: 'another', expiresAt: 1_900_000_000_000 },
  licences: { SPB: 2 },
  groups: [group('inner', { groups: ['outer'], products: ['SPB'] }), group('outer')],
  users: [{ ...user('cleo', []), groups: ['inner'] }, user('ada')],
  comanagement: [{ userId: 'id-ada', serial: 'pc-1', workloads: ['resourceAccess'] }],
  profiles: [{ ...assigned('intune', wifi('one')), assignment: { to: 'all', except: ['outer'] } }],
  compliance: [
    {
      id: 'c',
      authority: 'intune',
      name: 'C',
      pin: true,
      encryption: false,
      graceMs: 0,
      assignment: { to: 'all', except: [] },
    },
  ],
};

/** Lists in one order: a tenant has none. */
const sorted = (tenant: TenantConfig) => ({
  ...tenant,
  users: [...tenant.users].sort((a, b) => (a.id < b.id ? -1 : 1)),
  groups: [...(tenant.groups ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1)),
});

describe('a whole tenant', () => {
  test('is told as what it began with, less what is no more', () => {
    const { tenant } = open(other);
    expect(sorted(tenant.config())).toEqual(sorted(other));
    tenant.removeGroup('outer');
    expect(tenant.config().groups).toEqual([group('inner', { products: ['SPB'] })]);
    expect(tenant.config().profiles[0]?.assignment.except).toEqual([]);
  });

  test('becomes another one, and is that after a restart too, whatever the configuration of the start says', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const first = open({}, openJournal(folder, silentLog));
    expect(first.tenant.replace(other, 'admin')).toHaveLength(12);
    expect(first.tenant.licences()).toEqual([{ sku: 'SPB', bought: 2, consumed: 2 }]);
    await first.tenant.close();
    const { tenant } = open({}, openJournal(folder, silentLog), first.clock);
    expect(sorted(tenant.config())).toEqual(sorted(other));
    expect(tenant.licences()).toEqual([{ sku: 'SPB', bought: 2, consumed: 2 }]);
    expect(tenant.changes()).toMatchObject([{ by: 'admin', cause: 'authority', from: 'office365', to: 'intune' }]);
    expect(tenant.replace(other, 'admin')).toEqual([]);
    await tenant.close();
  });

  test('goes by its new settings at once', async () => {
    const { tenant, clock, enroll, session, notified } = open();
    tenant.replace({ ...tenant.config(), settings: other.settings }, 'admin');
    enroll('d');
    session('d');
    notified();
    await clock.advance(hourMs);
    expect(notified()).toEqual(['d']);
  });

  test('says nothing of a push certificate of an authority that was left', () => {
    const { tenant } = open();
    tenant.setAuthority('intune', 'admin');
    expect(tenant.config()).not.toHaveProperty('pushCertificate');
    expect(tenant.replace(tenant.config(), 'admin')).toEqual([]);
  });

  test.each<[string, Partial<TenantConfig>]>([
    ['id', { id: 'another' }],
    ['domain', { domain: 'x.example' }],
    ['settings', { settings: { ...defaultSettings, profileGraceMs: 1 } }],
    ['authority', { authority: 'intune' }],
    ['coexistence', { coexistence: true, authority: 'office365' }],
    ['pushCertificate', { pushCertificate: { topic: 'another' } }],
    ['comanagement', { comanagement: [{ userId: 'id-ben', serial: 's', workloads: [] }] }],
    ['users', { users: [user('ben')] }],
    ['users', { users: [user('ada', ['EMS']), user('ben')] }],
    ['users', { users: [{ ...user('ada'), groups: ['g'] }, user('ben')] }],
    ['groups', { groups: [] }],
    ['groups', { groups: [group('g', { products: ['EMS'] })] }],
  ])('while devices are enrolled, %s is refused, and what would go with it is not done: %o', (key, change) => {
    const { tenant, enroll } = open({ groups: [group('g')] });
    enroll('d');
    const before = tenant.config();
    const next = { ...before, displayName: 'Another', ...change };
    expect(refusal(() => tenant.replace(next, 'admin'))).toBe('CONFLICT');
    expect(() => tenant.replace(next, 'admin')).toThrow(new RegExp(`not changed: ${key}: [^;]*$`));
    expect(tenant.config()).toEqual(before);
    tenant.unenroll('d', 'left');
    expect(tenant.replace(next, 'admin')).not.toEqual([]);
  });

  test('while devices are enrolled, takes what moves nobody', () => {
    const { tenant, enroll } = open();
    enroll('d');
    const users = [
      { ...user('ada'), displayName: 'Ada L' },
      { ...user('dan'), groups: ['new'] },
    ];
    const next = { ...tenant.config(), displayName: 'Another', users, groups: [group('new')], licences: { SPB: 9 } };
    expect([...tenant.replace(next, 'admin')].sort()).toEqual(['displayName', 'groups', 'licences', 'users']);
    expect(sorted(tenant.config())).toEqual(sorted({ ...next }));
  });

  test('never goes back to unknown, nor to sccm, nor out of coexistence', () => {
    const before = open({ authority: 'office365' }).tenant;
    expect(refusal(() => before.replace({ ...before.config(), authority: 'sccm' }, 'admin'))).toBe('CONFLICT');
    const { tenant } = open({ authority: 'intune', coexistence: true });
    expect(refusal(() => tenant.replace({ ...tenant.config(), authority: 'unknown' }, 'admin'))).toBe('CONFLICT');
    const { coexistence: _, ...without } = tenant.config();
    expect(refusal(() => tenant.replace(without, 'admin'))).toBe('CONFLICT');
  });

  test('refuses a field that could not be stored, and changes nothing', () => {
    const { tenant } = open();
    const users = [user('ada'), { ...user('ben'), upn: '' }];
    expect(refusal(() => tenant.replace({ ...config(), displayName: 'x', users }, 'admin'))).toBe('REQUEST_INVALID');
    expect(tenant).toMatchObject({ displayName: 'Contoso' });
  });
});

describe('a tenant that is stored and began with another text than the one given', () => {
  const start = (stored: ReturnType<typeof disk>, given: TenantConfig) => open(given, stored.persistence()).tenant;
  const first: TenantConfig = { ...config(), digest: 'first' };
  const second: TenantConfig = { ...config(), digest: 'second', displayName: 'Renamed', users: [user('zoe')] };

  test('says so, and how much of it holds', () => {
    const stored = disk();
    expect(start(stored, first).ignoredConfig).toBeUndefined();
    expect(start(stored, first).ignoredConfig).toBeUndefined();
    const later = start(stored, second);
    expect([later.ignoredConfig, later.displayName]).toEqual([{ holds: 'organization' }, 'Renamed']);
    expect(later.users().map(({ id }) => id)).toEqual(['id-ada', 'id-ben']);
    later.setEnrollmentSettings({ deviceLimitPerUser: 3 }, 'admin');
    const last = start(stored, { ...first, digest: 'third', displayName: 'Again' });
    expect([last.ignoredConfig, last.displayName]).toEqual([{ holds: 'nothing' }, 'Renamed']);
    expect(start(stored, config()).ignoredConfig).toBeUndefined(); // no text is given
    last.replace({ ...second, digest: 'fourth' }, 'admin');
    expect(start(stored, { ...second, digest: 'fourth' }).ignoredConfig).toBeUndefined();
    last.replace({ ...second, digest: 'fifth' }, 'admin'); // the same in other words
    expect(start(stored, { ...second, digest: 'fifth' }).ignoredConfig).toBeUndefined();
  });

  test('says so too where it began without one, and not where an earlier version did not say with which', () => {
    const stored = disk();
    start(stored, config());
    expect(start(stored, first).ignoredConfig).toEqual({ holds: 'organization' });
    const record = stored.saved.get('meta')?.get('tenant') as { value: { digest?: string } };
    delete record.value.digest;
    expect(start(stored, first).ignoredConfig).toBeUndefined();
  });
});
