import { expect, it } from 'vitest';
import { alice, recordOf, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';
import { byAutopilot, nowIs, ofAutopilot, refusedPc } from '../support/windows-admission.js';

it('E15 windows: a PC that enrolls in another way than its deployment profile says is refused; in that way it enrolls', async () => {
  const autopilotProfiles = [
    { name: 'Office', mode: 'userDriven' },
    { name: 'Kiosk', mode: 'selfDeploying' },
  ];
  const stage = await openStage(ruleTenant({ authority: 'intune', autopilotProfiles }), 'windows');
  const [office, kiosk] = [await stage.device(1), await stage.device(2)];
  const autopilot = [
    { serial: office.state.facts.serial, profile: 'Office' },
    { serial: kiosk.state.facts.serial, profile: 'Kiosk' },
  ];
  await nowIs(stage, { authority: 'intune', autopilotProfiles, autopilot });
  await refusedPc(stage, office, byAutopilot(stage), ofAutopilot('E15'));
  await refusedPc(stage, kiosk, byAutopilot(stage, alice), ofAutopilot('E15'));
  await office.enroll(byAutopilot(stage, alice));
  await kiosk.enroll(byAutopilot(stage));
  for (const device of [office, kiosk]) await device.checkIn();
  expect(await recordOf(stage, kiosk)).toMatchObject({
    userId: '',
    deviceEnrollmentType: 'windowsAzureADJoinUsingDeviceAuth',
  });
});
