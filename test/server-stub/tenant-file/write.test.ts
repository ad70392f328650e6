import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainProfile } from '../../../server-stub/admin/shown.js';
import { products } from '../../../server-stub/core/products.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import type { TenantConfig } from '../../../server-stub/core/types.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { readTenantFile as asPeopleDo } from '../../../server-stub/index.js';
import { readTenantFile } from '../../../server-stub/tenant-file/read.js';
import { writeTenantFile } from '../../../server-stub/tenant-file/write.js';

const whole = { profile: plainProfile, password: (password: string) => password };
const again = (config: TenantConfig) => readTenantFile(writeTenantFile(config, whole));

const platformsOf = fc.subarray(['ios', 'windows', 'android'] as const, { minLength: 1 });
const name = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter((text) => !/[\ud800-\udfff]/.test(text));
const duration = fc.integer({ min: 1, max: 400 * 86_400_000 });
const skus = fc.subarray(products.map(({ sku }) => sku));

/** Tenants of every kind, with names that YAML has a hard time with. */
const tenants: fc.Arbitrary<TenantConfig> = fc
  .record({
    groupNames: fc.uniqueArray(name, { maxLength: 4, selector: (text) => text.toLowerCase() }),
    people: fc.array(fc.record({ displayName: name, password: name, licences: skus, memberOf: fc.nat(15) }), {
      maxLength: 5,
    }),
    authority: fc.constantFrom('unknown', 'intune', 'office365', 'sccm'),
    settings: fc.record({
      checkInEveryMs: duration,
      profileGraceMs: duration,
      lag: duration,
      staleLifetimeMs: fc.option(duration),
    }),
    passphrases: fc.array(
      fc.record({ text: name, platforms: fc.option(platformsOf), except: fc.nat(15), to: fc.nat(15) }),
      { maxLength: 5 },
    ),
    domain: fc.option(fc.constant('contoso.example')),
    isNested: fc.boolean(),
    bought: fc.option(fc.nat(9)),
  })
  .map(({ groupNames, people, authority, settings, passphrases, domain, isNested, bought }): TenantConfig => {
    const groups = groupNames.map((displayName, index) => ({
      id: `group ${index}`,
      displayName,
      groups: isNested && index > 0 ? ['group 0'] : [],
      products: [],
    }));
    const some = (bits: number) => groups.filter((_, index) => (bits >> index) % 2 === 1).map(({ id }) => id);
    const { lag, staleLifetimeMs, ...given } = settings;
    const stale = staleLifetimeMs === null ? {} : { staleLifetimeMs };
    return {
      id: 'tenant',
      displayName: `Contoso \${env:X} $\${file:y}`,
      ...(domain !== null && { domain }),
      authority,
      settings: { ...defaultSettings, ...given, ...stale, complianceConsoleLagMs: [0, lag] },
      ...(authority !== 'unknown' && { pushCertificate: { topic: 't', expiresAt: 1_800_000_000_123 } }),
      ...(bought !== null && { licences: { SPB: 100 + bought } }),
      users: people.map(({ displayName, password, licences, memberOf }, index) => ({
        id: `user ${index}`,
        upn: `u${index}@contoso.example`,
        displayName,
        products: licences,
        groups: some(memberOf),
        password,
      })),
      groups,
      comanagement: people
        .slice(0, 1)
        .map(() => ({ userId: 'user 0', serial: 'PC 1', workloads: ['clientApps' as const] })),
      profiles: passphrases.map(({ text, platforms, except, to }, index) => ({
        id: `profile ${index}`,
        authority: 'intune',
        profile: {
          kind: 'wifi',
          name: `${index} ${text}`,
          ssid: 's',
          hidden: true,
          autoJoin: false,
          security: 'wpa2',
          passphrase: text,
        },
        assignment: {
          to: to % 2 === 0 ? 'all' : { users: people.slice(0, 1).map(() => 'user 0'), groups: some(to) },
          except: some(except),
        },
        ...(platforms !== null && { platforms }),
      })),
      compliance: passphrases.map(({ text, to }, index) => ({
        id: `policy ${index}`,
        authority: 'office365',
        name: text,
        pin: to % 2 === 0,
        encryption: to % 3 === 0,
        graceMs: to * 1000,
        assignment: { to: 'all', except: [] },
      })),
    };
  });

describe('a tenant that is written as a file', () => {
  test('is the same when it is read: whatever names, groups, assignments and durations it has', () => {
    fc.assert(
      fc.property(tenants, (config) => void expect(again(config)).toEqual(config)),
      { numRuns: 60 },
    );
  });

  test.each(['tenant-basic', 'tenant-coexistence', 'tenant-restricted', 'tenant'])(
    'is the same: scenarios/%s.yaml',
    (file) => {
      const text = readFileSync(new URL(`../../../scenarios/${file}.yaml`, import.meta.url), 'utf8');
      const sources = { folder: '.', environment: { GUEST_WIFI: `\${env:HOME} is no reference` } };
      const config = asPeopleDo(text, { sources });
      expect(again(config)).toEqual(config);
    },
  );

  test('is the same: the built-in one, with its certificates, VPNs and passcodes', () => {
    const config = defaultTenant({ authority: 'office365', users: 3 });
    const { users, groups, comanagement, compliance, ...rest } = again(config);
    expect(rest.profiles).toHaveLength(config.profiles.length);
    expect({ ...rest, users }).toEqual(config);
    expect([groups, comanagement, compliance]).toEqual([[], [], []]);
  });

  test('has one line for each thing, so that people read and compare it', () => {
    const text = writeTenantFile(again(defaultTenant({ users: 1 })), whole);
    expect(text).toContain('\n  - { upn: user1@contoso.example, displayName: User 1, licences: [ SPB ] }\n');
    expect(text).toContain('\n  checkInEvery: 8h\n');
    expect(text).toContain('\n  complianceConsoleLag: 0..7d\n');
  });

  test('two groups of one name are told apart by their ids', () => {
    const groups = ['a', 'b'].map((id) => ({ id, displayName: 'Same', groups: [], products: [] }));
    const config = again({ ...defaultTenant({ users: 1 }), groups });
    const users = config.users.map((user) => ({ ...user, groups: ['b'] }));
    expect(again({ ...config, users }).users[0]?.groups).toEqual(['b']);
  });
});
