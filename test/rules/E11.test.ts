import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, refused, restrict } from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E11: a platform that is blocked is refused whatever the device, and the others are not', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on, { restriction }) => {
    await restrict(on, { [restriction]: { platformBlocked: true } });
    const device = await deviceWith(on, 1);
    const record = await refused(on, device, 'E11');
    expect(record).toMatchObject({ failureCategory: 'enrollmentRestrictionsEnforced' });
    await restrict(on, { [restriction]: { platformBlocked: false } });
    await enrolls(on, device);
  });
});
