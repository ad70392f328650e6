import { it } from 'vitest';
import { alice, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';
import { byAutopilot, nowIs, ofAutopilot, refusedPc } from '../support/windows-admission.js';

it('E14 windows: a PC that Autopilot knows without a deployment profile is refused, until one is assigned', async () => {
  const profile = { autopilotProfiles: [{ name: 'Office', mode: 'userDriven' }] };
  const stage = await openStage(ruleTenant({ authority: 'intune', ...profile }), 'windows');
  const device = await stage.device(1);
  const { serial } = device.state.facts;
  await nowIs(stage, { authority: 'intune', ...profile, autopilot: [{ serial }] });
  await refusedPc(stage, device, byAutopilot(stage, alice), ofAutopilot('E14'));
  await nowIs(stage, { authority: 'intune', ...profile, autopilot: [{ serial, profile: 'Office' }] });
  await device.enroll(byAutopilot(stage, alice));
  await device.checkIn();
});
