import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, refused } from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E05: an enrollment that starts in a Company Portal that is too old is refused, until it is updated', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on, { portals: { old, good } }) => {
    const device = await deviceWith(on, 1);
    await device.setCompanyPortal({ version: old });
    expect(await refused(on, device, 'E05')).toMatchObject({ failureCategory: 'authorization' });
    await device.setCompanyPortal({ version: good });
    await enrolls(on, device);
  });
});
