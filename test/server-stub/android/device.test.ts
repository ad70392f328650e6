// The emulated device of this project, managed by the stub of this project: whether the two halves mean the same.
import { describe, expect, it, onTestFinished } from 'vitest';
import { agentError } from '../../../agent/errors.js';
import { createDevice, createPorts, type Device, enrollAddress, seededRandom } from '../../../agent/index.js';
import type { Http } from '../../../agent/model/ports.js';
import { silentLog } from '../../../base/log.js';
import type { Command } from '../../../protocol/vocabulary.js';
import type { AndroidOptions } from '../../../server-stub/android/context.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { deviceKeys } from '../../support/keys.js';
import { openStub, user1 } from '../ios/stub.js';

type Refusal = { readonly status: number } | 'lost';

async function open(android: AndroidOptions = {}, native?: Readonly<Record<string, string>>) {
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
  const urls: string[] = [];
  let refused: { readonly part: string; readonly as: Refusal } | undefined;
  const http: Http = {
    open(options) {
      const session = made.ports.http.open(options);
      return {
        async request(request) {
          urls.push(request.url);
          const as = refused?.part !== undefined && request.url.includes(refused.part) ? refused.as : undefined;
          if (as === 'lost') throw agentError('TRANSPORT_LOST', 'the connection was cut');
          return as === undefined
            ? session.request(request)
            : { status: as.status, headers: {}, body: Buffer.alloc(0), url: request.url };
        },
        close: () => session.close(),
      };
    },
  };
  const newDevice = (index: number): Device => {
    const ports = { ...made.ports, http, random: seededRandom('android device', index) };
    const device = createDevice({ platform: 'android', ports, ...(native !== undefined && { facts: { native } }) });
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
  /** From now on what is sent to such an address fails, and does not come to the stub; nothing fails without one. */
  const refuse = (part = '', as?: Refusal): void => {
    refused = as === undefined ? undefined : { part, as };
  };
  return { stub, tenant: authority.tenant, newDevice, invitation, enrolled, urls, refuse };
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
