// The emulated device of this project, managed by the stub of this project: whether the two halves mean the same.
import { expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, type Device, seededRandom } from '../../../agent/index.js';
import { silentLog } from '../../../base/log.js';
import type { Command } from '../../../protocol/vocabulary.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import type { WindowsOptions } from '../../../server-stub/windows/context.js';
import { deviceKeys } from '../../support/keys.js';
import { openStub, user1 } from '../ios/stub.js';
import { paths } from './client.js';

async function open(windows: WindowsOptions = {}) {
  const stub = await openStub({ tenant: defaultTenant({ authority: 'office365', users: 2 }), windows });
  const { authority, clock } = stub;
  const made = await createPorts({
    clock,
    log: silentLog,
    ca: authority.caPem,
    pushUrl: authority.pushUrl,
    keys: deviceKeys(2),
  });
  onTestFinished(() => made.close());
  const newDevice = (index: number): Device => {
    const ports = { ...made.ports, random: seededRandom('windows device', index) };
    const device = createDevice({ platform: 'windows', ports });
    onTestFinished(() => device.close());
    return device;
  };
  const invitation = { authority: 'stub', url: `${authority.url}${paths.discovery}`, user: user1, secret: '' };
  const enrolled = async (index = 1) => {
    const device = newDevice(index);
    await device.enroll(invitation);
    await device.checkIn();
    return device;
  };
  return { stub, tenant: authority.tenant, newDevice, invitation, enrolled };
}

type Stage = Awaited<ReturnType<typeof open>>;

const record = ({ tenant }: Stage) => {
  const [found] = tenant.devices();
  if (found === undefined) throw new Error('no device is known');
  return found;
};
const names = (device: Device) => device.state.holdings.map(({ profile }) => `${profile.kind} ${profile.name}`).sort();
const unfinished = ({ tenant }: Stage) =>
  tenant.commands(record({ tenant } as Stage).deviceId).filter(({ status }) => status !== 'done');

/** Asks it, lets the device come, and says what became of it. */
async function ask(stage: Stage, device: Device, command: Command) {
  const { deviceId } = record(stage);
  const { id } = stage.tenant.queue(deviceId, command);
  await device.checkIn();
  return stage.tenant.commands(deviceId).find((each) => each.id === id)?.outcome;
}

it('holds all that the built-in organisation gives, and all of it is known to be there', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  await device.checkIn();
  expect(unfinished(stage)).toEqual([]);
  expect(names(device)).toEqual(
    expect.arrayContaining([
      'certificate Device identity',
      'email Contoso mail',
      'vpn Contoso VPN',
      'wifi Contoso',
      'wifi Contoso-Guests',
    ]),
  );
  expect(record(stage).held.map(({ name }) => name)).toContain('Contoso root');
  expect(record(stage)).toMatchObject({ osVersion: expect.stringMatching(/^10\.0\./), model: expect.any(String) });
  for (const kind of ['wifi', 'email', 'vpn', 'certificate'] as const) await device.useResource(kind);
  expect(stage.stub.lines()).toEqual([]);
});

it('moves from one authority to the other, and keeps what nothing has overwritten', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  await device.checkIn();
  stage.tenant.setAuthority('intune', 'the test');
  await device.checkIn();
  await device.checkIn();
  expect(unfinished(stage)).toEqual([]);
  expect(names(device)).toEqual(expect.arrayContaining(['wifi Contoso', 'wifi Contoso-Guests', 'wifi Contoso-Lab']));
  expect(
    record(stage)
      .held.filter(({ stale }) => stale)
      .map(({ name }) => name),
  ).toEqual(['Contoso guests']);
});

it('does what it is asked, and answers in the words of Windows what it cannot', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  expect(await ask(stage, device, { kind: 'lock' })).toMatchObject({
    status: 'failed',
    code: expect.stringMatching(/^405/),
  });
  await device.setPasscode('246810');
  expect(await ask(stage, device, { kind: 'lock' })).toMatchObject({ status: 'done' });
  expect(device.state.condition.locked).toBe(true);
  expect(await ask(stage, device, { kind: 'rename', deviceName: 'PC-7' })).toMatchObject({ status: 'done' });
  expect(await ask(stage, device, { kind: 'inventory' })).toMatchObject({ status: 'done' });
  const get = { kind: 'native', platform: 'windows', name: 'Get', body: { uri: './DevDetail/SwV' } } as const;
  expect(await ask(stage, device, get)).toMatchObject({
    data: { nodes: { './devdetail/swv': record(stage).osVersion } },
  });
  const missing = { ...get, body: { uri: './Device/Vendor/MSFT/Nothing' } };
  expect(await ask(stage, device, missing)).toMatchObject({ status: 'failed', code: expect.stringMatching(/^404/) });
});

it('leaves by itself, when it is retired, and when it is wiped, and comes again', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  await device.leave();
  expect([stage.tenant.devices(), device.state.holdings]).toEqual([[], []]);
  await device.enroll(stage.invitation);
  await device.checkIn();
  stage.tenant.queue(record(stage).deviceId, { kind: 'retire' });
  await device.checkIn();
  expect([stage.tenant.devices(), device.state.link]).toEqual([[], undefined]);
  await device.enroll(stage.invitation);
  await device.checkIn();
  stage.tenant.queue(record(stage).deviceId, { kind: 'wipe' });
  await device.checkIn();
  expect(stage.tenant.devices()).toEqual([]);
});

it('is told to leave where its enrollment has ended at the authority', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  stage.tenant.unenroll(record(stage).deviceId, 'deleted');
  await device.checkIn().catch(() => {});
  expect(device.state.link).toBeUndefined();
});

it.each(['md5', 'basic'] as const)('proves who it is by %s too, once a session and in each message', async (auth) => {
  for (const credentials of ['session', 'message'] as const) {
    const stage = await open({ auth, credentials });
    const device = await stage.enrolled();
    await device.checkIn();
    expect(unfinished(stage)).toEqual([]);
  }
});

it('renews its certificate when the time has come', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  const before = record(stage).dialect['certificateSerial'];
  await stage.stub.clock.advance(330 * 24 * 3_600_000);
  await device.checkIn();
  await device.checkIn();
  expect(record(stage).dialect['certificateSerial']).not.toBe(before);
});

it('signs in at the page where enrollment is Federated', async () => {
  const stage = await open({ authPolicy: 'Federated' });
  const device = await stage.enrolled();
  expect(record(stage)).toMatchObject({ status: 'enrolled', userId: stage.tenant.user(user1)?.id });
  expect(device.state.link).toBeDefined();
});

it('comes back after a wipe with the same hardware, in the place of what it was', async () => {
  const stage = await open();
  const device = await stage.enrolled();
  const before = record(stage);
  stage.tenant.queue(before.deviceId, { kind: 'wipe' });
  await device.checkIn();
  await device.enroll(stage.invitation);
  await device.checkIn();
  expect(stage.tenant.devices()).toHaveLength(1);
  expect(record(stage).deviceId).not.toBe(before.deviceId);
  expect(record(stage).dialect['hardwareId']).toBe(before.dialect['hardwareId']);
});
