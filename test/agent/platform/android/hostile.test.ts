// Documents that somebody made to harm a device: what they cost grows no faster than they do, and what is refused is told in a line.
import { describe, expect, it } from 'vitest';
import { readAndroidData } from '../../../../agent/platform/android/saved.js';
import { openStage } from './stage.js';

const setting = (packageId: string, name: string, value: string) => ({ packageId, name, type: 1, value });
const many = <T>(count: number, make: (number: number) => T): T[] => Array.from({ length: count }, (_, k) => make(k));

/** Enrolls, and checks in with this document; files are found at /files/. */
async function given(configuration: Record<string, unknown>, native = {}) {
  const stage = openStage({ native });
  await stage.enroll();
  stage.configuration = configuration;
  stage.answer = ({ url }) => (url.includes('/files/') ? 'PK\x03\x04' : undefined);
  stage.events.length = 0;
  await stage.device.checkIn();
  return stage;
}

// Each of these took minutes while its time grew with the square of its size.
describe('a large document', () => {
  it('may call all that it brings by one name', async () => {
    const certificates = many(4_000, () => ({ alias: 'x', name: 'same' }));
    const stage = await given({
      applicationSettings: [setting('com.rollcall.companion', 'managedConfig', JSON.stringify({ certificates }))],
    });
    const items = Object.values(stage.data().items ?? {});
    expect(items.map(({ name, state }) => [name, state])).toEqual([['same', 'failed']]);
  });

  it('may name files that are certificates, thousands and one of them as often', async () => {
    const files = many(100, (k) => ({ path: `/f${k}`, url: 'http://mdm.test/files/a', lastUpdate: 1 }));
    const names = [...many(5_000, (k) => `/${k}`), ...many(20_000, () => '/f1')].join(',');
    const stage = await given({
      files,
      applicationSettings: [setting('com.hmdm.launcher', 'certificates', names)],
    });
    expect(Object.keys(stage.data().files ?? {})).toHaveLength(100);
    expect(stage.told('HEADWIND_FAILED')[0]).toBe('5001 files: the first 1000 are looked at');
  });

  it('may ask for older versions of an app, each after the removal of another', async () => {
    const app = { type: 'app', pkg: 'com.android.chrome' };
    const stage = await given({
      applications: [
        ...many(2_500, (k) => ({ ...app, version: `1.${k}`, url: 'http://mdm.test/files/a' })),
        ...many(2_500, (k) => ({ ...app, version: `2.${k}`, remove: true })),
      ],
    });
    expect(stage.device.state.apps).toEqual([]);
  });
});

describe('a text without end', () => {
  it('is no name of a device', async () => {
    const before = openStage().device.state.condition.deviceName;
    const stage = await given({ description: 'x'.repeat(501) });
    expect(stage.device.state.condition.deviceName).toBe(before);
    expect(stage.told('HEADWIND_FAILED')).toEqual(['description: 501 characters are no name of a device']);
    expect(stage.commands()).toContain('description failed');
    expect((await given({ description: 'x'.repeat(500) })).device.state.condition.deviceName).toHaveLength(500);
  });

  it('is cut off on a locked screen', async () => {
    const stage = await given({ lock: true, lockMessage: 'x'.repeat(100_000) });
    expect(stage.data().lockedWith).toHaveLength(4000);
    stage.events.length = 0;
    await stage.device.checkIn();
    expect(stage.commands()).toEqual([]);
  });

  it('is no server to go to, and nothing is repeated of it', async () => {
    const stage = await given({ newServerUrl: `http://other.test/${'x'.repeat(4096)}` });
    expect(stage.data().baseUrl).toBe('http://mdm.test');
    const [told] = stage.told('HEADWIND_FAILED');
    expect(told).toMatch(/^Failed to migrate to http:\/\/other\.test\/x+…: 4114 characters are no address$/);
    expect(told?.length).toBeLessThan(300);
  });

  it('with lines in it is told in one', async () => {
    const stage = await given({ newServerUrl: 'http://other.test:99999/a\nb\u202e' });
    expect(stage.told('HEADWIND_FAILED')[0]).toContain('http://other.test:99999/a\\u000ab\\u202e: malformed URL');
    stage.wake.kept.push('x\ny');
    await stage.device.checkIn(undefined, 'woken');
    expect(stage.told('HEADWIND_IGNORED')[0]).toContain('x\\u000ay');
  });
});

it('an address is told without what stands in it for the server alone', async () => {
  const stage = await given({
    newServerUrl: 'http://u:Secr3t@other.test:99999/?token=Secr3t',
    applications: [
      { type: 'app', pkg: 'com.example.app', version: '1', url: 'http://u:Secr3t@mdm.test/files/a?t=Secr3t' },
    ],
  });
  expect(stage.told('HEADWIND_FAILED')[0]).toContain('Failed to migrate to http://other.test');
  expect(JSON.stringify(stage.events)).not.toContain('Secr3t');
});

describe('a file', () => {
  const files = [{ path: '/a', url: 'http://mdm.test/files/a', lastUpdate: 1 }];

  it('is asked for without any coding', async () => {
    const stage = await given({ files });
    const { headers } = stage.http.requests.find(({ url }) => url.endsWith('/files/a')) ?? {};
    expect(headers?.['Accept-Encoding']).toBe('identity');
  });

  it('that another protocol leads to does not come to launcher 6.36', async () => {
    const led = async (native: Record<string, string>) => {
      const stage = openStage({ native });
      await stage.enroll();
      stage.configuration = { files };
      stage.answer = ({ url }) =>
        url.includes('/files/') ? { url: 'https://mdm.test/files/a', body: Buffer.from('a') } : undefined;
      await stage.device.checkIn();
      return stage;
    };
    const thorough = await led({});
    expect(Object.keys(thorough.data().files ?? {})).toEqual(['/storage/emulated/0/a']);
    expect(thorough.told('LAUNCHER_DIFFERS')).toEqual([
      'launcher 6.36 does not follow it: Bad server response: a redirect from http to another protocol',
    ]);
    const launcher = await led({ Launcher: 'launcher' });
    expect(launcher.data().files).toBeUndefined();
    expect(launcher.told('HEADWIND_FAILED')[0]).toContain('Bad server response: a redirect from http');
  });
});

it('a keepalive that MQTT has no place for is its longest, and told once', async () => {
  const keepalive = 1_000_000_000;
  const stage = await given({ pushOptions: 'mqttAlarm', keepaliveTime: keepalive });
  expect(stage.wake.asked.at(-1)?.data?.['keepalive']).toBe(65_535);
  expect(stage.told('LAUNCHER_DIFFERS').filter((each) => each.includes('51712 s'))).toHaveLength(1);
  stage.events.length = 0;
  await stage.device.checkIn();
  expect(stage.told('LAUNCHER_DIFFERS')).toEqual([]);
});

it('a key of the name __proto__ is refused', async () => {
  const certificates = [{ alias: '__proto__', name: 'n', scepUrl: 'http://mdm.test/scep', subject: 'CN=a' }];
  const stage = await given({
    applicationSettings: [setting('com.rollcall.companion', 'managedConfig', JSON.stringify({ certificates }))],
  });
  expect(stage.told('HEADWIND_FAILED')[0]).toContain('alias: is no name of a key');
});

it('an answer is read so far and no further', async () => {
  const stage = await given({});
  expect(stage.http.requests.map(({ maxBytes }) => maxBytes)).toEqual(stage.http.requests.map(() => 8 * 1024 * 1024));
  expect(stage.http.requests.length).toBeGreaterThan(2);
});

it('a server below two names is asked as the launcher asks it, who does not reach it', async () => {
  const stage = openStage();
  stage.invitation = { authority: 'test', url: 'http://mdm.test/a/b' };
  expect((await stage.enroll())[0]).toBe('POST /a%2Fb/rest/public/sync/configuration/h0101');
});

it('a push is not lost where the device is stopped while it acts upon it', async () => {
  const stage = openStage();
  await stage.enroll();
  const text = '{messageType: "textMessage", payload: {id: 7, text: "hello"}}';
  stage.wake.kept.push(text);
  const stopping = new AbortController();
  stage.answer = ({ url }) => {
    if (url.includes('/messaging/')) stopping.abort();
    stopping.signal.throwIfAborted();
    return undefined;
  };
  await expect(stage.device.checkIn(stopping.signal, 'woken')).rejects.toThrow();
  expect(stage.data().inbox).toEqual([text]);
});

it('of pushes without end the newest are acted upon', async () => {
  const stage = openStage();
  await stage.enroll();
  stage.wake.kept.push(...many(100, (k) => `{messageType: "runCommand", payload: {command: "c${k}"}}`));
  await stage.device.checkIn(undefined, 'woken');
  const told = stage.events.filter((event) => event.type === 'command') as unknown as { about: string }[];
  expect(told).toHaveLength(64);
  expect(told.at(-1)?.about).toBe('c99');
});

it('a configUpdated is owed from the moment at which it is noted', async () => {
  const stage = openStage();
  await stage.enroll();
  stage.wake.kept.push('{messageType: "configUpdated"}');
  const before = stage.saves.length;
  await stage.device.checkIn(undefined, 'woken');
  const noted = stage.saves.slice(before).map(({ link }) => readAndroidData(link?.data));
  expect(noted.find(({ pushes }) => pushes === 1)?.owesSync).toBe(true);
});

describe('a server that fails for longer than the retries', () => {
  const failing = async (native: Record<string, string>) => {
    const stage = openStage({ native });
    await stage.enroll();
    await stage.device.checkIn();
    const isSync = (url: string): boolean => url.includes('/sync/configuration/');
    stage.answer = ({ url }) => (isSync(url) ? { status: 502 } : undefined);
    stage.wake.kept.push('{messageType: "configUpdated"}');
    const go = () => stage.device.checkIn(undefined, 'woken');
    await expect(go()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    stage.takeLines();
    stage.events.length = 0;
    return { stage, go };
  };

  it('hears of launcher 6.36 all the same, which goes on with the configuration that it has', async () => {
    const { stage, go } = await failing({ Launcher: 'launcher' });
    await go();
    expect(stage.takeLines().slice(0, 3)).toEqual([
      'GET /rest/public/sync/configuration/h0101',
      'GET /rest/plugins/devicelog/log/rules/h0101',
      'POST /rest/public/sync/info',
    ]);
    expect(stage.troubles()).toMatchObject([{ code: 'AUTHORITY_BUSY', about: 'sync/configuration' }]);
    expect(stage.data().owesSync).toBeUndefined();
    await expect(go()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' }); // the retries begin anew
  });

  it('hears nothing else of a thorough device, which tells the difference', async () => {
    const { stage, go } = await failing({});
    await expect(go()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect(stage.takeLines()).toEqual(['GET /rest/public/sync/configuration/h0101']);
    expect(stage.told('LAUNCHER_DIFFERS')[0]).toContain('goes on with the configuration that it has');
    expect(stage.data().owesSync).toBe(true);
  });
});
