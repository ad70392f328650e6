import { serialize } from 'node:v8';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentError } from '../../../../agent/errors.js';
import { errorCodes } from '../../../../protocol/apple-mdm/http-errors.js';
import { describeWith } from '../../../support/programs.js';
import {
  command,
  data,
  enrollmentProfile,
  memoryWake,
  type OpensslIdentity,
  openStage,
  opensslIdentity,
  xml,
} from './harness.js';

const list = 'ProfileList';

describeWith('openssl')('a session', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });
  const enrolled = async (options: Parameters<typeof openStage>[0] = {}) => {
    const stage = openStage(options);
    const link = await stage.enroll(enrollmentProfile(identity));
    return { stage, link, checkIn: () => link.checkIn(stage.session) };
  };

  it('with nothing queued is one request, and leaves the saved link as it was', async () => {
    const { stage, link, checkIn } = await enrolled();
    const before = link.saved;
    const sent = stage.http.requests.length;
    expect(await checkIn()).toEqual({ commands: 0, later: 0, requests: 1 });
    expect(stage.http.requests.length).toBe(sent + 1);
    expect(stage.server.last).toEqual({ Status: 'Idle', UDID: stage.view.state.facts.id });
    expect(link.saved).toBe(before);
    expect(stage.http.openSessions()).toBe(0);
    const headers = stage.http.requests.at(-1)?.headers;
    expect(headers?.['Content-Type']).toBe('application/x-apple-aspen-mdm; charset=UTF-8');
  });

  it('answers each command of a long queue in its order, on one connection', async () => {
    const { stage, checkIn } = await enrolled();
    for (let i = 0; i < 500; i++) stage.server.queue.push(command('DeviceConfigured', '', `c${i}`));
    expect(await checkIn()).toMatchObject({ commands: 500, requests: 501 });
    expect(stage.server.results.slice(1).map((result) => result['CommandUUID'])).toEqual(
      Array.from({ length: 500 }, (_, i) => `c${i}`),
    );
  });

  it('is left when the authority never ends it', async () => {
    const { stage, checkIn } = await enrolled({ ios: { maxCommandsPerSession: 50 } });
    const endless = command(list);
    stage.server.override = (request) => (request.url.endsWith('/connect') ? endless : undefined);
    await expect(checkIn()).rejects.toMatchObject({ code: 'ANSWER_MALFORMED' });
  });

  it('puts off what iOS puts off while locked, answers the rest, and counts it', async () => {
    const { stage, checkIn } = await enrolled();
    stage.change({ locked: true, passcode: '1234' });
    stage.server.queue.push(
      command('SecurityInfo'),
      command(list),
      command('InstallProfile', `<key>Payload</key>${data(Buffer.alloc(1))}`),
    );
    expect(await checkIn()).toMatchObject({ commands: 3, later: 2 });
    expect(stage.server.results.slice(-3).map((result) => result['Status'])).toEqual([
      'NotNow',
      'Acknowledged',
      'NotNow',
    ]);
    stage.change({ locked: false });
    stage.server.queue.push(command('SecurityInfo'));
    expect(await checkIn()).toMatchObject({ later: 0 });
  });

  it('a lock without a passcode puts nothing off', async () => {
    const { stage, checkIn } = await enrolled();
    stage.change({ locked: true });
    stage.server.queue.push(command('SecurityInfo'));
    expect(await checkIn()).toMatchObject({ later: 0 });
  });

  it('what is put off is an option', async () => {
    const { stage, checkIn } = await enrolled({ ios: { notNowWhileLocked: [list] } });
    stage.change({ locked: true, passcode: '1234' });
    stage.server.queue.push(command('SecurityInfo'), command(list));
    await checkIn();
    expect(stage.server.results.slice(-2).map((result) => result['Status'])).toEqual(['Acknowledged', 'NotNow']);
  });

  it.each([
    ['401', { status: 401 }],
    [
      '403 with com.apple.unrecognized.device',
      {
        status: 403,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ code: errorCodes.unrecognizedDevice })),
      },
    ],
    [
      'the same as a property list',
      {
        status: 403,
        headers: { 'content-type': 'application/xml' },
        body: xml(`<dict><key>code</key><string>${errorCodes.unrecognizedDevice}</string></dict>`),
      },
    ],
  ])('%s disowns the device', async (_name, answer) => {
    const { stage, checkIn } = await enrolled();
    stage.server.override = () => answer;
    await expect(checkIn()).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
  });

  it.each([400, 403, 404, 410, 429, 500, 503])('%i keeps the enrollment', async (status) => {
    const { stage, checkIn } = await enrolled();
    stage.server.override = () => ({ status });
    await expect(checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY', details: { status } });
    stage.server.override = undefined;
    await expect(checkIn()).resolves.toMatchObject({ commands: 0 });
  });

  describe('a result that did not get through', () => {
    const lost = async (failure: () => never | { status: number }) => {
      const made = await enrolled();
      made.stage.server.queue.push(command('RestartDevice', '', 'lost'));
      made.stage.server.override = (request) => (request.bytes.includes('Acknowledged') ? failure() : undefined);
      await expect(made.checkIn()).rejects.toThrow();
      made.stage.server.override = undefined;
      return made;
    };
    const gone = (): never => {
      throw agentError('TRANSPORT_LOST', 'gone');
    };

    it.each([
      ['no answer', gone],
      ['503', () => ({ status: 503 })],
    ])('after %s begins the next session, and the command is not carried out twice', async (_name, failure) => {
      const { stage, link, checkIn } = await lost(failure);
      expect(link.saved.data).toHaveProperty('unsent');
      stage.server.queue.push(command(list));
      expect(await checkIn()).toMatchObject({ commands: 1, requests: 2 });
      expect(stage.server.results.at(-2)).toMatchObject({ CommandUUID: 'lost', Status: 'Acknowledged' });
      expect(stage.commands.filter(({ kind }) => kind === 'restart')).toHaveLength(1);
      expect(link.saved.data).not.toHaveProperty('unsent');
      await checkIn();
      expect(stage.server.last['Status']).toBe('Idle');
    });

    it('is dropped when the authority refuses it again', async () => {
      const { stage, link, checkIn } = await lost(gone);
      stage.server.override = () => ({ status: 500 });
      await expect(checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
      expect(link.saved.data).not.toHaveProperty('unsent');
    });

    it('is kept over a restart of the process', async () => {
      const { stage, link } = await lost(gone);
      const resumed = stage.driver.resume(structuredClone(link.saved));
      await resumed.checkIn(stage.session);
      expect(stage.server.last).toMatchObject({ CommandUUID: 'lost' });
    });
  });

  it.each([
    ['text', Buffer.from('hello')],
    ['a plist without CommandUUID', xml('<dict><key>Command</key><dict/></dict>')],
    ['a list', xml('<array/>')],
  ])('%s for an answer breaks it', async (_name, body) => {
    const { stage, checkIn } = await enrolled();
    stage.server.queue.push(body);
    await expect(checkIn()).rejects.toMatchObject({ code: 'ANSWER_MALFORMED' });
  });

  it('a command without RequestType is answered CommandFormatError, without a chain', async () => {
    const { stage, checkIn } = await enrolled();
    stage.server.queue.push(xml('<dict><key>CommandUUID</key><string>x</string><key>Command</key><dict/></dict>'));
    await checkIn();
    expect(stage.server.last).toEqual({
      CommandUUID: 'x',
      Status: 'CommandFormatError',
      UDID: stage.view.state.facts.id,
    });
  });

  it('RemoveProfile of the enrollment profile is acknowledged, then the device leaves with CheckOut', async () => {
    const { stage, checkIn } = await enrolled();
    stage.server.queue.push(
      command('RemoveProfile', '<key>Identifier</key><string>test.enrollment</string>'),
      command(list),
    );
    expect(await checkIn()).toMatchObject({ commands: 1, left: 'removed' });
    expect(stage.server.last['Status']).toBe('Acknowledged');
    expect(stage.server.types.at(-1)).toBe('CheckOut');
    expect(stage.commands.at(-1)).toEqual({ kind: 'retire' });
  });

  it('EraseDevice is acknowledged and says nothing more; Return to Service names the next enrollment', async () => {
    const { stage, checkIn } = await enrolled();
    const next = enrollmentProfile(identity);
    const keys = `<key>ReturnToService</key><dict><key>Enabled</key><true/><key>MDMProfileData</key>${data(next)}</dict>`;
    stage.server.queue.push(command('EraseDevice', keys));
    const report = await checkIn();
    expect(report).toMatchObject({ left: 'wiped', next: { authority: 'test' } });
    expect(Buffer.from(report.next?.document ?? []).equals(next)).toBe(true);
    expect(stage.server.types).not.toContain('CheckOut');
    expect(stage.commands.at(-1)).toEqual({ kind: 'wipe' });
  });

  it('a device that erases itself is gone even when its last word is lost', async () => {
    const { stage, checkIn } = await enrolled();
    stage.server.queue.push(command('EraseDevice'));
    stage.server.override = (request) => (request.bytes.includes('Acknowledged') ? { status: 500 } : undefined);
    expect(await checkIn()).toMatchObject({ left: 'wiped' });
  });

  it('stops between two commands when asked to', async () => {
    const { stage, link } = await enrolled();
    const stop = new AbortController();
    stage.server.queue.push(command(list), command(list));
    stage.server.override = () => {
      stop.abort(new Error('enough'));
      return undefined;
    };
    await expect(link.checkIn({ ...stage.session, signal: stop.signal })).rejects.toThrow('enough');
    expect(stage.http.openSessions()).toBe(0);
  });
});

describeWith('openssl')('a link', () => {
  let identity: OpensslIdentity;
  beforeAll(() => {
    identity = opensslIdentity('device');
  });

  it('wakes for its own PushMagic only', async () => {
    const { wake, deliver } = memoryWake();
    const stage = openStage({ wake });
    const link = await stage.enroll(enrollmentProfile(identity));
    const { pushMagic } = link.saved.data as { pushMagic: string };
    const address = link.wakeAsk?.address ?? '';
    for (const body of [{ mdm: pushMagic }, { mdm: 'old' }, { mdm: pushMagic, more: 1 }])
      deliver(address, JSON.stringify(body));
    for (const body of ['', 'null', '[]', '"x"', '{', 'x'.repeat(5000)]) deliver(address, body);
    let wakes = 0;
    for await (const _ of link.wakeups(stage.signal)) wakes++;
    expect(wakes).toBe(2);
  });

  it('waits without a push service until it is stopped', async () => {
    const stage = openStage();
    const link = await stage.enroll(enrollmentProfile(identity));
    const stop = new AbortController();
    const waiting = link.wakeups(stop.signal)[Symbol.asyncIterator]().next();
    stop.abort();
    await expect(waiting).resolves.toMatchObject({ done: true });
  });

  it('resumed in another process tells the push service of its token, checks in, and is forgotten', async () => {
    const first = openStage();
    const saved = structuredClone((await first.enroll(enrollmentProfile(identity))).saved);
    const { wake, asked } = memoryWake();
    const second = openStage({ wake, keys: first.ports.keys });
    const link = second.driver.resume(saved);
    for await (const _ of link.wakeups(second.signal)) expect.unreachable();
    expect(asked.size).toBe(1);
    await expect(link.checkIn(second.session)).resolves.toMatchObject({ requests: 1 });
    await link.forget();
    expect(asked.size).toBe(0);
  });

  it('leaves with CheckOut where the profile asks for it, and silently where not', async () => {
    const polite = openStage();
    await (await polite.enroll(enrollmentProfile(identity))).leave(polite.signal);
    expect(polite.server.types.at(-1)).toBe('CheckOut');
    const silent = openStage();
    await (await silent.enroll(enrollmentProfile(identity, { checkOut: false }))).leave(silent.signal);
    expect(silent.server.types.at(-1)).toBe('TokenUpdate');
  });

  it('a lost CheckOut does not keep it', async () => {
    const stage = openStage();
    const link = await stage.enroll(enrollmentProfile(identity));
    stage.server.override = () => ({ status: 500 });
    await expect(link.leave(stage.signal)).resolves.toBeUndefined();
  });

  it('is stored in less than 3 KB', async () => {
    const stage = openStage();
    const link = await stage.enroll(enrollmentProfile(identity));
    expect(serialize(link.saved.data).length).toBeLessThan(3000);
  });

  it.each([undefined, 'x', {}, { management: {} }])('that was saved as %j cannot be picked up', (saved) => {
    const { driver } = openStage();
    expect(() => driver.resume({ platform: 'ios', authority: 'a', data: saved })).toThrow(
      expect.objectContaining({ code: 'STATE_CORRUPT' }),
    );
  });
});
