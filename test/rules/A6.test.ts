import { expect, it } from 'vitest';
import {
  alice,
  basic,
  bob,
  both,
  enrolled,
  expectRefused,
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

it.each(platformsOfRules)(
  'A6 %s: a switch moves devices whatever their users’ licences; the dry run names who has none for the new authority, and enrolls no more',
  async (platform) => {
    const users = [
      { upn: alice, licences: [both] },
      { upn: bob, licences: [basic] },
    ];
    const stage = await openStage(ruleTenant({ users }), platform);
    const device = await enrolled(stage, 1, bob);
    const dryRun = await stage.admin('POST', '/stub/v1/dryRun', { change: { authority: 'intune' } });
    expect(dryRun.body).toMatchObject({ users: [{ userPrincipalName: bob }], unlicensed: [bob] });
    await switchTo(stage, 'intune');
    await device.checkIn();
    expect(reach(device)).toEqual(newReach);
    await expectRefused(stage, { device: await stage.device(2), user: bob }, 'E02');
  },
);
