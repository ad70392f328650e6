import { expect, it } from 'vitest';
import { declare, enrolls, meansOf, onEachPlatform, personalDevice, refused, restrict } from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

const restrictions = ['iosRestriction', 'windowsRestriction', 'androidRestriction'];

it('E19: where personal devices of every platform are blocked one is refused, until its serial number is on the list', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  const blocked = { personalDeviceEnrollmentBlocked: true };
  expect(restrictions).toHaveLength(platformsOfRules.length);
  await restrict(stage, Object.fromEntries(restrictions.map((word) => [word, blocked])));
  await onEachPlatform(stage, async (on) => {
    expect(restrictions).toContain(meansOf(on).restriction);
    const device = await personalDevice(on, 1);
    const record = await refused(on, device, 'E19');
    expect(record).toMatchObject({ failureCategory: 'enrollmentRestrictionsEnforced' });
    await declare(on, device);
    await enrolls(on, device);
  });
});
