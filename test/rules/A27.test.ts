import { expect, it } from 'vitest';
import { enrolled, enrolledUserless, portal, ruleTenant, switchTo } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A27 %s: each device is in exactly one portal: after its move in the new one, until then and without a user in the old one',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const [moving, away, userless] = [
      await enrolled(stage, 1),
      await enrolled(stage, 2),
      await enrolledUserless(stage, 3),
    ];
    const serials = (...devices: (typeof moving)[]) => devices.map(({ state }) => state.facts.serial).sort();
    await away.setOnline(false);
    expect(await portal(stage, 'office365')).toEqual(serials(moving, away, userless));
    expect(await portal(stage, 'intune')).toEqual([]);
    await switchTo(stage, 'intune');
    expect(await portal(stage, 'intune')).toEqual([]);
    await moving.checkIn();
    await userless.checkIn();
    expect(await portal(stage, 'intune')).toEqual(serials(moving));
    expect(await portal(stage, 'office365')).toEqual(serials(away, userless));
    await away.setOnline(true);
    await away.checkIn();
    expect(await portal(stage, 'intune')).toEqual(serials(moving, away));
    expect(await portal(stage, 'office365')).toEqual(serials(userless));
  },
);
