import { expect, it } from 'vitest';
import { enrolled, oldReach, reach, ruleTenant } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A3 %s: the authority never goes back to unknown; the request is refused clearly and changes nothing',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    const { body } = await stage.admin('GET', '/v1.0/organization');
    const refused = await stage.admin(
      'POST',
      `/v1.0/organization/${body.value[0]?.['id']}/setMobileDeviceManagementAuthority`,
      {
        mobileDeviceManagementAuthority: 'unknown',
      },
    );
    expect(refused.status).toBe(400);
    expect(refused.body.error.message).toMatch(/unknown/);
    expect((await stage.admin('GET', '/v1.0/organization')).body.value[0]?.mobileDeviceManagementAuthority).toBe(
      'office365',
    );
    expect((await stage.admin('GET', '/stub/v1/authority/changes')).body.value).toEqual([]);
    await device.checkIn();
    expect(reach(device)).toEqual(oldReach);
  },
);
