import { expect, it } from 'vitest';
import type { Device } from '../../index.js';
import { changesOn, enrolled, recordOf, ruleTenant } from '../support/rules.js';
import { openStage, platformsOfRules, type Stage } from '../support/stage.js';

const resultsOf = async (stage: Stage, device: Device) => {
  const { deviceActionResults } = await recordOf(stage, device);
  const results = deviceActionResults as { actionName: string; actionState: string }[];
  return Object.fromEntries(results.map(({ actionName, actionState }) => [actionName, actionState]));
};
const path = async (stage: Stage, device: Device) =>
  `/v1.0/deviceManagement/managedDevices/${String((await recordOf(stage, device))['id'])}`;

it.each(platformsOfRules)(
  'M4 %s: sync, lock, passcode reset and reboot are remote actions with results',
  async (platform) => {
    const stage = await openStage(ruleTenant({ authority: 'intune' }), platform);
    const device = await enrolled(stage, await supervised(stage));
    await device.setPasscode('246810');
    const actions = ['syncDevice', 'remoteLock', 'resetPasscode', 'rebootNow'];
    const at = await path(stage, device);
    for (const action of actions) expect((await stage.admin('POST', `${at}/${action}`)).status).toBe(204);
    expect(await resultsOf(stage, device)).toEqual(Object.fromEntries(actions.map((action) => [action, 'pending'])));
    await device.checkIn();
    await device.checkIn();
    expect(await resultsOf(stage, device)).toEqual(Object.fromEntries(actions.map((action) => [action, 'done'])));
    expect(device.state.condition.passcode).not.toBe('246810');
  },
);

it('M4 windows: a lock of a PC without a PIN is not supported, and says so', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }), 'windows');
  const device = await enrolled(stage, 1);
  await stage.admin('POST', `${await path(stage, device)}/remoteLock`);
  await device.checkIn();
  expect(await resultsOf(stage, device)).toEqual({ remoteLock: 'notSupported' });
});

it.each(platformsOfRules.flatMap((platform) => ['retire', 'wipe'].map((action) => ({ platform, action }))))(
  'M4 $platform: $action takes from the device what management gave it, and its record goes',
  async ({ platform, action }) => {
    const stage = await openStage(ruleTenant({ authority: 'intune' }), platform);
    const device = await enrolled(stage, 1);
    const at = await path(stage, device);
    const changes = changesOn(device);
    expect((await stage.admin('POST', `${at}/${action}`)).status).toBe(204);
    await device.checkIn();
    expect(device.state.holdings).toEqual([]);
    expect(device.state.lifecycle).not.toBe('enrolled');
    expect(changes.some((change) => change.startsWith('install'))).toBe(false);
    expect((await stage.admin('GET', at)).status).toBe(404);
  },
);

/** The index of a device that may be restarted: of Apple's a supervised one. */
async function supervised(stage: Stage): Promise<number> {
  for (let index = 1; ; index++)
    if ((await stage.device(index)).state.facts.supervised || stage.platform !== 'ios') return index;
}
