import { expect, it } from 'vitest';
import {
  ann,
  ben,
  bmsReach,
  coexistenceTenant,
  enableCoexistence,
  enrolledOf,
  intuneReach,
} from '../support/coexistence.js';
import { latestChange, reach } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'C3 %s: on enabling coexistence a user who already has an Intune licence is switched, with all devices',
  async (platform) => {
    const stage = await openStage(coexistenceTenant(), platform);
    const [first, second, other] = await enrolledOf(stage, ann, ann, ben);
    for (const device of [first, second, other]) expect(reach(device)).toEqual(bmsReach);
    expect((await enableCoexistence(stage)).status).toBe(200);
    for (const device of [first, second, other]) await device.checkIn();
    for (const device of [first, second]) expect(reach(device)).toEqual(intuneReach);
    expect(reach(other)).toEqual(bmsReach);
    expect(await latestChange(stage)).toMatchObject({
      cause: 'coexistence',
      moved: 2,
      stayed: 1,
      waiting: 0,
      stale: 0,
    });
  },
);
