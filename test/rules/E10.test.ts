import { expect, it } from 'vitest';
import {
  declare,
  deviceWith,
  enrolls,
  onEachPlatform,
  personalDevice,
  refused,
  restrict,
} from '../support/admission.js';
import { alice, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E10: where personal devices of a platform are blocked one is refused, until it is declared as the organization’s', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on, { restriction }) => {
    await restrict(on, { [restriction]: { personalDeviceEnrollmentBlocked: true } });
    const device = await personalDevice(on, 1);
    const record = await refused(on, device, 'E10');
    expect(record).toMatchObject({ failureCategory: 'enrollmentRestrictionsEnforced' });
    await declare(on, device);
    await enrolls(on, device);
    await refused(on, await personalDevice(on, 2), 'E10'); // another one is not declared by that
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

it('E10 windows: a PC that joins Entra is its user’s all the same, unless Autopilot knows it', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }), 'windows');
  await restrict(stage, { windowsRestriction: { personalDeviceEnrollmentBlocked: true } });
  const device = await deviceWith(stage, 1);
  const entra = new URL('/entra', stage.invitation(alice).url).href;
  const invitation = { ...stage.invitation(alice), entra };
  await refused(stage, device, 'E10', { invitation });
  const { serial } = device.state.facts;
  const imported = { serialNumber: serial };
  const root = '/v1.0/deviceManagement/importedWindowsAutopilotDeviceIdentities';
  expect((await stage.admin('POST', root, imported)).status).toBe(201);
  await enrolls(stage, device, invitation);
});

it('E10 android: a fully managed device is the organization’s without being declared', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }), 'android');
  await restrict(stage, { androidRestriction: { personalDeviceEnrollmentBlocked: true } });
  await refused(stage, await personalDevice(stage, 1), 'E10');
  const owned = await deviceWith(stage, 2);
  await enrolls(stage, owned);
  const exact = await deviceWith(stage, 3, { native: { Launcher: 'launcher' } }); // says whose it is with its first sync/info
  await enrolls(stage, exact);
});
