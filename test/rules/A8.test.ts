import { expect, it } from 'vitest';
import { enrolled, latestChange, listed, reach, ruleTenant, switchTo } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A8 %s: a setting of the same name overwrites the old one; one of another name stays behind and is reported stale',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    const before = device.state.holdings.length;
    await switchTo(stage, 'intune');
    await device.checkIn();
    const networks = reach(device).filter((each) => each.endsWith('network'));
    expect(networks).toEqual(['legacy-network', 'new-network']);
    expect(device.state.holdings).toHaveLength(before);
    expect(await latestChange(stage)).toMatchObject({ stale: 1 });
    expect(await listed(stage)).toMatchObject([{ by: 'intune', stale: ['legacy-wifi'] }]);
  },
);
