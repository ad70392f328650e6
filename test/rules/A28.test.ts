import { expect, it } from 'vitest';
import { complianceOf, complianceTenant } from '../support/compliance.js';
import { enrolled, switchTo } from '../support/rules.js';
import { dayMs, hourMs, openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A28 %s: only what changed in the session of a move lags, for a time of the device’s own that is never longer than 7 days; else the console is right at once',
  async (platform) => {
    const stage = await openStage(complianceTenant({ settings: { complianceConsoleLag: '0..7d' } }), platform);
    const device = await enrolled(stage, 1);
    await device.setPasscode('246810');
    await device.checkIn();
    await switchTo(stage, 'intune');
    await device.checkIn(); // moves, and is as compliant as before
    expect(await complianceOf(stage, device)).toEqual({ console: 'compliant', directory: true });
    await device.setPasscode(undefined);
    await device.checkIn();
    expect(await complianceOf(stage, device)).toEqual({ console: 'noncompliant', directory: false });

    await device.setPasscode('135790');
    await switchTo(stage, 'office365');
    await device.checkIn();
    expect(await complianceOf(stage, device)).toMatchObject({ directory: true });
    await stage.clock.advance(7 * dayMs + hourMs);
    expect(await complianceOf(stage, device)).toEqual({ console: 'compliant', directory: true });
  },
);

it('A28: a lag of nothing is none', async () => {
  const stage = await openStage(complianceTenant({ settings: { complianceConsoleLag: '0s' } }), 'ios');
  const device = await enrolled(stage, 1);
  await device.setPasscode('246810');
  await device.checkIn();
  await device.setPasscode(undefined);
  await switchTo(stage, 'intune');
  await device.checkIn();
  expect(await complianceOf(stage, device)).toEqual({ console: 'noncompliant', directory: false });
});
