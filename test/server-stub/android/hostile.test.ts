// Whatever arrives at the Android endpoints is answered as the server does, and nothing stored is lost.
import { describe, expect, it } from 'vitest';
import { readCompanionLine } from '../../../protocol/headwind/companion.js';
import { createGroups } from '../../../server-stub/android/groups.js';
import { inputsPerCodec, randomOf, seed, wound } from '../../fuzz/law.js';
import { user1 } from '../ios/stub.js';
import { type AndroidStub, type Answered, configurationPath, enrolled, infoOf, openAndroid } from './stub.js';

const bodies: readonly (readonly [path: string, method: string, good: unknown, isArray?: boolean])[] = [
  [configurationPath('h1'), 'POST', { customer: null, configuration: '1', groups: ['1', '2'] }],
  ['/rest/public/sync/info', 'POST', infoOf('h1')],
  [
    '/rest/public/sync/applicationSettings/h1',
    'POST',
    [{ packageId: 'com.hmdm.launcher', name: 'a', type: 1, value: 'b', readonly: true, lastUpdate: 1 }],
    true,
  ],
  [
    '/rest/plugins/devicelog/log/list/h1',
    'POST',
    [{ timestamp: 1, logLevel: 3, packageId: 'com.rollcall.companion', message: 'rollcall: net failed: because' }],
    true,
  ],
  [
    '/rest/plugins/deviceinfo/deviceinfo/public/h1',
    'PUT',
    [{ ts: 1, device: { batteryLevel: 70 }, gps: { lat: 1.5, lon: 2 } }],
    true,
  ],
  ['/rest/plugins/devicereset/public/h1', 'POST', infoOf('h1', { factoryReset: true })],
  ['/rest/plugins/devicereset/public/reboot/h1', 'POST', infoOf('h1')],
  ['/rest/plugins/devicereset/public/password/h1', 'POST', infoOf('h1')],
];

async function open(): Promise<AndroidStub> {
  const stub = await openAndroid();
  await enrolled(stub, 'h1', user1);
  stub.authority.tenant.queue('h1', { kind: 'lock' });
  stub.lines();
  return stub;
}

const isPage = ({ type }: Answered): boolean => type === 'text/html;charset=utf-8';

for (const [path, method, good, isArray = false] of bodies)
  describe(`${path} (${method})`, () => {
    const shape = (reply: Answered) => [reply.status, reply.type];

    it('answers what is no JSON, or JSON of another form, with HTTP 400 and a text', async () => {
      const stub = await open();
      const wrong = [
        '{',
        '[',
        'hello',
        '"',
        '{"a":}',
        isArray ? '{}' : '[]',
        '7',
        '{"deviceId":',
        '\ud800"',
        isArray ? '[7]' : '"x"',
      ];
      for (const body of wrong) {
        expect([body, ...shape(await stub.call(method, path, { body }))]).toEqual([body, 400, 'text/plain']);
        expect(stub.lines()).toMatchObject([{ level: 40, event: 'HEADWIND_MALFORMED', status: 400 }]);
      }
      const deep = '['.repeat(100_000);
      expect(shape(await stub.call(method, path, { body: deep }))).toEqual([400, 'text/plain']);
      const bytes = Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);
      expect(shape(await stub.call(method, path, { body: bytes, type: 'application/json' }))).toEqual([
        400,
        'text/plain',
      ]);
    });

    it('answers another content type with HTTP 415 and a page', async () => {
      const stub = await open();
      for (const type of ['text/plain', 'application/xml', 'application/jsonx', '', 'x']) {
        const reply = await stub.call(method, path, { body: JSON.stringify(good), type });
        expect([type, reply.status, isPage(reply)]).toEqual([type, 415, true]);
      }
      stub.lines();
      for (const type of ['application/json', 'APPLICATION/JSON; charset=utf-8', 'application/json;q=1']) {
        expect((await stub.call(method, path, { body: JSON.stringify(good), type })).status).toBe(200);
      }
      expect(stub.lines()).toEqual([]);
    });

    it('passes over what it does not know', async () => {
      const stub = await open();
      const more = { extra: { a: [1] }, __proto__x: 1, constructor: 'x' };
      const body = isArray
        ? (good as object[]).map((each) => ({ ...each, ...more }))
        : { ...(good as object), ...more };
      expect((await stub.call(method, path, { body })).json.status).toBe('OK');
    });
  });

it('a device that says much more of itself than is true is remembered within bounds', async () => {
  const stub = await open();
  const applications = Array.from({ length: 2_000 }, (_, index) => ({ pkg: `a.b${index}`, name: 'n', version: '1' }));
  const long = 'x'.repeat(10_000);
  const info = infoOf('h1', { applications, model: long, phone: long, custom1: long, files: [{ path: long }] });
  expect((await stub.call('POST', '/rest/public/sync/info', { body: info })).json.status).toBe('OK');
  const settings = Array.from({ length: 2_000 }, (_, index) => ({
    packageId: 'com.hmdm.launcher',
    name: `n${index}`,
    value: 'v',
    readonly: true,
  }));
  await stub.call('POST', '/rest/public/sync/applicationSettings/h1', { body: settings });
  for (const name of ['a', 'b', 'c']) {
    const row = { packageId: 'com.hmdm.launcher', name, value: 'v'.repeat(60_000), readonly: true };
    await stub.call('POST', '/rest/public/sync/applicationSettings/h1', { body: [row] });
  }
  const gps = [{ ts: 1, wifi: { ssid: long, rssi: 1 } }];
  expect((await stub.call('PUT', '/rest/plugins/deviceinfo/deviceinfo/public/h1', { body: gps })).status).toBe(200);
  const device = stub.authority.tenant.device('h1');
  expect(device?.model).toBe('Pixel 8');
  expect(JSON.stringify(device?.dialect).length).toBeLessThan(250_000);
  const told = device?.dialect['appSettings'] as { name: string }[];
  expect(told.slice(-2).map(({ name }) => name)).toEqual(['b', 'c']); // the newest that there is room for
});

it('a log line of any length, and a QR key of any length, are remembered within bounds', async () => {
  const stub = await open();
  const message = `rollcall: Contoso Wi-Fi failed: ${'r'.repeat(100_000)}`;
  const line = { timestamp: 1, logLevel: 1, packageId: 'com.rollcall.companion', message };
  expect(readCompanionLine(message)?.reason).toHaveLength(1000);
  expect((await stub.call('POST', '/rest/plugins/devicelog/log/list/h1', { body: [line] })).json.status).toBe('OK');
  expect(JSON.stringify(stub.android.logOf('h1')).length).toBeLessThan(2_000);
  const groups = createGroups(stub.authority.tenant);
  const id = groups.idOf(`${'u'.repeat(8_000)}@a.example`);
  expect(groups.find(String(id))?.name).toHaveLength(256);
});

it('a body that is nothing is what the server makes of it: no log, and no bean', async () => {
  const stub = await open();
  for (const body of [undefined, 'null', ' null\n']) {
    const said = async (method: string, path: string) => {
      const { status, json } = await stub.call(method, path, { body, type: 'application/json', signed: false });
      return [status, json.status, json.message];
    };
    expect(await said('POST', '/rest/plugins/devicelog/log/list/h1')).toEqual([200, 'OK', null]);
    expect(await said('POST', '/rest/plugins/devicelog/log/list/no')).toEqual([200, 'ERROR', 'error.notfound.device']);
    const dynamic = '/rest/plugins/deviceinfo/deviceinfo/public';
    expect(await said('PUT', `${dynamic}/h1`)).toEqual([200, 'ERROR', 'error.internal.server']);
    expect(await said('PUT', `${dynamic}/no`)).toEqual([200, 'ERROR', 'error.notfound.device']);
    expect(await said('POST', '/rest/public/sync/info')).toEqual([200, 'ERROR', 'error.internal.server']);
  }
});

it('a number is a name and nothing else', async () => {
  const stub = await open();
  for (const number of [
    '__proto__',
    'constructor',
    'toString',
    'h1 ',
    ' h1',
    'H1',
    'h1\u202e',
    '%',
    '%2e%2e',
    '\u{1f600}',
  ]) {
    const path = configurationPath(number);
    expect([number, (await stub.call('GET', path)).json.message]).toEqual([number, 'error.notfound.device']);
  }
  for (const path of [
    '/rest/public/sync/configuration/a%2Fb',
    '/rest/public/sync/configuration/%2e%2e',
    '/rest/public/sync/configuration/%ff',
  ]) {
    const reply = await stub.call('GET', path);
    expect([path, reply.status, isPage(reply)]).toEqual([path, 400, true]);
  }
  for (const path of [
    '/rest/public/sync/configuration/',
    '/rest/',
    '/rest/private/devices',
    '/hmdm/rest/public/sync/info',
    '/files/a/b',
  ]) {
    const reply = await stub.call('GET', path);
    expect([path, isPage(reply)]).toEqual([path, true]);
    expect([403, 404]).toContain(reply.status);
  }
  expect((await stub.call('DELETE', '/rest/public/sync/info')).status).toBe(405);
});

it('thousands of damaged messages are refused or understood, and never a bug of ours', async () => {
  const stub = await open();
  const { tenant } = stub.authority;
  const random = randomOf(seed);
  const words = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    'null',
    '1e999',
    '"__proto__":',
    '\\ud800',
    '\u0000',
    '-0',
    '"deviceId":',
    '""',
  ].map((word) => Buffer.from(word));
  const others = bodies.map(([, , good]) => Buffer.from(JSON.stringify(good)));
  for (let count = 0; count < inputsPerCodec; count++) {
    const [path, method, good] = bodies[count % bodies.length] as (typeof bodies)[number];
    const body = wound(Buffer.from(JSON.stringify(good)), { others, words, random });
    const reply = await stub.call(method, path, { body, type: 'application/json' });
    expect([200, 400, 404]).toContain(reply.status);
    if (reply.status === 200) expect(['OK', 'ERROR']).toContain(reply.json.status);
    if (tenant.device('h1') === undefined) await enrolled(stub, 'h1', user1); // it was understood as an end
  }
  expect(stub.lines().filter(({ level }) => level > 40)).toEqual([]);
  expect((await stub.call('GET', configurationPath('h1'))).json.status).toBe('OK');
});
