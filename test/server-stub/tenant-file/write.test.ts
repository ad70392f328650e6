import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainProfile } from '../../../server-stub/admin/shown.js';
import type { EnrollmentRestriction } from '../../../server-stub/core/admission-types.js';
import { products } from '../../../server-stub/core/products.js';
import { noRestriction } from '../../../server-stub/core/restriction-index.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import type { TenantConfig } from '../../../server-stub/core/types.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { readTenantFile as asPeopleDo } from '../../../server-stub/index.js';
import {
  autopilotId,
  autopilotProfileId,
  bulkTokenId,
  corporateId,
  restrictionId,
} from '../../../server-stub/tenant-file/admission-parts.js';
import { readTenantFile } from '../../../server-stub/tenant-file/read.js';
import { writeTenantFile } from '../../../server-stub/tenant-file/write.js';
import { anyCharacter } from '../../support/characters.js';

const whole = { profile: plainProfile, password: (password: string) => password };
const again = (config: TenantConfig) => readTenantFile(writeTenantFile(config, whole));

const platformsOf = fc.subarray(['ios', 'windows', 'android'] as const, { minLength: 1 });
const name = fc.string({ minLength: 1, maxLength: 20, unit: anyCharacter });
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
    admission: fc.record({
      ownIds: fc.boolean(),
      names: fc.uniqueArray(name, { maxLength: 4 }),
      blocked: fc.option(fc.boolean()),
      version: fc.constantFrom('16.0', '10.0.19045', '7'),
      bits: fc.nat(15),
    }),
  })
  .map(
    ({ groupNames, people, authority, settings, passphrases, domain, isNested, bought, admission }): TenantConfig => {
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
        ...admissionOf(admission, some(admission.bits), people.length > 0 ? 'user 0' : undefined),
      };
    },
  );

interface Drawn {
  readonly ownIds: boolean;
  readonly names: readonly string[];
  readonly blocked: boolean | null;
  readonly version: string;
  readonly bits: number;
}

/** Who may enroll; parts of which nothing is said are absent. */
function admissionOf({ ownIds, names, blocked, version, bits }: Drawn, groups: string[], userId: string | undefined) {
  const at = { createdAt: 1_800_000_000_123 };
  const id = (made: string, index: number) => (ownIds ? `own ${index}` : made);
  const platform = { osMinimum: version, osMaximum: version, blockedManufacturers: ['Acme, "Inc"'] };
  const restrictions: EnrollmentRestriction[] = [
    ...(bits % 2 === 1 ? [{ ...noRestriction, description: 'd', platforms: { ios: { blocked: true } } }] : []),
    ...names.map((displayName, index) => ({
      id: id(restrictionId('platforms', displayName), index),
      kind: 'platforms' as const,
      displayName,
      priority: index + 1,
      groups,
      platforms: blocked === null ? {} : { windows: { ...platform, blocked, personalBlocked: !blocked }, android: {} },
    })),
    ...names.map((displayName, index) => ({
      id: id(restrictionId('limit', displayName), index + 10),
      kind: 'limit' as const,
      displayName,
      priority: index + 1,
      groups,
      limit: index + 1,
    })),
  ];
  const autopilotProfiles = names.map((displayName, index) => ({
    id: id(autopilotProfileId(displayName), index),
    displayName,
    mode: 'userDriven' as const,
    ...(index === 0 && { allDevices: true }),
    ...(groups.length > 0 && { groups }),
  }));
  const isSome = names.length > 0;
  return {
    ...(restrictions.length > 0 && { restrictions }),
    ...(isSome && {
      corporateDevices: names.map((_, index) => {
        const [type, value] =
          index % 2 === 0
            ? (['imei', `35-${index}`] as const)
            : (['manufacturerModelSerial', `Acme, Ltd.,PC ${index},S ${index}`] as const);
        return { id: id(corporateId(type, value), index), type, value, ...at };
      }),
      autopilotProfiles,
      autopilot: autopilotProfiles.map(({ id: profileId }, index) => ({
        id: id(autopilotId(`PC ${index}`), index),
        serial: `PC ${index}`,
        groupTag: version,
        profileId,
        ...(userId !== undefined && { userId }),
        ...at,
      })),
      bulkTokens: names.map((text, index) => ({
        id: id(bulkTokenId(text), index),
        name: text,
        expiresAt: at.createdAt,
        token: `${index} ${text}`,
      })),
    }),
    ...(blocked === true && { consents: { applePush: false } }),
    ...(groups.length > 0 && { bmsExclusions: groups }),
  };
}

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

  test('hides the tokens of provisioning packages as it hides passwords', () => {
    const bulkTokens = [{ id: 'b', name: 'warehouse', expiresAt: 0, token: 'swordfish' }];
    const text = writeTenantFile(
      { ...defaultTenant({ users: 1 }), bulkTokens },
      { ...whole, password: () => '(secret)' },
    );
    expect(text).toContain('expires: 1970-01-01T00:00:00.000Z, token: (secret) }');
  });

  test('two groups of one name are told apart by their ids', () => {
    const groups = ['a', 'b'].map((id) => ({ id, displayName: 'Same', groups: [], products: [] }));
    const config = again({ ...defaultTenant({ users: 1 }), groups });
    const users = config.users.map((user) => ({ ...user, groups: ['b'] }));
    expect(again({ ...config, users }).users[0]?.groups).toEqual(['b']);
  });
});
