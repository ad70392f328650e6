import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, refused } from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E06: a system below what the service supports is refused where no restriction exists, until the device has a newer one', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on, { unsupported }) => {
    const record = await refused(on, await deviceWith(on, 1, { osVersion: unsupported }), 'E06');
    expect(record).toMatchObject({ failureCategory: 'deviceNotSupported', osVersion: unsupported });
    await enrolls(on, await deviceWith(on, 1));
  });
});
