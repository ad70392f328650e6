// What emulated devices really tell, and what the stub makes of it: whether the two halves mean the same.
import { expect, it, onTestFinished } from 'vitest';
import { createDevice, createPorts, enrollAddress, seededRandom } from '../../agent/index.js';
import { silentLog } from '../../base/log.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { deviceKeys } from '../support/keys.js';
import { openStub, user1 } from './ios/stub.js';

async function open(platform: PlatformName, facts?: Parameters<typeof createDevice>[0]['facts']) {
  const { authority, clock } = await openStub({
    tenant: { ...defaultTenant({ authority: 'intune', users: 2 }), profiles: [] },
  });
  const { tenant, caPem: ca, pushUrl, url } = authority;
  const made = await createPorts({
    clock,
    log: silentLog,
    ca,
    pushUrl,
    keys: deviceKeys(2),
    http: { connections: 'shared' },
  });
  onTestFinished(() => made.close());
  const ports = { ...made.ports, random: seededRandom(`compliance of ${platform}`, 1) };
  const device = createDevice({ platform, ports, ...(facts !== undefined && { facts }) });
  onTestFinished(() => device.close());
  const secret = platform === 'windows' ? { secret: '' } : {};
  await device.enroll({ authority: 'stub', url: enrollAddress(platform, url, user1), user: user1, ...secret });
  await device.checkIn();
  const demand = (pin: boolean, encryption: boolean) => {
    tenant.putCompliancePolicy({
      id: 'policy',
      authority: 'intune',
      name: 'Demands',
      pin,
      encryption,
      graceMs: 0,
      assignment: { to: 'all', except: [] },
    });
  };
  const [known] = tenant.devices();
  const found = async () => {
    await device.checkIn();
    const { state, violated } = tenant.complianceOf(known?.deviceId ?? '');
    return [state, ...violated];
  };
  return { tenant, device, demand, found };
}

const compliant = ['compliant'];
const noPin = ['noncompliant', 'Demands: pin'];

it('an iPhone tells whether it has a passcode, without which its data is not protected', async () => {
  const { device, demand, found } = await open('ios');
  demand(true, false);
  expect(await found()).toEqual(noPin);
  await device.setPasscode('4711');
  expect(await found()).toEqual(compliant);
  await device.setPasscode(undefined);
  expect(await found()).toEqual(noPin);
  demand(false, true);
  expect(await found()).toEqual(['noncompliant', 'Demands: encryption']);
});

it.each([{ Encrypted: false }, undefined])(
  'a PC tells whether a PIN is set and its storage is encrypted: %j',
  async (native) => {
    const { device, demand, found } = await open('windows', native && { native });
    demand(true, false);
    expect(await found()).toEqual(noPin);
    await device.setPasscode('471108');
    expect(await found()).toEqual(compliant);
    demand(true, true);
    expect(await found()).toEqual(native === undefined ? compliant : ['noncompliant', 'Demands: encryption']);
  },
);

it('an Android device tells by its companion whether it has a passcode, and nothing of encryption', async () => {
  const { device, demand, found } = await open('android');
  demand(false, true);
  expect(await found()).toEqual(['unknown']);
  demand(true, true);
  expect(await found()).toEqual(noPin);
  await device.setPasscode('4711');
  expect(await found()).toEqual(compliant);
  await device.setPasscode(undefined);
  expect(await found()).toEqual(noPin);
});
