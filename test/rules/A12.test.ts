import { expect, it } from 'vitest';
import { enrolled, latestChange, newReach, reach, ruleTenant, switchTo } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A12 %s: a check-in by hand moves the device at once, without waiting for a notification',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1); // not alive: it answers no notification
    await switchTo(stage, 'intune');
    expect(await latestChange(stage)).toMatchObject({ moved: 0, waiting: 1 });
    await device.checkIn();
    expect(reach(device)).toEqual(newReach);
    expect(await latestChange(stage)).toMatchObject({ moved: 1, waiting: 0 });
  },
);
