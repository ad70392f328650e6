// The emulated device of this project, managed by the stub of this project: whether the two halves mean the same.
import { expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, type Device, enrollAddress, seededRandom } from '../../../agent/index.js';
import { silentLog } from '../../../base/log.js';
import type { Command } from '../../../protocol/vocabulary.js';
import type { AndroidOptions } from '../../../server-stub/android/context.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { deviceKeys } from '../../support/keys.js';
import { openStub, user1 } from '../ios/stub.js';

async function open(android: AndroidOptions = {}) {
  const stub = await openStub({ tenant: defaultTenant({ authority: 'office365', users: 2 }), android });
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
    const ports = { ...made.ports, random: seededRandom('android device', index) };
    const device = createDevice({ platform: 'android', ports });
    onTestFinished(() => device.close());
    return device;
  };
  const invitation = (user = user1) => ({
    authority: 'stub',
    url: enrollAddress('android', authority.url, user),
    user,
    secret: '',
  });
  const enrolled = async (index = 1) => {
    const device = newDevice(index);
    await device.enroll(invitation());
    await device.checkIn();
    return device;
  };
  return { stub, tenant: authority.tenant, newDevice, invitation, enrolled };
}

type Stage = Awaited<ReturnType<typeof open>>;

const record = ({ tenant }: Pick<Stage, 'tenant'>) => {
  const [found] = tenant.devices();
  if (found === undefined) throw new Error('no device is known');
  return found;
};
const names = (device: Device) => device.state.holdings.map(({ profile }) => `${profile.kind} ${profile.name}`).sort();
const held = (stage: Stage) =>
  record(stage)
    .held.map(({ kind, name }) => `${kind} ${name}`)
    .sort();
const unfinished = ({ tenant }: Stage) =>
  tenant.commands(record({ tenant }).deviceId).filter(({ status }) => status !== 'done');

async function ask(stage: Stage, device: Device, command: Command) {
  const { deviceId } = record(stage);
  const { id } = stage.tenant.queue(deviceId, command);
  await device.checkIn();
  return stage.tenant.commands(deviceId).find((each) => each.id === id)?.outcome;
}

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
