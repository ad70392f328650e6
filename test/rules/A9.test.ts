import { expect, it } from 'vitest';
import { enrolled, newReach, oldReach, reach, ruleTenant, switchTo } from '../support/rules.js';
import { dayMs, hourMs, openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A9 %s: a device that was away during the change keeps its profiles for 7 days, and no longer',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    await device.setOnline(false);
    await switchTo(stage, 'intune');

    await stage.clock.advance(7 * dayMs - hourMs); // 6 d 23 h
    await device.setOnline(true);
    await device.useResource('wifi');
    await device.useResource('email');
    await device.setOnline(false);

    await stage.clock.advance(2 * hourMs); // 7 d 1 h
    await device.setOnline(true);
    expect(reach(device)).toEqual(oldReach); // nothing told the device yet
    await expect(device.useResource('wifi')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' });
    await expect(device.useResource('email')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' });

    await device.checkIn(); // its next contact
    expect(reach(device)).toEqual(newReach.filter((each) => each !== 'legacy-network'));
    await device.useResource('wifi');
    await device.useResource('email');
  },
);

it.each(platformsOfRules)(
  'A9 %s: a device that comes back within the 7 days moves as if it had been there',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    await device.setOnline(false);
    await switchTo(stage, 'intune');
    await stage.clock.advance(7 * dayMs - hourMs);
    await device.setOnline(true);
    await device.checkIn();
    expect(reach(device)).toEqual(newReach);
  },
);
