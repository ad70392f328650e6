import { describe, expect, it } from 'vitest';
import type { Device } from '../../../../agent/device-types.js';
import { agentError } from '../../../../agent/errors.js';
import { besideOf } from '../../../../agent/store/beside.js';
import { eventually } from '../../../support/eventually.js';
import type { SeenRequest } from '../../../support/scripted-http.js';
import { minuteMs, openStage, page, refusal, type signed, startedAt } from './stage.js';

const sync = 'GET /rest/public/sync/configuration/h0101';
const rules = 'GET /rest/plugins/devicelog/log/rules/h0101';
const info = 'POST /rest/public/sync/info';
const isFlow = (each: string): boolean => !each.includes('/log/list/') && !each.includes('/deviceinfo');

async function enrolled(options: Parameters<typeof openStage>[0] = {}) {
  const stage = openStage(options);
  await stage.enroll();
  await stage.device.checkIn();
  stage.takeLines();
  stage.events.length = 0;
  stage.saves.length = 0;
  return stage;
}

type Stage = Awaited<ReturnType<typeof enrolled>>;
const flow = (stage: Stage): string[] => stage.takeLines().filter(isFlow);
const woken = async (stage: Stage, ...texts: readonly string[]) => {
  stage.wake.kept.push(...texts);
  return await stage.device.checkIn(undefined, 'woken');
};

describe('more pushes than an Android device keeps', () => {
  const dropped = (stage: Stage) =>
    stage.events.filter(
      ({ type, message = '' }: { type: string; message?: string }) => type === 'trouble' && message.includes('dropped'),
    );

  it('are told of in its next session, once, and the newest are acted upon', async () => {
    const stage = await enrolled();
    stage.wake.gone = 36;
    await woken(stage, ...Array.from({ length: 70 }, (_, n) => `{messageType: broadcast, payload: {action: a${n}}}`));
    expect(dropped(stage)).toEqual([
      expect.objectContaining({ code: 'HEADWIND_IGNORED', message: expect.stringMatching(/^42 pushes were dropped/) }),
    ]);
    const done = stage.events.flatMap((event) =>
      event.type === 'command' && event.name === 'broadcast' ? [event] : [],
    );
    expect(done).toHaveLength(64);
    await woken(stage, '{messageType: broadcast, payload: {action: b}}');
    expect(dropped(stage)).toHaveLength(1);
    expect(stage.device.state.link?.data).not.toHaveProperty('dropped');
  });
});

describe('a check-in of an Android device', () => {
  it('by hand fetches the configuration, then says what it is', async () => {
    const stage = await enrolled();
    expect(await stage.device.checkIn()).toMatchObject({ commands: 0, later: 0 });
    expect(flow(stage)).toEqual([sync, rules, info]);
    expect(stage.http.openSessions()).toBe(0);
  });

  it('changes small values alone where nothing is new, so that a packed device is not packed again', async () => {
    const stage = openStage();
    stage.configuration = {
      passwordMode: 'strong',
      applicationSettings: [
        { packageId: 'com.hmdm.launcher', name: 'certificates', type: 1, value: '/a.pem' },
        { packageId: 'com.example.app', name: 'managedConfig', type: 1, value: '{"a":{"b":1}}' },
      ],
    };
    await stage.enroll();
    await stage.device.checkIn();
    const before = stage.device.state;
    await stage.device.checkIn();
    expect(Object.keys(besideOf(before, stage.device.state, {})?.link ?? {}).sort()).toEqual(['dynamicInfo', 'syncs']);
  });

  it('notices that a variable of unchanged settings has another value', async () => {
    const stage = openStage();
    const value = '{"email_address":"CUSTOM1","exchange_host":"mail.test","exchange_username":"CUSTOM1"}';
    const gmail = { packageId: 'com.google.android.gm', name: 'managedConfig', type: 1, value, variable: true };
    stage.configuration = { custom1: 'a@mail.test', applicationSettings: [gmail] };
    await stage.enroll();
    stage.configuration = { ...stage.configuration, custom1: 'b@mail.test' };
    await stage.device.checkIn();
    expect(JSON.stringify(stage.device.state.holdings)).toContain('b@mail.test');
  });

  it('when sync/info is due fetches nothing', async () => {
    const stage = await enrolled();
    await stage.clock.advance(15 * minuteMs);
    await stage.device.actIfDue();
    expect(flow(stage)).toEqual([info]);
  });

  it('of a reboot that was pushed fetches, for a launcher that starts does', async () => {
    const stage = await enrolled();
    expect(await woken(stage, '{messageType: "reboot"}')).toMatchObject({ commands: 1 });
    expect(flow(stage)).toEqual([sync, rules, info]);
  });

  it('of a push fetches where the push says so; of one that does something else it does not', async () => {
    const stage = await enrolled();
    expect(await woken(stage, '{messageType: "configUpdated"}')).toMatchObject({ commands: 0 });
    expect(flow(stage)).toEqual([sync, rules, info]);
    expect(await woken(stage, '{messageType: "permissiveMode"}')).toMatchObject({ commands: 1 });
    expect(flow(stage)).toEqual([]);
    await woken(stage, '{messageType: "configUpdated"}', '{messageType: "configUpdated"}');
    expect(flow(stage)).toEqual([sync, rules, info]);
  });

  it('of a wake-up that says nothing fetches, to be sure', async () => {
    const stage = await enrolled();
    await woken(stage);
    expect(flow(stage)).toEqual([sync, rules, info]);
  });

  it('keeps a configUpdated in mind until the configuration was fetched', async () => {
    const stage = await enrolled();
    stage.answer = () => page(503);
    await expect(woken(stage, '{messageType: "configUpdated"}')).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect(stage.data().owesSync).toBe(true);
    const later = stage.reopen(stage.saves.at(-1));
    stage.answer = () => undefined;
    stage.takeLines();
    await later.checkIn(undefined, 'report-due');
    expect(flow(stage)).toEqual([sync, rules, info]);
    await later.close();
  });

  it('keeps a push that could not be acted upon, and acts once on one that could', async () => {
    const stage = await enrolled();
    stage.failSaves(true);
    await expect(woken(stage, '{messageType: "exitKiosk"}')).rejects.toMatchObject({ code: 'STATE_UNSAVED' });
    stage.failSaves(false);
    const again = await stage.device.checkIn(undefined, 'report-due');
    expect(again.commands).toBe(1);
    expect((await stage.device.checkIn(undefined, 'report-due')).commands).toBe(0);
  });

  it('has what it changed on disk before sync/info', async () => {
    const stage = await enrolled();
    const saved: unknown[] = [];
    stage.configuration = { newNumber: 'h0102' };
    stage.answer = ({ url }: SeenRequest) => {
      if (url.endsWith('/sync/info')) saved.push(stage.saves.at(-1)?.link?.data);
      return undefined;
    };
    await stage.device.checkIn();
    expect(saved).toEqual([expect.objectContaining({ number: 'h0102' })]);
  });

  it('ends the enrollment where the server has deleted the device', async () => {
    const stage = await enrolled();
    stage.answer = ({ url }) => (url.includes('/sync/configuration/') ? refusal('error.notfound.device') : undefined);
    await expect(stage.device.checkIn()).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
    expect(stage.device.state.lifecycle).toBe('unenrolled');
    expect(stage.wake.withdrawn.map(({ address }) => address)).toEqual(['h0101@mdm.test:31000']);
  });

  it('tells of a server that refuses in a 200 what the launcher takes for success', async () => {
    const stage = await enrolled();
    stage.answer = ({ url }) => (url.endsWith('/sync/info') ? refusal('error.internal.server') : undefined);
    await stage.device.checkIn();
    expect(stage.told('HEADWIND_SERVER')).toEqual([expect.stringContaining('error.internal.server')]);
  });

  it('passes over log rules that cannot be had', async () => {
    const stage = await enrolled();
    stage.answer = ({ url }) => (url.includes('/log/rules/') ? page(404) : undefined);
    await stage.device.checkIn();
    expect(flow(stage)).toEqual([sync, rules, info]);
  });

  it('breaks where sync/info is lost; in the launcher’s mode that is told, and the device waits for the next tick', async () => {
    const stage = await enrolled();
    stage.answer = ({ url }) => (url.endsWith('/sync/info') ? page(502) : undefined);
    await expect(stage.device.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    const launcher = await enrolled({ native: { Launcher: 'launcher' } });
    launcher.answer = stage.answer;
    await launcher.device.checkIn();
    expect(launcher.told('AUTHORITY_BUSY')).toHaveLength(1);
  });

  it('says nothing after a push in the background, nor after the hourly GET, as launcher 6.36 does (AN3)', async () => {
    for (const [ground, expected] of [
      ['background', 0],
      ['foreground', 1],
    ] as const) {
      const stage = await enrolled({ native: { Launcher: 'launcher', Ground: ground } });
      await woken(stage, '{messageType: "configUpdated"}');
      expect(flow(stage).filter((each) => each === info)).toHaveLength(expected);
    }
    const stage = await enrolled({ native: { Launcher: 'launcher' } });
    await stage.device.checkIn(undefined, 'scheduled');
    expect(flow(stage)).toEqual([sync, rules]);
    const thorough = await enrolled({ native: { Ground: 'background' } });
    await woken(thorough, '{messageType: "configUpdated"}');
    expect(flow(thorough)).toEqual([sync, rules, info]);
    expect(thorough.told('LAUNCHER_DIFFERS')).toContainEqual(expect.stringContaining('sync/info'));
  });

  it('leaves without a word, and says that the protocol has none', async () => {
    const stage = await enrolled();
    await stage.device.leave();
    expect(stage.lines()).toEqual([]);
    expect(stage.device.state.lifecycle).toBe('unenrolled');
    expect(stage.told('LAUNCHER_DIFFERS')).toEqual([expect.stringContaining('not told')]);
  });
});

describe('the primary and the secondary address', () => {
  const document = Buffer.from(
    JSON.stringify({ 'com.hmdm.BASE_URL': 'http://one.test', 'com.hmdm.SECONDARY_BASE_URL': 'http://two.test' }),
  );
  const hosts = (stage: Stage): string[] => stage.http.requests.map(({ url }) => new URL(url).host);

  it('take turns where no answer came, and never where one did', async () => {
    const stage = openStage();
    stage.invitation = { authority: 'test', document };
    await stage.enroll();
    stage.answer = ({ url }) => {
      if (url.startsWith('http://one.test')) throw agentError('TRANSPORT_LOST', 'no route');
      return undefined;
    };
    await stage.device.checkIn(undefined, 'report-due');
    await stage.device.checkIn();
    expect(hosts(stage).slice(0, 4)).toEqual(['one.test', 'two.test', 'one.test', 'two.test']);
    stage.http.requests.length = 0;
    stage.answer = () => page(500);
    await expect(stage.device.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
    expect(hosts(stage)).toEqual(['one.test']);
  });

  it('are the same where the QR code names one: it is tried twice, ten seconds each', async () => {
    const stage = await enrolled();
    stage.answer = () => {
      throw agentError('TRANSPORT_LOST', 'no route');
    };
    await expect(stage.device.checkIn()).rejects.toMatchObject({ code: 'TRANSPORT_LOST' });
    expect(stage.lines()).toEqual([sync, sync]);
    expect(stage.http.requests.map(({ withinMs }) => withinMs)).toEqual([10_000, 10_000]);
  });

  it('take what is no JSON for no answer, where the launcher does not check signatures', async () => {
    const stage = await enrolled({ native: { CheckSignature: false } });
    stage.answer = () => '<html>captive portal</html>';
    await expect(stage.device.checkIn()).rejects.toMatchObject({
      code: 'AUTHORITY_BUSY',
      message: expect.stringContaining('Failed to parse JSON'),
    });
    expect(stage.lines()).toEqual([sync, sync]);
  });

  it('are tried again as CONN_RETRY says, then the next tick comes', async () => {
    const stage = await enrolled();
    stage.answer = () => page(500);
    const life = new AbortController();
    const running = stage.device.run(life.signal);
    const tries = (): number => stage.lines().filter((each) => each === sync).length;
    stage.wake.push('{messageType: "configUpdated"}');
    await eventually(() => tries() === 1);
    await stage.clock.advance(14_999);
    expect(tries()).toBe(1);
    await stage.clock.advance(1);
    await eventually(() => tries() === 2);
    await stage.clock.advance(minuteMs);
    expect(tries()).toBe(2);
    life.abort();
    await running;
  });
});

describe('the signature of a reply', () => {
  const answered = async (
    answer: Parameters<typeof signed>[0] | undefined,
    headers: Record<string, string>,
    native = {},
  ) => {
    const stage = await enrolled({ native });
    const text = answer === undefined ? '{}' : JSON.stringify(answer);
    stage.answer = ({ url }) =>
      url.includes('/sync/configuration/')
        ? { headers, body: Buffer.from(`{"status":"OK","message":null,"data":${text}}`) }
        : undefined;
    const outcome = await stage.device.checkIn().then(
      () => 'taken',
      (error: Error) => error.message,
    );
    return { stage, outcome };
  };

  it('is asked for: without one, or with a wrong one, the reply is dropped', async () => {
    expect((await answered({}, {})).outcome).toContain('Missing X-Response-Signature flag, dropping response');
    expect((await answered({}, { 'x-response-signature': 'ABC' })).outcome).toContain('doesn’t match');
  });

  it('is not looked at by the launcher that is distributed; a person is told', async () => {
    const { stage, outcome } = await answered({}, {}, { CheckSignature: false });
    expect(outcome).toBe('taken');
    expect(stage.told('HEADWIND_SERVER')).toEqual(['the configuration is not signed']);
  });

  it('may be spoilt by known faults of servers, which are told', async () => {
    const { requestSignature: hash, defaultSecret } = await import('../../../../protocol/headwind/signature.js');
    const { stage, outcome } = await answered(
      { description: 'größer' },
      { 'x-response-signature': hash(defaultSecret, '{"description":"gr??er"}') },
    );
    expect(outcome).toBe('taken');
    expect(stage.told('HEADWIND_SERVER')).toEqual([expect.stringContaining('question marks')]);
  });
});

it('a no-break space in a configuration is told: launchers that check signatures drop what the server signed rightly', async () => {
  const stage = await enrolled();
  stage.configuration = { description: 'Front\u00a0desk' };
  await stage.device.checkIn();
  expect(stage.told('LAUNCHER_DIFFERS')).toEqual([expect.stringContaining('CHECK_SIGNATURE')]);
  expect(stage.device.state.condition.deviceName).toBe('Front\u00a0desk');
  stage.configuration = { description: 'Größe' };
  await stage.device.checkIn();
  expect(stage.told('LAUNCHER_DIFFERS')).toHaveLength(1);
});

describe('what a server has confirmed', () => {
  const confirmations = (stage: Stage): SeenRequest[] =>
    stage.http.requests.filter(({ url }) => url.includes('/devicereset/'));
  const bodyOf = (request: SeenRequest | undefined): Record<string, unknown> =>
    JSON.parse(request?.bytes.toString() ?? '{}');

  it('a reset: the device is erased, and its enrollment is over', async () => {
    const stage = await enrolled();
    stage.configuration = { factoryReset: true };
    expect(await stage.device.checkIn()).toMatchObject({ left: 'wiped', commands: 1 });
    const [reset] = confirmations(stage);
    expect([reset?.method, new URL(reset?.url ?? '').pathname]).toEqual([
      'POST',
      '/rest/plugins/devicereset/public/h0101',
    ]);
    expect(bodyOf(reset)).toMatchObject({ deviceId: 'h0101', factoryReset: true });
    expect(stage.device.state.lifecycle).toBe('unenrolled');
    expect(stage.commands()).toEqual(['factoryReset done']);
    expect(flow(stage)).not.toContain(info);
  });

  it('is not done without that, and asked for again with the next configuration', async () => {
    const stage = await enrolled();
    stage.configuration = { factoryReset: true, reboot: true };
    stage.answer = ({ url }) => (url.includes('/devicereset/') ? page(404) : undefined);
    expect(await stage.device.checkIn()).toMatchObject({ commands: 0, later: 2 });
    expect(stage.commands()).toEqual(['factoryReset later', 'reboot later']);
    expect(stage.device.state.lifecycle).toBe('enrolled');
    stage.answer = () => undefined;
    expect(await stage.device.checkIn()).toMatchObject({ left: 'wiped' });
  });

  it('is done by a later process where this one ended after the word and before the deed', async () => {
    const stage = await enrolled();
    stage.configuration = { factoryReset: true };
    let kept = stage.device.state;
    stage.answer = ({ url }) => {
      if (url.includes('/devicereset/')) kept = stage.device.state;
      return undefined;
    };
    await stage.device.checkIn();
    const between = stage.saves.find(
      ({ link }) => (link?.data as { leaving?: string } | undefined)?.leaving === 'wipe',
    );
    expect(between).toBeDefined();
    expect(kept.lifecycle).toBe('enrolled');
    const later: Device = stage.reopen(between);
    stage.takeLines();
    await stage.clock.advance(minuteMs);
    expect(await later.actIfDue()).toMatchObject({ left: 'wiped', requests: 0 });
    await later.close();
  });

  it.each(['in a later process', 'in its next session'])(
    'is said again %s where the answer was not heard',
    async (when) => {
      const stage = await enrolled();
      stage.configuration = { factoryReset: true };
      stage.answer = ({ url }) => {
        if (url.includes('/devicereset/')) throw agentError('TRANSPORT_LOST', 'no answer from mdm.test');
        return undefined;
      };
      await stage.device.checkIn();
      expect(stage.device.state.lifecycle).toBe('enrolled');
      stage.answer = ({ url }) => (url.includes('/sync/configuration/') ? refusal('error.notfound.device') : undefined);
      const device: Device = when === 'in a later process' ? stage.reopen(stage.saves.at(-1)) : stage.device;
      stage.takeLines();
      await stage.clock.advance(minuteMs);
      expect(await device.actIfDue()).toMatchObject({ left: 'wiped', requests: 1 });
      if (device !== stage.device) await device.close();
    },
  );

  it('a reset of an app without rights is confirmed, and not done; of a work profile the profile goes', async () => {
    const app = await enrolled({ native: { Management: 'application' } });
    app.configuration = { factoryReset: true };
    expect(await app.device.checkIn()).not.toHaveProperty('left');
    expect(bodyOf(confirmations(app)[0])).toMatchObject({ factoryReset: false });
    expect(app.commands()).toEqual(['factoryReset failed']);
    const profile = await enrolled({ native: { Management: 'work-profile' } });
    profile.configuration = { factoryReset: true };
    expect(await profile.device.checkIn()).toMatchObject({ left: 'removed' });
  });

  it('a reboot, and a password, which is set first and confirmed then', async () => {
    const stage = await enrolled();
    stage.configuration = { reboot: true, passwordReset: 'Secret 12' };
    const passcodes: unknown[] = [];
    stage.answer = ({ url }) => {
      if (url.includes('/devicereset/public/password/')) passcodes.push(stage.saves.at(-1)?.condition.passcode);
      return undefined;
    };
    expect(await stage.device.checkIn()).toMatchObject({ commands: 2, later: 0 });
    expect(confirmations(stage).map(({ url }) => new URL(url).pathname)).toEqual([
      '/rest/plugins/devicereset/public/reboot/h0101',
      '/rest/plugins/devicereset/public/password/h0101',
    ]);
    expect(passcodes).toEqual(['Secret 12']);
    expect(stage.commands()).toEqual(['reboot done', 'passwordReset done']);
    stage.configuration = { passwordReset: '' };
    await stage.device.checkIn();
    expect(stage.device.state.condition).not.toHaveProperty('passcode');
  });

  it.each([
    ['whose confirmation the server took', true],
    ['whose confirmation had not left', false],
  ])('a reboot %s when the process ended is confirmed by a later one, and done once', async (_, isTaken) => {
    const stage = await enrolled();
    stage.configuration = { reboot: true };
    let between: (typeof stage.saves)[number] | undefined;
    stage.answer = ({ url }) => {
      if (url.includes('/devicereset/public/reboot/')) between ??= stage.saves.at(-1);
      return undefined;
    };
    await stage.device.checkIn();
    expect(between).toBeDefined();
    if (isTaken) stage.configuration = {};
    stage.answer = ({ url }) => {
      if (url.includes('/devicereset/public/reboot/')) stage.configuration = {};
      return undefined;
    };
    const later: Device = stage.reopen(between);
    stage.takeLines();
    expect(await later.checkIn()).toMatchObject({ commands: 1, later: 0 });
    expect(flow(stage)[0]).toBe('POST /rest/plugins/devicereset/public/reboot/h0101');
    expect(await later.checkIn()).toMatchObject({ commands: 0, later: 0 });
    await later.close();
  });

  it('waits for the first session where the enrollment’s own configuration asks for it', async () => {
    const stage = openStage();
    stage.configuration = { factoryReset: true };
    await stage.enroll();
    expect(stage.device.state.lifecycle).toBe('enrolled');
    expect(stage.device.nextActAt).toBe(startedAt);
    expect(await stage.device.actIfDue()).toMatchObject({ left: 'wiped' });
  });

  it.each([
    ['in an escape', 'managedConfig', '{"\\u0072etire":true}', true],
    ['in a row of its own', 'retire', 'true', true],
    ['as a no', 'managedConfig', '{"retire":false}', false],
    ['as a text', 'managedConfig', '{"retire":"true"}', false],
    ['as the value of another key', 'managedConfig', '{"label":"retire"}', false],
    ['below another key', 'managedConfig', '{"label":{"retire":true}}', false],
  ])('by convention, that a device is released: the word %s', async (_, name, value, isReleased) => {
    const stage = await enrolled();
    const setting = { packageId: 'com.rollcall.companion', name, type: 1, value };
    stage.configuration = { applicationSettings: [setting] };
    const report = await stage.device.checkIn();
    expect(report.left).toBe(isReleased ? 'removed' : undefined);
  });

  it('by convention, that a device is released: what management brought goes, sync/info says so, and it leaves', async () => {
    const stage = await enrolled();
    const value = JSON.stringify({ retire: true });
    stage.configuration = {
      applicationSettings: [{ packageId: 'com.rollcall.companion', name: 'managedConfig', type: 1, value }],
    };
    expect(await stage.device.checkIn()).toMatchObject({ left: 'removed', commands: 1 });
    expect(flow(stage)).toEqual([sync, rules, info]);
    expect(stage.device.state).toMatchObject({ lifecycle: 'unenrolled', holdings: [] });
  });
});
