import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isRollcallError } from '../../../base/errors.js';
import { readTenantFile as asPeopleDo } from '../../../server-stub/index.js';
import { laterWords } from '../../../server-stub/tenant-file/later.js';
import type { TenantProblem } from '../../../server-stub/tenant-file/problems.js';
import { readTenantFile, type TenantFileOptions } from '../../../server-stub/tenant-file/read.js';
import { dayMs, hourMs, open } from '../core/support.js';

function problems(text: string, options: TenantFileOptions = {}): readonly TenantProblem[] {
  try {
    readTenantFile(text, options);
  } catch (error) {
    if (isRollcallError(error, 'TENANT_INVALID')) return error.details['problems'] as readonly TenantProblem[];
    throw error;
  }
  return [];
}

/** `line:column path: message` */
const told = (text: string, options?: TenantFileOptions) =>
  problems(text, options).map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);

const example = (name: string) => {
  const url = new URL(`../../../scenarios/${name}.yaml`, import.meta.url);
  return asPeopleDo(readFileSync(url, 'utf8'), {
    file: name,
    sources: { folder: '.', environment: { GUEST_WIFI: 'welcome words' } },
  });
};

describe('the examples', () => {
  test.each(['tenant-basic', 'tenant-coexistence', 'tenant-restricted', 'tenant-start'])(
    '%s begins with the line for editors',
    (name) => {
      const text = readFileSync(new URL(`../../../scenarios/${name}.yaml`, import.meta.url), 'utf8');
      expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../docs/schema/tenant.json');
      expect(text).toContain(`rollcall server --tenant scenarios/${name}.yaml`);
    },
  );

  test('tenant-basic: licences bought, groups as they are mentioned, profiles of both authorities', () => {
    const tenant = example('tenant-basic');
    expect(tenant).toMatchObject({
      displayName: 'Contoso',
      domain: 'contoso.example',
      authority: 'office365',
      licences: { O365_BUSINESS_ESSENTIALS: 20, INTUNE_A: 3 },
      users: { length: 12 },
      profiles: { length: 5 },
    });
    expect(tenant.groups?.map(({ displayName }) => displayName)).toEqual(['Staff', 'Board']);
    expect(tenant.users[1]?.groups).toEqual(tenant.groups?.map(({ id }) => id));
    expect(tenant.profiles[0]?.profile).toEqual({
      kind: 'email',
      name: 'Contoso mail',
      account: 'exchange',
      emailAddress: '{{upn}}',
      incoming: {
        host: 'outlook.office365.example',
        tls: true,
        authentication: 'password',
        username: '{{upn}}',
        password: '{{secret}}',
      },
    });
    expect(tenant.profiles[4]?.profile).toMatchObject({ ssid: 'Guests', passphrase: 'welcome words' });
    open(tenant);
  });

  test('tenant-coexistence: a passcode is each platform’s own, a certificate comes from the stub, co-management', () => {
    const tenant = example('tenant-coexistence');
    expect(tenant.settings).toMatchObject({ checkInEveryMs: 8 * hourMs, complianceConsoleLagMs: 7 * dayMs });
    const passcodes = tenant.profiles.filter(({ profile }) => profile.name === 'Passcode');
    expect(
      passcodes.map(({ platforms, profile }) => [platforms, profile.kind === 'configuration' && profile.type]),
    ).toEqual([
      [['ios'], 'com.apple.mobiledevice.passwordpolicy'],
      [['windows'], './Device/Vendor/MSFT/Policy/Config/DeviceLock'],
      [['android'], 'headwind'],
    ]);
    expect(tenant.profiles.at(-1)).toMatchObject({
      platforms: ['ios', 'windows'],
      profile: {
        role: 'identity',
        source: {
          type: 'scep',
          url: '{{scepUrl}}',
          challenge: '{{scepChallenge}}',
          subject: [[['O', 'Contoso']], [['CN', '{{userName}} on {{serial}}']]],
          keySizeBits: 2048,
        },
      },
    });
    const idOf = (name: string) => tenant.groups?.find(({ displayName }) => displayName === name)?.id;
    expect(tenant.profiles.at(-2)?.assignment).toEqual({
      to: { users: [], groups: [idOf('Engineering')] },
      except: [idOf('Contractors')],
    });
    expect(tenant.comanagement).toEqual([
      { userId: tenant.users[3]?.id, serial: 'PF4KXM7T', workloads: ['resourceAccess'] },
    ]);
    expect(tenant.users[3]?.products).toEqual([]);
    open(tenant);
  });

  test('tenant-restricted: a push certificate with its date, compliance with days of grace', () => {
    const tenant = example('tenant-restricted');
    expect(tenant.pushCertificate).toEqual({
      topic: 'com.apple.mgmt.External.fabrikam',
      expiresAt: Date.parse('2027-06-01T00:00:00Z'),
    });
    expect(tenant.compliance).toMatchObject([
      { name: 'Basics', authority: 'intune', pin: true, encryption: true, graceMs: dayMs, assignment: { to: 'all' } },
    ]);
    expect(tenant.users).toHaveLength(1003);
  });
});

describe('mistakes', () => {
  test('are told with line and column from 1, and with the word that was meant', () => {
    const text = `version: 1
authorty: intune
authority: offce365
settings: { checkinEvery: 8h, complianceConsoleLag: 7d..1d }
users:
  - { upn: ann@x.example, licences: [SPD], grups: [Staff] }
profiles:
  - { name: W, authority: intune, kind: wfi }
  - { name: W, authority: intune, kind: wifi, securty: wpa2, assign: { grops: [Staff] } }
  - { name: M, authority: intune, kind: email }
`;
    expect(told(text)).toEqual([
      '2:1 authorty: is no word of a tenant file here; did you mean authority?',
      '3:12 authority: expected one of none, intune, office365, sccm, unknown; did you mean office365?',
      '4:13 settings.checkinEvery: is no word of a tenant file here; did you mean checkInEvery?',
      '4:53 settings.complianceConsoleLag: expected a duration such as 7d, or two with dots between them such as 0..7d',
      expect.stringMatching(/^6:38 users\[0\]\.licences\[0\]: expected one of .*; did you mean SPB\?$/),
      '6:44 users[0].grups: is no word of a tenant file here; did you mean groups?',
      '8:41 profiles[0].kind: expected kind: one of email, vpn, wifi, certificate, configuration; did you mean wifi?',
      '9:47 profiles[1].securty: is no word of a tenant file here; did you mean security?',
      '9:72 profiles[1].assign.grops: is no word of a tenant file here; did you mean groups?',
      '10:5 profiles[2]: expected host, or incoming',
    ]);
  });

  test('a user in whose entry something is wrong is listed all the same: no mistake follows from another', () => {
    const text = `version: 1
users:
  - { upn: ann@x.example, licences: [SPD] }
  - { upn: Ann@x.example }
comanagement:
  - { user: ann@x.example, serial: PC-1, workloads: [] }
profiles:
  - { name: W, authority: intune, kind: wifi, assign: { users: [ann@x.example, ben@x.example] } }
`;
    expect(told(text)).toEqual([
      expect.stringMatching(/^3:38 users\[0\]\.licences\[0\]: expected one of /),
      '4:12 users[1].upn: Ann@x.example is listed twice',
      '8:80 profiles[0].assign.users[1]: no user ben@x.example is listed',
    ]);
  });

  test('words of later rules are refused by name', () => {
    for (const place of Object.keys(laterWords)) {
      const [first = '', second] = place.split('.');
      const text = second === undefined ? `${first}: []\n` : `${first}:\n  ${second}: 1d\n`;
      expect(told(text).map((each) => each.replace(/^\d+:\d+ /, ''))).toEqual([
        `${place}: comes with a later version: ${laterWords[place]}`,
      ]);
    }
    expect(told('migrations: []\nusers: 7')).toHaveLength(2);
    expect(told('settings: { minimumOs: { ios: "16.0" } }')).toEqual([
      '1:13 settings.minimumOs: is written as enrollment.minimumOs',
    ]);
  });

  test.each([
    ['another version', 'version: 2', '1:10 version: expected 1: this program reads no other version'],
    ['a domain that is none', 'domain: x', '1:9 domain: expected a domain such as contoso.example'],
    [
      'coexistence without an Intune licence',
      'version: 1\nauthority: office365\ncoexistence: on',
      '3:14 coexistence: needs a licence that includes Intune, bought or assigned (C7)',
    ],
    [
      'coexistence with none',
      'authority: none\ncoexistence: on\nlicences: { INTUNE_A: 1 }',
      '2:14 coexistence: is that of office365 and intune: the authority must be one of them (C1)',
    ],
    [
      'an unknown user in comanagement',
      'comanagement: [{ user: a@b.example, serial: S, workloads: [] }]',
      '1:24 comanagement[0].user: no user a@b.example is listed',
    ],
    [
      'both words for licences',
      'users: [{ upn: a@b.example, licence: both, licences: [SPB] }]',
      '1:38 users[0].licence: is said by licences too',
    ],
    [
      'a PEM that is none',
      'profiles: [{ name: R, authority: intune, kind: certificate, source: { pem: x } }]',
      '1:76 profiles[0].source.pem: is no certificate in PEM',
    ],
    [
      'a configuration without a type',
      'profiles: [{ name: R, authority: intune, kind: configuration, settings: { a: 1 } }]',
      '1:12 profiles[0]: expected type: only a passcode by itself, without an id, goes without',
    ],
    [
      'a duration beyond all time',
      'settings: { profileGrace: 999999999d }',
      '1:27 settings.profileGrace: expected a duration such as 8h, 7d or 30m',
    ],
  ])('%s', (_, text, expected) => {
    expect(told(text)).toEqual([expected]);
  });

  test('a file that is nested without end is refused, and of very many mistakes a thousand are told', () => {
    expect(told('['.repeat(20_000)).length).toBeGreaterThan(0);
    const keys = Array.from({ length: 2000 }, (_, index) => `k${index}: 1`).join('\n');
    expect(problems(keys)).toHaveLength(1000);
  });
});

describe('short forms', () => {
  const profileOf = (words: string) =>
    readTenantFile(`profiles: [{ name: P, authority: intune, ${words} }]`).profiles[0]?.profile;

  test('a VPN signs in by what it is given, else by a password of the device’s own', () => {
    const vpn = (words: string) => profileOf(`kind: vpn, server: v.example${words}`);
    expect(vpn('')).toEqual({
      kind: 'vpn',
      name: 'P',
      connectionName: 'P',
      protocol: 'ikev2',
      server: 'v.example',
      authentication: 'password',
      localIdentifier: '{{deviceId}}',
      remoteIdentifier: 'v.example',
      username: '{{upn}}',
      password: '{{secret}}',
    });
    expect(vpn(', certificate: C')).toMatchObject({ authentication: 'certificate', certificate: 'C' });
    expect(vpn(', sharedSecret: s')).toMatchObject({ authentication: 'shared-secret', sharedSecret: 's' });
    expect(vpn(', sharedSecret: s')).not.toHaveProperty('password');
  });

  test('a Wi-Fi is open without a passphrase; the mistake in a source is that of the kind that was meant', () => {
    expect(profileOf('kind: wifi')).toMatchObject({ ssid: 'P', security: 'none', hidden: false, autoJoin: true });
    expect(profileOf('kind: wifi, passphrase: secret words')).toMatchObject({ security: 'wpa2' });
    const source = 'profiles: [{ name: P, authority: intune, kind: certificate, source: { scep: stub, subjet: O=x } }]';
    expect(told(source).map((each) => each.replace(/^\S+ /, ''))).toEqual([
      expect.stringMatching(/^profiles\[0\]\.source\.subject: /),
      'profiles[0].source.subjet: is no word of a tenant file here; did you mean subject?',
    ]);
  });
});

describe('groups', () => {
  test('are one whatever their capitals, may be within others, and give licences', () => {
    const tenant = readTenantFile(`
version: 1
licences: { SPB: 2 }
groups:
  - { name: Sales, memberOf: [Staff, everyone], licences: [SPB] }
  - { name: Staff, memberOf: [Everyone] }
users:
  - { upn: a@x.example, groups: [sales] }
  - { upn: b@x.example, licences: [SPB], groups: [STAFF, Staff] }
`);
    const named = new Map(tenant.groups?.map((group) => [group.displayName, group]));
    expect([...named.keys()].sort()).toEqual(['Sales', 'Staff', 'everyone']);
    expect(named.get('Sales')?.groups).toEqual([named.get('Staff')?.id, named.get('everyone')?.id]);
    expect(tenant.users[1]?.groups).toEqual([named.get('Staff')?.id]);
    open(tenant);
  });

  test('a circle of them is refused, and so are more licences than were bought (C7)', () => {
    expect(
      told('groups:\n  - { name: A, memberOf: [B] }\n  - { name: B, memberOf: [C] }\n  - { name: C, memberOf: [A] }\n'),
    ).toEqual(['4:26 groups[2].memberOf: C is a member of itself by this']);
    const text = (bought: number) =>
      `licences: { SPB: ${bought} }\ngroups: [{ name: G, licences: [SPB] }]\nusers: [{ upn: 'u{1..3}@x.example', groups: [G] }]`;
    expect(told(text(3))).toEqual([]);
    expect(told(text(2))).toEqual(['1:18 licences.SPB: 3 users have it, and 2 are bought (C7)']);
  });
});

describe('old words', () => {
  test('a file with neither version nor licences gives users who say nothing SPB; others give them none', () => {
    const user = 'users: [{ upn: a@x.example }]';
    expect(readTenantFile(user).users[0]?.products).toEqual(['SPB']);
    expect(readTenantFile(`version: 1\n${user}`).users[0]?.products).toEqual([]);
    expect(readTenantFile(`licences: {}\n${user}`).users[0]?.products).toEqual([]);
  });

  test('coexistence makes the authority intune, as Graph reads it (C9)', () => {
    const text = 'authority: office365\ncoexistence: on\nlicences: { EMS: 1 }';
    expect(readTenantFile(text)).toMatchObject({ authority: 'intune', coexistence: true });
  });
});

describe('what a file refers to', () => {
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'rollcall-tenant-'));
    onTestFinished(() => rmSync(path, { recursive: true }));
    return path;
  }
  const wifi = (passphrase: string) =>
    `profiles: [{ name: W, authority: intune, kind: wifi, passphrase: '${passphrase}' }]`;
  const passphraseOf = (text: string, options: TenantFileOptions) => {
    const [first] = readTenantFile(wifi(text), options).profiles;
    return first?.profile.kind === 'wifi' ? first.profile.passphrase : undefined;
  };

  test('is put in place: the environment, files beside it without their last line break; placeholders stay', () => {
    const here = folder();
    mkdirSync(join(here, 'more'));
    writeFileSync(join(here, 'more', 'wifi.txt'), 'from a file\r\n');
    const sources = { folder: here, environment: { WIFI: 'from outside' } };
    expect(passphraseOf(`\${env:WIFI}!`, { sources })).toBe('from outside!');
    expect(passphraseOf(`\${file:./more/wifi.txt}`, { sources })).toBe('from a file');
    expect(passphraseOf(`{{secret}} $\${env:WIFI} \${x`, { sources })).toBe(`{{secret}} \${env:WIFI} \${x`);
  });

  test('lies in the folder of the file, is small, and is there: else a mistake, that says nothing of what is in it', () => {
    const here = folder();
    writeFileSync(join(here, 'big'), 'x'.repeat(70_000));
    symlinkSync('/etc/hostname', join(here, 'link'));
    const sources = { folder: here, environment: { SECRET: 'swordfish' } };
    const first = (text: string) => problems(wifi(text), { sources })[0]?.message;
    for (const path of ['../x', '/etc/hostname', 'a/../../x', 'link', '.']) {
      expect(first(`\${file:${path}}`)).toMatch(/must lie in the folder/);
    }
    expect(first(`\${file:big}`)).toMatch(/no file of 65536 bytes/);
    expect(first(`\${file:gone}`)).toMatch(/ENOENT/);
    expect(first(`\${file:gone}`)).toMatch(/put one with this text beside the tenant file/);
    expect(first(`\${env:GONE}`)).toBe(
      `\${env:GONE}: the environment has no GONE: set it for the command, GONE=... rollcall ...`,
    );
    expect(first(`\${env:constructor}`)).toMatch(/has no constructor/);
    expect(first(`\${secret:X}`)).toMatch(/neither/);
    const text = `authority: "\${env:SECRET}"\nusers: [{ upn: "\${env:SECRET}" }]`;
    expect(JSON.stringify(problems(text, { sources }))).not.toContain('swordfish');
  });

  test('is refused in a text that came over the network', () => {
    expect(told(wifi(`\${env:PATH}`))).toEqual([
      `1:66 profiles[0].passphrase: \${env:PATH}: only a file that is given at the start may refer to others`,
    ]);
  });
});
