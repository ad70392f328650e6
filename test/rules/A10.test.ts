import { expect, it } from 'vitest';
import {
  enrolled,
  enrolledUserless,
  latestChange,
  newReach,
  oldReach,
  reach,
  recordOf,
  ruleTenant,
  switchTo,
} from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A10 %s: a device without a user does not move: it is listed, and support is to be contacted',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const [device, other] = [await enrolledUserless(stage, 1), await enrolled(stage, 2)];
    await switchTo(stage, 'intune');
    await device.checkIn();
    await other.checkIn();
    expect(reach(device)).toEqual(oldReach);
    expect(reach(other)).toEqual(newReach);
    const { id, userId } = await recordOf(stage, device);
    expect(userId).toBe('');
    const { body } = await stage.admin('GET', '/stub/v1/userless');
    expect(body).toMatchObject({ value: [{ id }], advice: expect.stringContaining('support') });
    expect(await latestChange(stage)).toMatchObject({
      moved: 1,
      waiting: 0,
      userless: 1,
      userlessDevices: [id],
      advice: expect.stringContaining('support'),
    });
  },
);
