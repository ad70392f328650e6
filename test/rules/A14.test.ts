import { expect, it } from 'vitest';
import { complianceOf, complianceTenant } from '../support/compliance.js';
import { enrolled, switchTo } from '../support/rules.js';
import { dayMs, hourMs, openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A14 %s: compliance is right on the device and in the directory at once; the console may show the old value for 7 days',
  async (platform) => {
    const stage = await openStage(complianceTenant(), platform);
    const device = await enrolled(stage, 1);
    await device.setPasscode('246810');
    await device.checkIn();
    expect(await complianceOf(stage, device)).toEqual({ console: 'compliant', directory: true });

    await device.setPasscode(undefined);
    await switchTo(stage, 'intune');
    await device.checkIn();
    expect(await complianceOf(stage, device)).toEqual({ console: 'compliant', directory: false });
    await stage.clock.advance(7 * dayMs - hourMs);
    expect(await complianceOf(stage, device)).toEqual({ console: 'compliant', directory: false });
    await stage.clock.advance(2 * hourMs);
    expect(await complianceOf(stage, device)).toEqual({ console: 'noncompliant', directory: false });
  },
);
