// Faults of the wire, as devices of each platform meet them, and what the authority says of them.
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { isRollcallError } from '../../base/errors.js';
import { Faults, mostFaults } from '../../server-stub/faults/faults.js';
import { enrolled, left, managedDevices, ruleTenant } from '../support/rules.js';
import { nextEvent, openStage, platformsOfRules, type Stage } from '../support/stage.js';

const faults = '/stub/v1/faults';

async function set(stage: Stage, id: string, fault: object): Promise<void> {
  expect((await stage.admin('PUT', `${faults}/${id}`, fault)).status).toBe(201);
}

const struck = async (stage: Stage, id: string) => (await stage.admin('GET', `${faults}/${id}`)).body['struck'];

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'none';
  } catch (error) {
    if (isRollcallError(error)) return error.code;
    throw error;
  }
}

describe.each(platformsOfRules)('faults, %s', (platform) => {
  it('the wire fails for one device and one operation, as often as was said, and heals', async () => {
    const stage = await openStage(ruleTenant(), platform, { connections: 'per-session' });
    const [device, other] = [await enrolled(stage, 1), await enrolled(stage, 2)];
    const match = { deviceId: device.state.facts.id, operation: 'session' };
    await set(stage, 'refused', { kind: 'http.status', match, times: 1 });
    expect(await codeOf(device.checkIn())).not.toBe('none');
    await other.checkIn();
    await device.checkIn();
    expect(await struck(stage, 'refused')).toBe(1);

    const [row] = await managedDevices(stage);
    await stage.admin('POST', `/stub/v1/devices/${row?.['id']}/commands`, { kind: 'inventory' });
    await stage.clock.advance(1000);
    await set(stage, 'unheard', { kind: 'answer.drop', match }); // each time: the launcher asks again by itself
    expect(await codeOf(device.checkIn())).toBe('TRANSPORT_LOST');
    expect((await managedDevices(stage))[0]?.['lastSyncDateTime']).toBe(new Date(stage.clock.now()).toISOString());
    await stage.admin('DELETE', `${faults}/unheard`);
    await device.checkIn();
    const { body } = await stage.admin('GET', `/stub/v1/devices/${row?.['id']}/commands`);
    expect(body.value.at(-1)).toMatchObject({ command: { kind: 'inventory' }, status: 'done' });
  });

  it('a notification is lost: it is in the log as dropped, and the next one arrives', async () => {
    const stage = await openStage(ruleTenant(), platform, { connections: 'per-session' });
    const device = await enrolled(stage, 1);
    const [row] = await managedDevices(stage);
    const ask = () => stage.admin('POST', `/v1.0/deviceManagement/managedDevices/${row?.['id']}/syncDevice`);
    stage.alive(device);
    await set(stage, 'lost', { kind: 'push.drop', match: { platform, deviceId: row?.['id'] }, times: 1 });
    const synced = nextEvent(device, 'checked-in');
    await ask();
    const log = (await stage.admin('GET', '/stub/v1/push')).body.value;
    expect(log[0]).toMatchObject({ platform, why: 'sync', result: 'dropped', reason: 'The fault lost is set.' });
    expect(log[0]?.['deviceId']).toBe(device.state.facts.id);
    await ask();
    await synced;
    expect((await stage.admin('GET', '/stub/v1/push')).body.value[0]).toMatchObject({ result: 'sent' });
    expect(await struck(stage, 'lost')).toBe(1);
  });
});

it('an answer comes as late as was said, on the tenant’s clock', async () => {
  const stage = await openStage(ruleTenant(), 'windows', { connections: 'per-session' });
  await set(stage, 'late', { kind: 'answer.delay', delay: '10s', match: { platform: 'windows' }, times: 1 });
  let isOver = false;
  // By hand: a clock is not moved on for a device in a session until that has lasted for seconds of real time.
  const answer = stage.get(stage.invitation('alice@contoso.example').url).then((got) => {
    isOver = true;
    return got;
  });
  while ((await struck(stage, 'late')) === 0);
  await stage.clock.advance(9_999);
  expect(isOver).toBe(false);
  await stage.clock.advance(1);
  expect((await answer).status).toBe(200);
  await enrolled(stage, 1); // the next one is not late
});

it.each(['ios', 'windows'] as const)('%s: a device leaves, and the authority does not hear of it', async (platform) => {
  const stage = await openStage(ruleTenant(), platform, { connections: 'per-session' });
  const [device, other] = [await enrolled(stage, 1), await enrolled(stage, 2)];
  await set(stage, 'silent', { kind: 'checkout.drop', match: { deviceId: device.state.facts.id } });
  await left(stage, device).catch(() => {});
  await left(stage, other);
  expect(device.state.lifecycle).toBe('unenrolled');
  const rows = await managedDevices(stage);
  expect(rows.map(({ serialNumber }) => serialNumber)).toEqual([device.state.facts.serial]);
  expect(await struck(stage, 'silent')).toBe(1);
});

it('faults are listed, replaced, taken away one by one or all, and end after their time', async () => {
  const stage = await openStage(ruleTenant(), 'windows', { connections: 'per-session' });
  await set(stage, 'a', { kind: 'http.status', for: '1h', status: 502 });
  const made = await stage.admin('PUT', faults, { kind: 'push.drop' });
  expect(made.status).toBe(201);
  expect((await stage.admin('GET', faults)).body.value).toEqual([
    {
      id: 'a',
      kind: 'http.status',
      match: {},
      status: 502,
      for: '1 h 0 min',
      until: new Date(stage.clock.now() + 3_600_000).toISOString(),
      struck: 0,
    },
    { id: made.body['id'], kind: 'push.drop', match: {}, struck: 0 },
  ]);
  const device = await stage.device(1);
  expect(await codeOf(device.enroll(stage.invitation('alice@contoso.example')))).not.toBe('none');
  await stage.clock.advance(3_600_000);
  await device.enroll(stage.invitation('alice@contoso.example'));
  const replaced = await stage.admin('PUT', `${faults}/a`, { kind: 'checkout.drop' });
  expect([replaced.status, replaced.body['struck']]).toEqual([200, 0]);
  expect((await stage.admin('DELETE', `${faults}/a`)).status).toBe(204);
  expect((await stage.admin('DELETE', `${faults}/a`)).status).toBe(404);
  expect((await stage.admin('DELETE', faults)).status).toBe(204);
  expect((await stage.admin('GET', faults)).body.value).toEqual([]);

  for (const [body, why] of [
    [{ kind: 'mail.hold' }, 'kind: mail.hold comes with a later version'],
    [{ kind: 'push.lose' }, 'kind: '],
    [{ kind: 'answer.delay' }, 'delay: answer.delay says for how long'],
    [{ kind: 'push.drop', delay: '1s' }, 'delay: it is of answer.delay'],
    [{ kind: 'push.drop', status: 500 }, 'status: it is of http.status'],
    [{ kind: 'http.status', status: 200 }, 'status: '],
    [{ kind: 'http.status', for: 'an hour' }, 'for: expected a duration such as'],
    [{ kind: 'push.drop', match: { operation: 'session' } }, 'match.operation: push.drop is of one operation alone'],
    [{ kind: 'push.drop', match: { user: 'x' } }, 'match: '],
    [{ kind: 'push.drop', times: 0 }, 'times: '],
  ] as const) {
    const answer = await stage.admin('PUT', `${faults}/b`, body);
    expect([answer.status, answer.body.error.message]).toEqual([400, expect.stringContaining(why)]);
  }
  expect((await stage.admin('PUT', `${faults}/${'x'.repeat(65)}`, { kind: 'push.drop' })).status).toBe(400);
});

it('a hundred faults are set at the same time, and one of them may still be replaced', () => {
  const all = new Faults(manualClock());
  for (let n = 0; n < mostFaults; n++) all.set(`${n}`, { kind: 'push.drop', match: {} });
  expect(() => all.set('more', { kind: 'push.drop', match: {} })).toThrow('There are 100 faults already');
  expect(all.set('7', { kind: 'answer.drop', match: {} }).struck).toBe(0);
});
