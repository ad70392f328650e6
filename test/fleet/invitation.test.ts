import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { placeOf } from '../../fleet/place.js';
import { factsOf, invited, open, people, place, planOf } from './places.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-invitation-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
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
    [{ profile: 'https://m.example/b', discovery: 'https://m.example/d' }, { ios: 1 }, /--discovery is for windows/],
    [{ csr: 'strict' }, { ios: 1, android: 1 }, /--csr is for windows devices, and the run has none/],
    [{ server: 'https://m.example', exact: false }, { windows: 1 }, /--exact is for android/],
    [{ entra: 'http://m.example' }, { windows: 1 }, /--entra http:\/\/m\.example has no TLS/],
    [{ server: 'https://ann:secret@m.example' }, { ios: 1 }, /--server: user and password do not belong into/],
    [{ profile: 'https://ann@m.example/enroll' }, { ios: 1 }, /--profile: user and password do not belong into/],
    [{ profile: 'no-such.mobileconfig' }, { ios: 1 }, /no-such\.mobileconfig: ENOENT/],
  ] as const)('are refused where the options are %j', (given, devices, why) => {
    expect(() => place(given, planOf(devices))).toThrow(why);
  });

  it('join the directory first that --entra names, which says where to enroll if nothing else does', () => {
    const plan = planOf({ ios: 1, windows: 1 });
    const [entra, service] = ['https://dir.example', 'https://dir.example/entra'];
    const alone = { entra, profile: 'https://apple.example/enroll' };
    expect(invited(alone, plan, 'windows')).toMatchObject({ authority: entra, entra: service });
    expect(invited(alone, plan, 'windows')).not.toHaveProperty('url');
    expect(invited(alone, plan, 'ios')).not.toHaveProperty('entra');
    expect(open(alone, plan).places).toEqual(['https://apple.example', 'https://dir.example']);
    const url = 'https://pc.example/Discovery.svc';
    expect(invited({ ...alone, discovery: url }, plan, 'windows')).toMatchObject({ url, entra: service });
    expect(invited({ entra, server: 'https://stub.example' }, plan, 'windows')).toMatchObject({
      authority: 'https://stub.example',
      entra: service,
    });
  });

  it('are as the options say, each platform by its own', () => {
    const plan = planOf({ windows: 1, android: 1 });
    const given = { server: 'https://m.example', csr: 'strict', signatures: 'launcher-6.36', exact: true } as const;
    expect(open({ ...given, background: true, 'mqtt-tls': true }, plan).native).toEqual({
      windows: { CsrForm: 'strict' },
      android: { Signatures: 'launcher-6.36', Launcher: 'launcher', Ground: 'background', MqttTls: true },
    });
    expect(open({ server: 'https://m.example' }, plan)).not.toHaveProperty('native');
  });

  it('are told which name was meant', () => {
    const wrong = () => place({ profile: 'https://m.example/{serail}' }, planOf({ ios: 1 }));
    expect(wrong).toThrow(expect.objectContaining({ hint: expect.stringContaining('Did you mean {serial}?') }));
  });
});

describe('a fleet that is kept', () => {
  const at = { url: 'https://nano.example', isEmbedded: false, mqttPort: 1883 };
  const joins = { kind: 'enroll', name: 'enroll', atMs: 0, pace: { kind: 'closed', users: 1 } } as const;
  const phase = { name: 'enroll', scale: 1, steps: [joins], faults: [] };
  const enrolled = planOf({ ios: 2 });

  it('goes on where its devices are enrolled, which they know', () => {
    const target = placeOf({ 'allow-http': false }, enrolled, at);
    expect(target).toMatchObject({ url: at.url, places: [at.url], invitations: {}, isEmbedded: false, mqttPort: 1883 });
    expect(target).not.toHaveProperty('pushUrl');
    const pushed = placeOf({ 'allow-http': false, ca: undefined }, enrolled, {
      ...at,
      pushUrl: 'wss://p.example/push',
    });
    expect(pushed).toMatchObject({ pushUrl: 'wss://p.example/push' });
  });

  it('has to be told where to enroll', () => {
    const plan = { ...enrolled, phases: [phase] };
    expect(() => placeOf({ 'allow-http': false }, plan, at)).toThrow(/nothing says where its devices enroll there/);
    const again = placeOf({ 'allow-http': false, profile: 'https://nano.example/p' }, plan, at);
    expect(again?.invitations).toHaveProperty('ios');
  });

  it('is without TLS only where that is allowed, and has a stub started that was embedded', () => {
    const plain = { ...at, url: 'http://nano.example' };
    expect(() => placeOf({ 'allow-http': false }, enrolled, plain)).toThrow(/has no TLS/);
    expect(placeOf({ 'allow-http': false }, enrolled, { ...at, isEmbedded: true })).toBeUndefined();
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
