import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { type DeviceFacts, type Invitation, platforms, seededRandom } from '../../agent/index.js';
import { invitationOf, personOf } from '../../fleet/engine/invitation.js';
import { secretsIn, withoutSecrets, withSecrets } from '../../fleet/engine/secrets.js';
import { engineTargetOf, type Target } from '../../fleet/engine/target.js';
import type { SmokeOptions, TargetOptions } from '../../fleet/options.js';
import { placeOf, usersOf } from '../../fleet/place.js';
import type { FleetPlan, UserRow, Users } from '../../fleet/scenario/model.js';
import { smokePlace, smokePlatforms } from '../../fleet/smoke-place.js';
import type { PlatformName } from '../../protocol/vocabulary.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-invitation-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const people = (rows: readonly UserRow[]): Users => ({ rows, file: 'people.csv' });
const numbered: Users = { count: 10 };

const planOf = (devices: Partial<Record<PlatformName, number>>, users: Users = numbered): FleetPlan => ({
  version: 1,
  name: 'x',
  seed: 'x',
  groups: Object.entries(devices).map(([name, count]) => ({ name, platform: name as PlatformName, count })),
  users,
  authority: 'office365',
  keys: { pool: 1 },
  concurrency: 1,
  connections: 'per-session',
  phases: [],
  thresholds: [],
  abortOn: [],
  omitted: [],
});

type Given = Partial<Omit<TargetOptions, 'lenient'>>;
const place = (given: Given, plan: FleetPlan): Target | undefined => placeOf({ 'allow-http': false, ...given }, plan);

function open(given: Given, plan: FleetPlan): Target {
  const target = place(given, plan);
  if (target === undefined) throw new Error('no place');
  return target;
}

function factsOf(platform: PlatformName): DeviceFacts {
  const found = platforms.find(({ name }) => name === platform);
  if (found === undefined) throw new Error(`no ${platform}`);
  return found.describe(seededRandom('facts', 0));
}

/** How device `index` of this platform is invited. */
function invited(given: Given, plan: FleetPlan, platform: PlatformName, index = 0): Invitation {
  const target = open(given, plan);
  return invitationOf(engineTargetOf(target), plan.users, secretsIn(target.secrets, false), index, factsOf(platform));
}

const profile = (serverUrl: string) => {
  const own = (type: string, uuid: string, content: string) =>
    `<dict><key>PayloadType</key><string>${type}</string><key>PayloadVersion</key><integer>1</integer><key>PayloadIdentifier</key><string>x.${uuid}</string><key>PayloadUUID</key><string>A0000000-0000-4000-8000-00000000000${uuid}</string>${content}</dict>`;
  const scep = own(
    'com.apple.security.scep',
    '2',
    '<key>PayloadContent</key><dict><key>URL</key><string>https://scep.example/scep</string></dict>',
  );
  const mdm = own(
    'com.apple.mdm',
    '3',
    `<key>IdentityCertificateUUID</key><string>A0000000-0000-4000-8000-000000000002</string><key>Topic</key><string>com.apple.mgmt.x</string><key>ServerURL</key><string>${serverUrl}</string>`,
  );
  const whole = own('Configuration', '1', `<key>PayloadContent</key><array>${scep}${mdm}</array>`);
  return `<?xml version="1.0" encoding="UTF-8"?><plist version="1.0">${whole}</plist>`;
};

describe('devices at a stub', () => {
  it('enroll as its own way in has it, each platform by its own', () => {
    const at = { server: 'https://mdm.example:8443' };
    const plan = planOf({ ios: 1, windows: 1, android: 1 });
    expect(invited(at, plan, 'ios', 1)).toEqual({
      authority: 'https://mdm.example:8443',
      url: 'https://mdm.example:8443/enroll/ios?user=user2%40contoso.example',
      user: 'user2@contoso.example',
      allowHttp: false,
    });
    expect(invited(at, plan, 'android').url).toBe(
      'https://mdm.example:8443/rest/public/qr/json/user1%40contoso.example?create=1',
    );
    expect(open(at, plan)).toMatchObject({
      url: 'https://mdm.example:8443',
      places: ['https://mdm.example:8443'],
      pushUrl: 'wss://mdm.example:8443/push',
      invitations: {},
    });
  });

  it('have no push socket where all of them are woken by MQTT', () => {
    expect(open({ server: 'https://mdm.example' }, planOf({ android: 2 }))).not.toHaveProperty('pushUrl');
  });

  it('are embedded where nothing says otherwise', () => {
    expect(place({}, planOf({ ios: 1 }))).toBeUndefined();
  });
});

describe('devices at servers of others', () => {
  const signIn = { ROLLCALL_PASSWORD: 'swordfish', ROLLCALL_HMDM_SECRET: 'shared' };

  it('enroll by the address of their platform, each with what is its own', () => {
    for (const [name, value] of Object.entries(signIn)) vi.stubEnv(name, value);
    const given = {
      profile: 'https://apple.example/enroll?who={user}&sn={serial}',
      discovery: 'https://pc.example/EnrollmentServer/Discovery.svc',
      'android-enroll': 'https://hmdm.example/rest/public/qr/json/KEY?create=1&deviceId={id}&nth={index}',
      push: 'wss://push.example/push',
    };
    const plan = planOf({ ios: 1, windows: 1, android: 1 });
    const ios = factsOf('ios');
    expect(invited(given, plan, 'ios', 11)).toEqual({
      authority: 'https://apple.example',
      url: `https://apple.example/enroll?who=user2%40contoso.example&sn=${ios.serial}`,
      user: 'user2@contoso.example',
      secret: 'swordfish',
      allowHttp: false,
    });
    expect(invited(given, plan, 'windows')).toEqual({
      authority: 'https://pc.example',
      url: 'https://pc.example/EnrollmentServer/Discovery.svc',
      user: 'user1@contoso.example',
      secret: 'swordfish',
      allowHttp: false,
    });
    const android = factsOf('android');
    expect(invited(given, plan, 'android', 11)).toEqual({
      authority: 'https://hmdm.example',
      url: `https://hmdm.example/rest/public/qr/json/KEY?create=1&deviceId=${android.id}&nth=12`,
      user: 'user2@contoso.example',
      token: 'shared',
      allowHttp: false,
    });
    expect(open(given, plan)).toMatchObject({
      url: 'https://apple.example',
      places: ['https://apple.example', 'https://pc.example', 'https://hmdm.example'],
      pushUrl: 'wss://push.example/push',
    });
  });

  it('are given no push socket that nobody has named', () => {
    expect(open({ profile: 'https://apple.example/enroll' }, planOf({ ios: 1 }))).not.toHaveProperty('pushUrl');
  });

  it('may be of one platform alone, and the others at a stub', () => {
    const given = { server: 'https://stub.example', profile: 'https://apple.example/enroll' };
    const plan = planOf({ ios: 1, windows: 1 });
    expect(invited(given, plan, 'windows').url).toMatch(/^https:\/\/stub\.example\//);
    expect(invited(given, plan, 'ios').url).toBe('https://apple.example/enroll');
    expect(open(given, plan).places).toEqual(['https://apple.example', 'https://stub.example']);
  });

  it('enroll at the path of --server, where there is one platform', () => {
    const at = { server: 'https://mdm.example/enrollmentserver/Discovery.svc?x={index}' };
    expect(invited(at, planOf({ windows: 3 }), 'windows', 2).url).toBe(
      'https://mdm.example/enrollmentserver/Discovery.svc?x=3',
    );
    expect(open(at, planOf({ windows: 3 })).url).toBe('https://mdm.example');
  });

  it.each([
    [{ server: 'https://mdm.example/enroll' }, { ios: 1, windows: 1 }, /the path is the way in of one platform/],
    [{ server: 'https://m.example/a', profile: 'https://m.example/b' }, { ios: 1 }, /two places to enroll/],
    [{ profile: 'https://m.example/b' }, { ios: 1, windows: 1 }, /windows: nothing says where these devices enroll/],
    [{ profile: 'https://m.example/{serail}' }, { ios: 1 }, /--profile: \{serail\} stands for nothing/],
    [{ 'android-enroll': 'https://h.example/{}' }, { android: 1 }, /\{\} stands for nothing/],
    [{ profile: 'https://{user}.example/' }, { ios: 1 }, /not in the server's name/],
    [{ discovery: 'mdm.example/Discovery.svc' }, { windows: 1 }, /--discovery "mdm\.example\S+" is no web address/],
    [{ 'android-enroll': 'http://h.example/{id}' }, { android: 1 }, /--android-enroll http:\/\/h\.example has no TLS/],
    [{ server: 'http://h.example' }, { android: 1 }, /--server http:\/\/h\.example has no TLS/],
    [{ server: 'https://h.example', 'mqtt-port': '0' }, { android: 1 }, /--mqtt-port must be a whole number/],
    [{ 'enroll-token': 'x' }, { windows: 1 }, /--enroll-token says nothing without --server/],
    [{ server: 'https://m.example', 'enroll-token': '{tokne}' }, { windows: 1 }, /\{tokne\} stands for nothing/],
    [{ profile: 'no-such.mobileconfig' }, { ios: 1 }, /no-such\.mobileconfig: ENOENT/],
  ] as const)('are refused where the options are %j', (given, devices, why) => {
    expect(() => place(given, planOf(devices))).toThrow(why);
  });

  it('are told which name was meant', () => {
    const wrong = () => place({ profile: 'https://m.example/{serail}' }, planOf({ ios: 1 }));
    expect(wrong).toThrow(expect.objectContaining({ hint: expect.stringContaining('Did you mean {serial}?') }));
  });
});

describe('a profile in a file', () => {
  it('is given to every device as it is, and says which server is tried', () => {
    const text = profile('https://nano.example/mdm');
    const given = { profile: file('enroll.mobileconfig', text) };
    const plan = planOf({ ios: 2 });
    expect(open(given, plan)).toMatchObject({ url: 'https://nano.example', places: ['https://nano.example'] });
    const { authority, document, url } = invited(given, plan, 'ios', 1);
    expect({ authority, url, document: Buffer.from(document ?? []).toString() }).toEqual({
      authority: 'https://nano.example',
      url: undefined,
      document: text,
    });
  });

  it('of a server without TLS is refused until that is allowed', () => {
    const given = { profile: file('plain.mobileconfig', profile('http://nano.example/mdm')) };
    expect(() => place(given, planOf({ ios: 1 }))).toThrow(/http:\/\/nano\.example has no TLS/);
    expect(open({ ...given, 'allow-http': true }, planOf({ ios: 1 })).url).toBe('http://nano.example');
  });

  it('that names no server needs one beside it', () => {
    const given = { profile: file('broken.mobileconfig', 'no profile') };
    expect(() => place(given, planOf({ ios: 1 }))).toThrow(/no server is named/);
    expect(invited({ ...given, server: 'https://m.example' }, planOf({ ios: 1 }), 'ios').authority).toBe(
      'broken.mobileconfig',
    );
  });
});

describe('a QR code in a file', () => {
  const code = (number: string) => `{ "com.hmdm.BASE_URL": "https://hmdm.example", ${number} "x": "{id" }`;

  it('says of each device what is its own', () => {
    const path = file('qr.json', code('"com.hmdm.DEVICE_ID": "qa-{index}-{team}",'));
    const plan = planOf({ android: 2 }, people([{ user: 'a@b.example', values: { team: 'a "b"' } }]));
    const { document } = invited({ 'android-enroll': path }, plan, 'android', 1);
    expect(JSON.parse(Buffer.from(document ?? []).toString())).toEqual({
      'com.hmdm.BASE_URL': 'https://hmdm.example',
      'com.hmdm.DEVICE_ID': 'qa-2-a "b"',
      x: '{id',
    });
  });

  it('that makes all devices the same is refused', () => {
    const given = { 'android-enroll': file('one.json', code('"com.hmdm.DEVICE_ID" : "h0001",')) };
    expect(() => place(given, planOf({ android: 2 }))).toThrow(/all 2 devices would be number h0001/);
    expect(open(given, planOf({ android: 1 })).url).toBe('https://hmdm.example');
    expect(open({ 'android-enroll': file('none.json', code('')) }, planOf({ android: 2 })).url).toMatch(/^https/);
  });
});

describe('the people of a run', () => {
  it('have so many devices each, or come in turn', () => {
    const names = (users: Users, indexes: readonly number[]) => indexes.map((index) => personOf(users, index).user[4]);
    expect(names({ devicesEach: 2 }, [0, 1, 2, 3, 4])).toEqual(['1', '1', '2', '2', '3']);
    expect(names({ count: 2 }, [0, 1, 2, 3, 4])).toEqual(['1', '2', '1', '2', '1']);
    const rows = people(['x', 'y'].map((user) => ({ user: `user${user}`, values: {} })));
    expect(names(rows, [0, 1, 2])).toEqual(['x', 'y', 'x']);
  });

  it('are so many by a number, and those of a file by its name', () => {
    expect(usersOf('25')).toEqual({ count: 25 });
    for (const wrong of ['0', '-1', '1.5', '2000000']) expect(() => usersOf(wrong)).toThrow(/--users must be a whole/);
    const path = file('people.csv', 'user,password,dept\na@b.example,own,x\n');
    const row = { user: 'a@b.example', password: 'own', values: { dept: 'x' } };
    expect(usersOf(path)).toMatchObject({ file: path, rows: [row] });
    expect(() => usersOf('no-such.csv')).toThrow(/no-such\.csv: ENOENT/);
  });

  const rows = people([
    { user: 'a@b.example', password: 'own', values: { dept: 'R&D' } },
    { user: 'c@b.example', token: 'T/1', values: { dept: 'x' } },
  ]);
  const at = { discovery: 'https://pc.example/Discovery.svc?d={dept}' };

  it('sign in with what their row says, else with the password of all', () => {
    vi.stubEnv('ROLLCALL_PASSWORD', 'of all');
    const plan = planOf({ windows: 2 }, rows);
    expect(invited(at, plan, 'windows', 0)).toMatchObject({
      url: 'https://pc.example/Discovery.svc?d=R%26D',
      user: 'a@b.example',
      secret: 'own',
    });
    expect(invited(at, plan, 'windows', 0)).not.toHaveProperty('token');
    expect(invited(at, plan, 'windows', 1)).toMatchObject({ user: 'c@b.example', secret: 'of all', token: 'T/1' });
    expect(invited({ profile: 'https://m.example/p' }, planOf({ ios: 2 }, rows), 'ios', 1)).not.toHaveProperty('token');
  });

  it('have a token by a template, as it stands', () => {
    const template = '{"type":1,"payload":{"orbit_node_key":"{token}-{index}"}}';
    const all = people([{ user: 'a@b.example', token: 'T/1', values: {} }]);
    const by = { ...at, discovery: 'https://pc.example/d', 'enroll-token': template };
    expect(invited(by, planOf({ windows: 2 }, all), 'windows', 1).token).toBe(
      '{"type":1,"payload":{"orbit_node_key":"T/1-2"}}',
    );
    vi.stubEnv('ROLLCALL_ENROLL_TOKEN', 'E-{index}');
    expect(invited({ discovery: 'https://pc.example/d' }, planOf({ windows: 1 }), 'windows').token).toBe('E-1');
  });

  it('keep their secrets out of what is posted and logged', () => {
    vi.stubEnv('ROLLCALL_PASSWORD', 'of all');
    vi.stubEnv('ROLLCALL_HMDM_SECRET', 'shared');
    const plan = planOf(
      { windows: 2 },
      people([{ user: 'a', password: 'own', token: 'T/1', values: { token: 'T/1' } }]),
    );
    const target = open({ ...at, discovery: 'https://pc.example/d', token: 'admin', 'enroll-token': 'E' }, plan);
    const posted = JSON.stringify([withoutSecrets(plan), engineTargetOf(target)]);
    for (const secret of ['own', 'T/1', 'of all', 'shared', 'admin', '"E"']) expect(posted).not.toContain(secret);
    expect(target.secrets).toEqual({
      ROLLCALL_PASSWORD: 'of all',
      ROLLCALL_HMDM_SECRET: 'shared',
      ROLLCALL_ENROLL_TOKEN: 'E',
    });
  });

  it('are read again where an engine needs what was withheld, if they are still the same', () => {
    const { users } = withoutSecrets(planOf({ windows: 2 }, rows));
    expect(withSecrets(users, () => rows)).toBe(rows);
    expect(withSecrets(rows, () => expect.unreachable())).toBe(rows);
    expect(withSecrets(numbered, () => expect.unreachable())).toBe(numbered);
    const fewer = people('rows' in rows ? rows.rows.slice(0, 1) : []);
    for (const other of [people([{ user: 'z', values: {} }]), fewer, numbered])
      expect(() => withSecrets(users, () => other)).toThrow(/people\.csv has other users/);
  });

  it('sign in at an embedded stub with nothing from outside', () => {
    const env = { ROLLCALL_PASSWORD: 'x', ROLLCALL_ENROLL_TOKEN: 'y', ROLLCALL_HMDM_SECRET: 'z' };
    expect(secretsIn(env, true)).toEqual({ launcherSecret: 'z' });
    expect(secretsIn({ ...env, ROLLCALL_PASSWORD: '' }, false)).toEqual({ enrollToken: 'y', launcherSecret: 'z' });
  });
});

describe('a smoke run', () => {
  const asked = (given: Partial<SmokeOptions>) => {
    const options = { 'allow-http': false, json: false, quiet: false, ...given };
    return [smokePlace(options), ...smokePlatforms(options)].join(' ');
  };

  it.each([
    [{}, 'embedded ios windows android'],
    [{ platform: ['windows', 'windows'] }, 'embedded windows'],
    [{ server: 'https://m.example' }, 'stub ios windows android'],
    [{ profile: 'https://m.example/p' }, 'other ios'],
    [{ discovery: 'https://m.example/p', 'android-enroll': 'qr.json' }, 'other windows android'],
    [{ server: 'https://m.example', profile: 'https://m.example/p' }, 'other ios windows android'],
    [{ server: 'https://m.example', profile: 'https://m.example/p', platform: ['windows'] }, 'stub windows'],
    [{ server: 'https://m.example/Discovery.svc', platform: ['windows'] }, 'other windows'],
  ])('of %j is at: %s', (given, expected) => {
    expect(asked(given)).toBe(expected);
  });

  it('refuses a platform that is none', () => {
    expect(() => asked({ platform: ['beos'] })).toThrow(/--platform beos cannot be emulated/);
  });
});
