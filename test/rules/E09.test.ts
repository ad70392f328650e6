import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, refused, restrict } from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E09: a system newer than the restriction allows is refused, until the administrator raises the bound', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on, { restriction, versions: [, usual, high] }) => {
    await restrict(on, { [restriction]: { osMaximumVersion: usual } });
    const device = await deviceWith(on, 1, { osVersion: high });
    const record = await refused(on, device, 'E09');
    expect(record).toMatchObject({ failureCategory: 'enrollmentRestrictionsEnforced', osVersion: high });
    await enrolls(on, await deviceWith(on, 2)); // at the bound
    await restrict(on, { [restriction]: { osMaximumVersion: high } });
    await enrolls(on, device);
  });
});
