import { expect, it } from 'vitest';
import {
  enrolled,
  latestChange,
  managedDevices,
  newReach,
  oldReach,
  reach,
  ruleTenant,
  switchTo,
  until,
} from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A6 %s: a device that is online is managed by the new authority from its next session on, without a gap',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    expect(reach(device)).toEqual(oldReach);
    const gaps: string[][] = [];
    device.onEvent(() => {
      const now = reach(device);
      if (!now.some((each) => each.endsWith('network')) || !now.some((each) => each.includes('mail'))) gaps.push(now);
    });
    stage.alive(device);
    await switchTo(stage, 'intune');
    await until(device, () => reach(device).toString() === newReach.toString());
    expect(gaps).toEqual([]);
    expect(device.state.lifecycle).toBe('enrolled');
    expect(await latestChange(stage)).toMatchObject({ moved: 1, waiting: 0 });
    expect(await managedDevices(stage)).toHaveLength(1);
  },
);
