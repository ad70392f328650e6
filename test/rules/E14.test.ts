import { expect, it } from 'vitest';
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

  // As most organizations do it: a profile for all devices.
  const other = await stage.device(2);
  const known = [{ serial }, { serial: other.state.facts.serial, groupTag: 'kiosk' }];
  await nowIs(stage, { authority: 'intune', ...profile, autopilot: known });
  await refusedPc(stage, other, byAutopilot(stage, alice), ofAutopilot('E14'));
  const profiles = '/beta/deviceManagement/windowsAutopilotDeploymentProfiles';
  const { body } = await stage.admin('GET', profiles);
  const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' };
  const path = `${profiles}/${String(body.value[0]?.id)}/assignments`;
  expect((await stage.admin('POST', path, { target })).status).toBe(201);
  await other.enroll(byAutopilot(stage, alice));
  await other.checkIn();
});
