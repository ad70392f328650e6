import { expect, it } from 'vitest';
import { declare, deviceWith, enrolls, onEachPlatform, refused, restrict } from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E10: where personal devices of a platform are blocked one is refused, until it is declared as the organization’s', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on, { restriction }) => {
    await restrict(on, { [restriction]: { personalDeviceEnrollmentBlocked: true } });
    const device = await deviceWith(on, 1);
    const record = await refused(on, device, 'E10');
    expect(record).toMatchObject({ failureCategory: 'enrollmentRestrictionsEnforced' });
    await declare(on, device);
    await enrolls(on, device);
    await refused(on, await deviceWith(on, 2), 'E10'); // another one is not declared by that
    await restrict(on, { [restriction]: { personalDeviceEnrollmentBlocked: false } });
  });

  // As Intune declares a PC; one of a build that does not tell who made it is not helped by that.
  const on = stage.on('windows');
  await restrict(on, { windowsRestriction: { personalDeviceEnrollmentBlocked: true } });
  const pc = await deviceWith(on, 3);
  const { manufacturer, model, serial } = pc.state.facts;
  const importedDeviceIdentifier = `${manufacturer},${model},${serial}`;
  const identity = { importedDeviceIdentifier, importedDeviceIdentityType: 'manufacturerModelSerial' };
  expect((await on.admin('POST', '/beta/deviceManagement/importedDeviceIdentities', identity)).status).toBe(201);
  await refused(on, await deviceWith(on, 3, { osVersion: '10.0.19045.4597' }), 'E10');
  await enrolls(on, pc);
});
