import { expect, it } from 'vitest';
import { alice, recordOf, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';
import { byAutopilot, nowIs, ofAutopilot, refusedPc } from '../support/windows-admission.js';

it('E13 windows: a PC whose hardware Autopilot does not know is refused, by its user and by itself, until it is imported', async () => {
  const profile = { autopilotProfiles: [{ name: 'Office', mode: 'userDriven' }] };
  const stage = await openStage(ruleTenant({ authority: 'intune', ...profile }), 'windows');
  const device = await stage.device(1);
  await refusedPc(stage, device, byAutopilot(stage, alice), ofAutopilot('E13'));
  await refusedPc(stage, device, byAutopilot(stage), ofAutopilot('E13'));
  const autopilot = [{ serial: device.state.facts.serial, profile: 'Office' }];
  await nowIs(stage, { authority: 'intune', ...profile, autopilot });
  await device.enroll(byAutopilot(stage, alice));
  await device.checkIn();
  expect(await recordOf(stage, device)).toMatchObject({
    userPrincipalName: alice,
    deviceEnrollmentType: 'windowsAzureADJoin',
    managedDeviceOwnerType: 'company',
  });
});
