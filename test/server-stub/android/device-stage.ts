// A stub authority and emulated Android devices that talk to it; some addresses fail where a test says so.
import { onTestFinished } from 'vitest';
import { agentError } from '../../../agent/errors.js';
import {
  createDevice,
  createPorts,
  createWakeUps,
  type Device,
  enrollAddress,
  seededRandom,
} from '../../../agent/index.js';
import { headwindLegacyPoll } from '../../../agent/io/wake/headwind-poll.js';
import type { Http, Ports, WakeUps } from '../../../agent/model/ports.js';
import { silentLog } from '../../../base/log.js';
import type { Command } from '../../../protocol/vocabulary.js';
import type { AndroidOptions } from '../../../server-stub/android/context.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { deviceKeys } from '../../support/keys.js';
import { openStub, user1 } from '../ios/stub.js';

export type Refusal = { readonly status: number } | 'lost';

/** `native`: of the facts of its devices. */
export async function open(android: AndroidOptions = {}, native?: Readonly<Record<string, string>>) {
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
    const device = createDevice({
      platform: 'android',
      ports: { ...ports, ...(native?.['Polls'] === 'legacy' && { wake: legacyPolls(ports) }) },
      ...(native !== undefined && { facts: { native } }),
    });
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

/** Polls by the clock of the stage: the ports' own go by real time. */
function legacyPolls({ http, clock, log, random }: Ports): WakeUps {
  const wake = createWakeUps({
    ways: { 'headwind-legacy-poll': headwindLegacyPoll({ http, clock, log, random }) },
    log,
  });
  onTestFinished(() => wake.close());
  return wake;
}

export type Stage = Awaited<ReturnType<typeof open>>;

export const record = ({ tenant }: Pick<Stage, 'tenant'>) => {
  const [found] = tenant.devices();
  if (found === undefined) throw new Error('no device is known');
  return found;
};
export const names = (device: Device) =>
  device.state.holdings.map(({ profile }) => `${profile.kind} ${profile.name}`).sort();
export const held = (stage: Stage) =>
  record(stage)
    .held.map(({ kind, name }) => `${kind} ${name}`)
    .sort();
export const unfinished = ({ tenant }: Stage) =>
  tenant.commands(record({ tenant }).deviceId).filter(({ status }) => status !== 'done');

export async function ask(stage: Stage, device: Device, command: Command) {
  const { deviceId } = record(stage);
  const { id } = stage.tenant.queue(deviceId, command);
  await device.checkIn();
  return stage.tenant.commands(deviceId).find((each) => each.id === id)?.outcome;
}
