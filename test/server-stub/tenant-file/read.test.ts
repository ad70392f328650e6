import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import type { TenantProblem } from '../../../server-stub/tenant-file/problems.js';
import { readTenantFile } from '../../../server-stub/tenant-file/read.js';
import { dayMs, hourMs, open } from '../core/support.js';

const good = `
displayName: Fabrikam
authority: office365
settings: { deviceLimitPerUser: 3, profileGrace: 2d, checkInEvery: 30m, pushCertificate: 90 d }
pushCertificate: { topic: com.example.push, expires: 2027-01-01T00:00:00Z }
users:
  - upn: user{8..11}@fabrikam.example
    displayName: Person {n}
    licence: intune
  - upn: boss@fabrikam.example
    id: the-boss
    licence: none
    password: secret
profiles:
  - authority: intune
    assignedTo: [boss@fabrikam.example, USER9@fabrikam.example]
    profile: { kind: wifi, name: Office, ssid: Office, hidden: false, autoJoin: true, security: wpa2, passphrase: '{{secret}}' }
  - authority: office365
    profile: { kind: certificate, name: Root, role: root, source: { type: der, der: AQID } }
`;

function problems(text: string): readonly TenantProblem[] {
  try {
    readTenantFile(text);
  } catch (error) {
    if (isRollcallError(error, 'TENANT_INVALID')) return error.details['problems'] as readonly TenantProblem[];
    throw error;
  }
  return [];
}

describe('a tenant file', () => {
  test('that is shipped as an example can be read, and says how it is used', () => {
    const text = readFileSync(new URL('../../../scenarios/tenant.yaml', import.meta.url), 'utf8');
    expect(text).toContain('rollcall server --tenant scenarios/tenant.yaml');
    expect(readTenantFile(text)).toMatchObject({
      displayName: 'Fabrikam',
      users: { length: 11 },
      profiles: { length: 2 },
    });
  });

  test('is read whole: settings, ranges of users, assignments by name, bytes', () => {
    const tenant = readTenantFile(good);
    expect(tenant).toMatchObject({
      displayName: 'Fabrikam',
      authority: 'office365',
      settings: {
        deviceLimitPerUser: 3,
        profileGraceMs: 2 * dayMs,
        checkInEveryMs: hourMs / 2,
        pushCertificateMs: 90 * dayMs,
      },
      pushCertificate: { topic: 'com.example.push', expiresAt: Date.parse('2027-01-01') },
    });
    expect(tenant.users.map(({ upn, displayName, products }) => `${upn} ${displayName} ${products}`)).toEqual([
      'user8@fabrikam.example Person 8 INTUNE_A',
      'user9@fabrikam.example Person 9 INTUNE_A',
      'user10@fabrikam.example Person 10 INTUNE_A',
      'user11@fabrikam.example Person 11 INTUNE_A',
      'boss@fabrikam.example boss ',
    ]);
    expect(tenant.profiles[0]?.assignment.to).toEqual({ users: ['the-boss', tenant.users[1]?.id], groups: [] });
    expect(tenant.profiles[1]).toMatchObject({
      assignment: { to: 'all', except: [] },
      profile: { source: { der: Buffer.from([1, 2, 3]) } },
    });
    expect(Object.isFrozen(tenant.users[0]) && Object.isFrozen(tenant.profiles[0]?.profile)).toBe(true);
  });

  test('gives users and profiles the same ids each time it is read', () => {
    const ids = () => [...readTenantFile(good).users, ...readTenantFile(good).profiles].map(({ id }) => id);
    expect(ids()).toEqual(ids());
    expect(ids()[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('may leave everything out: intune is set, with a push certificate; `none` starts unset (A4)', () => {
    expect(readTenantFile('')).toMatchObject({ authority: 'intune', pushCertificate: {}, users: [], profiles: [] });
    expect(readTenantFile('authority: none')).toMatchObject({ authority: 'unknown' });
    expect(readTenantFile('pushCertificate: false')).not.toHaveProperty('pushCertificate');
  });

  test('holds ten thousand users in one line', () => {
    const { users } = readTenantFile("users: [{ upn: 'user{1..10000}@contoso.example', licence: both }]");
    expect(users).toHaveLength(10_000);
    expect(new Set(users.map(({ id }) => id)).size).toBe(10_000);
  });

  test('tells all its mistakes at once, each with its place and line', () => {
    const text = `authority: jamf
settings:
  checkInEvery: soon
  profileGrace: -1
colour: red
users:
  - upn: nobody
  - upn: user{5..1}@x.example
  - upn: a@x.example
  - upn: A@x.example
  - upn: b@x.example
    licence: gold
profiles:
  - authority: intune
    assignedTo: [missing@x.example]
    profile: { kind: wifi, name: W, ssid: W, hidden: false, autoJoin: true, security: wpa9 }
  - authority: intune
    assignedTo: [missing@x.example]
    profile: { kind: configuration, name: C, type: t, settings: {} }
  - authority: intune
    profile: { kind: configuration, name: C, type: t, settings: {} }
`;
    expect(problems(text).map(({ path, line }) => `${line} ${path}`)).toEqual([
      '1 authority',
      '3 settings.checkInEvery',
      '4 settings.profileGrace',
      '5 colour',
      '7 users[0].upn',
      '8 users[1].upn',
      '10 users[3].upn',
      '12 users[4].licence',
      '16 profiles[0].profile.security',
      '18 profiles[1].assignedTo[0]',
      '21 profiles[2].profile.name',
    ]);
    expect(() => readTenantFile(text, { file: 'my.yaml' })).toThrow(
      /has 11 mistakes:\n {2}my\.yaml:1:12: authority: .*\n {2}my\.yaml:3:17: settings\.checkInEvery: /,
    );
  });

  test('a profile may be for some platforms, and another of its name for the others', () => {
    const profiles = (...of: readonly string[]) =>
      `profiles:\n${of.map((platforms) => `  - { authority: intune, ${platforms}profile: { kind: configuration, name: P, type: t, settings: {} } }\n`).join('')}`;
    const read = readTenantFile(profiles('platforms: [ios], ', 'platforms: [windows, android], '));
    expect(read.profiles.map(({ platforms }) => platforms)).toEqual([['ios'], ['windows', 'android']]);
    expect(new Set(read.profiles.map(({ id }) => id)).size).toBe(2);
    for (const more of ['', 'platforms: [android], ']) {
      const twice = problems(profiles('platforms: [ios], ', 'platforms: [windows, android], ', more));
      expect(twice.map(({ path }) => path)).toEqual(['profiles[2].profile.name']);
    }
    expect(problems(profiles('platforms: [symbian], '))[0]?.path).toBe('profiles[0].platforms[0]');
    expect(problems(profiles('platforms: [], '))[0]?.path).toBe('profiles[0].platforms');
  });

  test.each([
    ['no YAML', 'users: [', 1],
    ['a key twice', 'authority: intune\nauthority: none\n', 2],
    ['a list', '- a\n', 1],
    ['a text', 'hello', 1],
    ['users that are no list', 'users: 7', 1],
    ['a range with an id', "users: [{ upn: 'u{1..2}@x', id: one }]", 1],
    ['two ranges in one name', "users: [{ upn: 'u{1..2}{1..2}@x' }]", 1],
    ['a range without end', "users: [{ upn: 'u{1..9999999}@x' }]", 1],
  ])('that is %s is refused with its line', (_, text, line) => {
    const [first] = problems(text);
    expect(first).toMatchObject({ line, message: expect.any(String) });
  });

  test('that is part of itself, or deeper than it needs to be, is refused in words about the file', () => {
    const deep = (levels: number) => `users: ${'['.repeat(levels)}${']'.repeat(levels)}`;
    const messages = (text: string) => problems(text).map(({ message }) => message);
    expect(messages('users: &all [*all]')).toEqual(['the file is nested too deeply']);
    expect(messages('users: &all [{ upn: a@b, groups: *all }]')).toEqual(['the file is nested too deeply']);
    for (const levels of [200, 3000, 50_000]) expect(messages(deep(levels))).toEqual(['the file is nested too deeply']);
    expect(messages(deep(90))).not.toContain('the file is nested too deeply');
    expect(messages('version: 1\n---\nversion: 1\n')).toEqual(['a second document begins here: a tenant is one']);
    const twice = 'groups: [{ name: A, memberOf: &b [B] }, { name: C, memberOf: *b }]';
    expect(messages(twice)).toEqual([]);
  });

  test('that explodes by aliases, or is huge, is refused at once', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [key, before] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg'].map((pair) => [...pair])) {
      bomb.push(`${key}: &${key} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`);
    }
    expect(problems(bomb.join('\n')).length).toBeGreaterThan(0);
    expect(problems(`#${'x'.repeat(17 * 1024 * 1024)}`)).toHaveLength(1);
  });
});

describe('the built-in tenant', () => {
  test('has what each rule needs: every kind under both authorities, names in common and names apart', () => {
    const tenant = defaultTenant({ authority: 'office365', users: 3 });
    expect(tenant.users.map(({ upn }) => upn)).toEqual([1, 2, 3].map((n) => `user${n}@contoso.example`));
    const of = (authority: string) =>
      tenant.profiles.filter((profile) => profile.authority === authority).map(({ profile }) => profile);
    for (const authority of ['office365', 'intune']) {
      expect(new Set(of(authority).map(({ kind }) => kind))).toEqual(
        new Set(['email', 'vpn', 'wifi', 'certificate', 'configuration']),
      );
    }
    const names = (authority: string) => of(authority).map(({ name }) => name);
    expect(names('office365').filter((name) => !names('intune').includes(name))).toEqual(['Contoso guests']);
    expect(names('intune').filter((name) => !names('office365').includes(name))).toEqual(['Contoso laboratory']);
  });

  test('has for each platform what its dialect gives, and for no platform what it does not serve', () => {
    const none = defaultTenant({ users: 1 }, {});
    expect(none.pushCertificate).toEqual({});
    expect(none.profiles.some(({ platforms }) => platforms !== undefined)).toBe(false);
    const passcodes = defaultTenant({ users: 1 }).profiles.filter(({ profile }) => profile.kind === 'configuration');
    expect(passcodes.map(({ authority, platforms, profile }) => [authority, platforms, profile.name])).toEqual([
      ['office365', ['android'], 'Passcode'],
      ['office365', ['ios'], 'Passcode'],
      ['office365', ['windows'], 'Passcode'],
      ['intune', ['android'], 'Passcode'],
      ['intune', ['ios'], 'Passcode'],
      ['intune', ['windows'], 'Passcode'],
    ]);
  });

  test('is taken by the core, and a switch leaves exactly one profile behind', () => {
    const { tenant, session } = open(defaultTenant({ authority: 'office365', users: 1 }));
    tenant.enroll({ platform: 'ios', deviceId: 'd', serial: 's', userId: tenant.users()[0]?.id ?? '' });
    tenant.confirm('d');
    expect(session('d')).toHaveLength(8);
    tenant.setAuthority('intune', 'admin');
    tenant.renewPushCertificate('admin');
    expect(session('d')).toHaveLength(7);
    expect(
      tenant
        .device('d')
        ?.held.filter(({ stale }) => stale)
        .map(({ name }) => name),
    ).toEqual(['Contoso guests']);
  });

  test('carries a root certificate that is one', () => {
    const root = defaultTenant().profiles.find(
      ({ profile }) => profile.kind === 'certificate' && profile.role === 'root',
    )?.profile;
    const source = root?.kind === 'certificate' ? root.source : undefined;
    const certificate = new X509Certificate(source?.type === 'der' ? source.der : '');
    expect(certificate.ca && certificate.verify(certificate.publicKey)).toBe(true);
  });
});
