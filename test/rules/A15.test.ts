import { expect, it } from 'vitest';
import { enrolled, portal, ruleTenant } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

const portals = ['intune', 'office365'] as const;

it.each(platformsOfRules.flatMap((platform) => portals.map((authority) => ({ platform, authority }))))(
  'A15 $platform: in a tenant of $authority devices report to the portal of $authority',
  async ({ platform, authority }) => {
    const stage = await openStage(ruleTenant({ authority }), platform);
    const device = await enrolled(stage, 1);
    for (const each of portals)
      expect(await portal(stage, each)).toEqual(each === authority ? [device.state.facts.serial] : []);
  },
);
