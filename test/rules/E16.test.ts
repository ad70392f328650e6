import { it } from 'vitest';
import { alice, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';
import { byAutopilot, nowIs, ofAutopilot, refusedPc } from '../support/windows-admission.js';

it('E16 windows: a PC whose Autopilot record was removed is refused as such, until it is imported again', async () => {
  const profile = { autopilotProfiles: [{ name: 'Office', mode: 'userDriven' }] };
  const stage = await openStage(ruleTenant({ authority: 'intune', ...profile }), 'windows');
  const device = await stage.device(1);
  const autopilot = [{ serial: device.state.facts.serial, profile: 'Office' }];
  await nowIs(stage, { authority: 'intune', ...profile, autopilot });
  await nowIs(stage, { authority: 'intune', ...profile });
  await refusedPc(stage, device, byAutopilot(stage, alice), ofAutopilot('E16'));
  await nowIs(stage, { authority: 'intune', ...profile, autopilot });
  await device.enroll(byAutopilot(stage, alice));
  await device.checkIn();
});
