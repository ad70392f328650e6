import { expect, it } from 'vitest';
import {
  enrolled,
  left,
  listed,
  managedDevices,
  newReach,
  reach,
  ruleTenant,
  switchTo,
  until,
} from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A13 %s: after a switch a newly enrolled device shows up under the new authority',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    await switchTo(stage, 'intune');
    const device = await enrolled(stage, 1);
    expect(reach(device)).toEqual(newReach.filter((each) => each !== 'legacy-network'));
    expect(await managedDevices(stage)).toMatchObject([{ managementState: 'managed' }]);
    expect(await listed(stage)).toEqual([{ serial: device.state.facts.serial, by: 'intune', stale: [] }]);
  },
);

it.each(platformsOfRules)(
  'A13 %s: after a switch a remote lock sent from the new authority succeeds on the device',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    await device.setPasscode('246810');
    await switchTo(stage, 'intune');
    await device.checkIn();
    const [record] = await managedDevices(stage);
    const locked = until(device, () => device.state.condition.locked);
    stage.alive(device);
    expect(
      (await stage.admin('POST', `/v1.0/deviceManagement/managedDevices/${record?.['id']}/remoteLock`)).status,
    ).toBe(204);
    await locked;
    const [after] = await managedDevices(stage);
    expect(after?.['deviceActionResults']).toMatchObject([{ actionName: 'remoteLock', actionState: 'done' }]);
  },
);

it.each(platformsOfRules)(
  'A13 %s: after a switch a stuck device that is unenrolled and enrolled again connects to the new authority',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    await switchTo(stage, 'intune');
    await left(stage, device);
    expect(device.state.holdings).toEqual([]);
    expect(await managedDevices(stage)).toEqual([]);
    await device.enroll(stage.invitation('alice@contoso.example'));
    await device.checkIn();
    expect(reach(device)).toEqual(newReach.filter((each) => each !== 'legacy-network'));
    expect(await listed(stage)).toEqual([{ serial: device.state.facts.serial, by: 'intune', stale: [] }]);
  },
);
