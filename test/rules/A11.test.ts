import { expect, it } from 'vitest';
import {
  enrolled,
  expectRefused,
  newReach,
  oldReach,
  reach,
  renewPushCertificate,
  ruleTenant,
  switchTo,
} from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('A11 ios: until a renewed push certificate is uploaded, enrollments fail with E18 and check-ins fail; then the same devices recover', async () => {
  const stage = await openStage(ruleTenant());
  const device = await enrolled(stage, 1);
  await switchTo(stage, 'intune', false);

  await expectRefused(stage, { device: await stage.device(2), user: 'bob@contoso.example' }, 'E18');
  await expect(device.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
  expect(device.state.lifecycle).toBe('enrolled');
  expect(reach(device)).toEqual(oldReach);

  const link = device.state.link?.data;
  await renewPushCertificate(stage);
  await device.checkIn();
  expect(reach(device)).toEqual(newReach);
  expect(device.state.link?.data).toMatchObject({ identity: (link as { identity: unknown }).identity });
  const another = await enrolled(stage, 2, 'bob@contoso.example');
  expect(another.state.lifecycle).toBe('enrolled');
});

it('A11 windows: devices that need no push certificate go on: they enroll, check in and move before it is uploaded', async () => {
  const stage = await openStage(ruleTenant(), 'windows');
  const device = await enrolled(stage, 1);
  await switchTo(stage, 'intune', false);
  const another = await enrolled(stage, 2, 'bob@contoso.example');
  expect(another.state.lifecycle).toBe('enrolled');
  await device.checkIn();
  expect(reach(device)).toEqual(newReach);
});
