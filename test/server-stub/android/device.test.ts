// The emulated device of this project, managed by the stub of this project: whether the two halves mean the same.
import { describe, expect, it } from 'vitest';
import { showStatus, statusOf } from '../../../agent/console.js';
import { eventually } from '../../support/eventually.js';
import { ask, held, names, open, type Refusal, record, unfinished } from './device-stage.js';

it('holds all that the built-in organisation gives, and all of it is known to be there', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  expect(unfinished(stage)).toEqual([]);
  expect(names(device)).toEqual(held(stage));
  expect(held(stage).length).toBeGreaterThan(4);
});

it('moves with the authority, and keeps what the new one has no word for', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  stage.tenant.setAuthority('intune', 'admin');
  await device.checkIn();
  expect(unfinished(stage)).toEqual([]);
  expect(record(stage).managedBy).toBe('intune');
  expect(
    record(stage)
      .held.filter(({ stale }) => stale)
      .map(({ name }) => name),
  ).toEqual(['Contoso guests']);
  expect(names(device)).toEqual(held(stage));
  expect(device.state.holdings.find(({ profile }) => profile.name === 'Contoso mail')?.profile).toMatchObject({
    incoming: { host: 'mail.contoso.example' },
  });
});

it('is refused with the reason, and nothing of it is left', async () => {
  const stage = await open();
  const device = stage.newDevice(1);
  await expect(device.enroll(stage.invitation('nobody@contoso.example'))).rejects.toMatchObject({
    code: 'ENROLL_REFUSED',
    details: { code: 'E02', failureReason: 'The user was not found.' },
  });
  expect(stage.tenant.devices()).toEqual([]);
});

it('does what it is asked, and is gone once it was wiped', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  for (const kind of ['lock', 'restart', 'clear-passcode'] as const) {
    expect([kind, await ask(stage, device, { kind })]).toMatchObject([kind, { status: 'done' }]);
  }
  expect(await ask(stage, device, { kind: 'shut-down' })).toMatchObject({ status: 'failed' });
  stage.tenant.queue(record(stage).deviceId, { kind: 'wipe' });
  await device.checkIn();
  expect(stage.tenant.devices()).toEqual([]);
});

describe('what a device confirms', () => {
  const confirmations = (urls: readonly string[]) =>
    urls.flatMap(
      (url) =>
        /devicereset\/public\/(?:(reboot|password)\/)?[^/]+$/.exec(url)?.[1] ??
        (url.includes('/devicereset/') ? 'reset' : []),
    );

  it.each<[string, Refusal]>([
    ['HTTP 500', { status: 500 }],
    ['HTTP 404', { status: 404 }],
    ['no answer', 'lost'],
  ])('is not done where %s comes, and asked for again with the next configuration', async (_, refusal) => {
    const stage = await open();
    const device = await stage.enrolled();
    const { deviceId } = record(stage);
    device.setPasscode('Abcdef-12');
    stage.refuse('/devicereset/', refusal);
    for (const kind of ['clear-passcode', 'restart'] as const) stage.tenant.queue(deviceId, { kind });
    expect(await device.checkIn()).toMatchObject({ commands: 1, later: 1 }); // a passcode is taken off first, and confirmed then
    expect([...new Set(confirmations(stage.urls))]).toEqual(['reboot', 'password']); // at either address
    expect(unfinished(stage).map(({ command }) => command.kind)).toEqual(['clear-passcode', 'restart']);
    stage.refuse();
    await device.checkIn();
    expect(unfinished(stage)).toEqual([]);
    stage.refuse('/devicereset/', refusal);
    stage.tenant.queue(deviceId, { kind: 'wipe' });
    expect(await device.checkIn()).toMatchObject({ later: 1 });
    expect(device.state.lifecycle).toBe('enrolled');
    stage.refuse();
    expect(await device.checkIn()).toMatchObject({ left: 'wiped' });
    expect(stage.tenant.devices()).toEqual([]);
    await device.enroll(stage.invitation());
    expect(record(stage).status).toBe('enrolled');
  });

  it('is not done by a launcher that may not, and the server hears so', async () => {
    const stage = await open({}, { Management: 'application' });
    const device = await stage.enrolled();
    for (const kind of ['restart', 'clear-passcode', 'wipe'] as const) {
      expect([kind, await ask(stage, device, { kind })]).toMatchObject([kind, { status: 'failed', code: 'NO_RIGHT' }]);
    }
    expect(device.state.lifecycle).toBe('enrolled');
  });

  it('of a work profile is the end of the profile, and no restart', async () => {
    const stage = await open({}, { Management: 'work-profile' });
    const device = await stage.enrolled();
    expect(record(stage)).toMatchObject({ serial: record(stage).deviceId }); // the launcher may not read it
    expect(record(stage)).not.toHaveProperty('imei');
    expect(statusOf(device.state)).toMatchObject({ management: 'work-profile' });
    expect(showStatus(device.state)).toContain('; work-profile, unlocked, online;');
    expect(await ask(stage, device, { kind: 'restart' })).toMatchObject({ status: 'failed', code: 'NO_RIGHT' });
    expect(await ask(stage, device, { kind: 'clear-passcode' })).toMatchObject({ status: 'done' });
    stage.tenant.queue(record(stage).deviceId, { kind: 'wipe' });
    expect(await device.checkIn()).toMatchObject({ left: 'removed' });
    expect(stage.tenant.devices()).toEqual([]);
  });
});

it('goes by its new number once it is given one', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  const { deviceId } = record(stage);
  stage.stub.authority.android.renumber(deviceId, 'another');
  await device.checkIn();
  await device.checkIn();
  expect(unfinished(stage)).toEqual([]);
  expect(record(stage).dialect['oldNumber']).toBeUndefined();
  expect(stage.stub.authority.android.numberOf(deviceId)).toBe('another');
});

describe('what a device tells beside its configuration', () => {
  it('is its log, by the rules of the server', async () => {
    const stage = await open();
    const device = await stage.enrolled();
    const said = () => stage.stub.authority.android.logOf(record(stage).deviceId).map(({ message }) => message);
    expect(said()).toEqual(
      expect.arrayContaining([
        'Device owner: true',
        'Certificate installed: /storage/emulated/0/certs/contoso-root-12c092.pem',
        'rollcall: Device identity installed',
        'Update flow completed',
      ]),
    );
    stage.refuse('/devicelog/log/list/', { status: 500 });
    await device.checkIn();
    const before = said().length;
    stage.refuse();
    await device.checkIn();
    expect(said()).toHaveLength(before); // a quarter of an hour has not passed
    await stage.stub.clock.advance(15 * 60_000);
    await device.actIfDue();
    expect(
      said()
        .slice(before)
        .filter((message) => message === 'Configuration updated'),
    ).toHaveLength(2);
  });

  it('is dynamic information, as often as the server wants it', async () => {
    const stage = await open();
    const device = await stage.enrolled();
    const puts = () => stage.urls.filter((url) => url.includes('/deviceinfo/public/')).length;
    expect(puts()).toBe(0);
    stage.stub.authority.android.configure({ dynamicInfo: { sendData: true, intervalMins: 20 } });
    await device.checkIn();
    const sent = [puts()];
    for (let minute = 5; minute <= 40; minute += 5) {
      await stage.stub.clock.advance(5 * 60_000);
      await device.actIfDue();
      sent.push(puts());
    }
    expect(sent).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3]);
    expect(record(stage).dialect['dynamicInfo']).toMatchObject({ ts: stage.stub.clock.now() });
  });
});

it('is woken by the poll of launchers before the long one, once for each push, under its old number too', async () => {
  const stage = await open({ pushOptions: 'polling' }, { Polls: 'legacy' });
  const device = await stage.enrolled();
  const { deviceId } = record(stage);
  const { android } = stage.stub.authority;
  const life = new AbortController();
  const running = device.run(life.signal);
  const reasons: string[] = [];
  device.onEvent((event) => {
    if (event.type === 'check-in') reasons.push(event.reason);
  });
  const pollUntil = async (isDone: () => boolean) => {
    await stage.stub.clock.advance(15 * 60_000);
    await eventually(isDone);
  };
  await pollUntil(() => android.waiting(deviceId).length === 0);
  reasons.length = 0;
  android.renumber(deviceId, 'another');
  await pollUntil(() => android.numberOf(deviceId) === 'another' && record(stage).dialect['oldNumber'] === undefined);
  expect(android.waiting(deviceId)).toEqual([]);
  expect(reasons.filter((reason) => reason === 'woken')).toHaveLength(1);
  life.abort();
  await running;
});

it('AN1: a push that nobody heard is made good by the GET of the hour, whatever is pushed: late, and not lost', async () => {
  const stage = await open({ pushOptions: 'polling' }, { Polls: 'legacy' });
  stage.refuse('/notifications/', 'lost');
  const device = await stage.enrolled();
  const { deviceId } = record(stage);
  const { clock } = stage.stub;
  const begun = clock.now();
  stage.tenant.queue(deviceId, { kind: 'lock' });
  const gets = () => stage.urls.filter((url) => url.includes('/sync/configuration/')).length;
  const before = gets();
  while (unfinished(stage).length > 0) {
    await clock.advance(15 * 60_000);
    await device.actIfDue();
  }
  expect([(clock.now() - begun) / 60_000, gets() - before]).toEqual([60, 1]);
  expect(device.state.condition.locked).toBe(true);
});
