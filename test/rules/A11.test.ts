import { expect, it } from 'vitest';
import {
  bob,
  certificatePath,
  enrolled,
  expectRefused,
  latestChange,
  newReach,
  oldReach,
  reach,
  renewPushCertificate,
  ruleTenant,
  switchTo,
  until,
} from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('A11 ios: until a renewed push certificate is uploaded, enrollments fail with E18 and check-ins fail; then the same devices recover', async () => {
  const stage = await openStage(ruleTenant());
  const device = await enrolled(stage, 1);
  await switchTo(stage, 'intune', false);

  await expectRefused(stage, { device: await stage.device(2), user: bob }, 'E18');
  await expect(device.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
  expect(device.state.lifecycle).toBe('enrolled');
  expect(reach(device)).toEqual(oldReach);

  const link = device.state.link?.data;
  await renewPushCertificate(stage);
  await device.checkIn();
  expect(reach(device)).toEqual(newReach);
  expect(device.state.link?.data).toMatchObject({ identity: (link as { identity: unknown }).identity });
  const another = await enrolled(stage, 2, bob);
  expect(another.state.lifecycle).toBe('enrolled');
});

it.each(['windows', 'android'] as const)(
  'A11 %s: devices that need no push certificate go on: they enroll, check in and move before it is uploaded',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    await switchTo(stage, 'intune', false);
    const another = await enrolled(stage, 2, bob);
    expect(another.state.lifecycle).toBe('enrolled');
    await device.checkIn();
    expect(reach(device)).toEqual(newReach);
  },
);

it('A11 ios: a push certificate of another topic is taken with a warning, and reaches no enrolled device; the right one heals', async () => {
  const topic = 'com.apple.mgmt.External.contoso';
  const stage = await openStage(ruleTenant({ pushCertificate: { topic } }));
  const device = await enrolled(stage, 1);
  await switchTo(stage, 'intune', false);
  const upload = (topicIdentifier: string) => stage.admin('PATCH', certificatePath, { topicIdentifier });
  const other = await upload('com.apple.mgmt.External.other');
  expect(other.status).toBe(200);
  expect(other.body['rollcall']).toMatchObject({ warning: expect.stringMatching(/enroll again/) });
  expect(await latestChange(stage)).toMatchObject({
    notified: 0,
    certificate: { warning: expect.stringMatching(/enroll again/) },
  });

  stage.alive(device);
  const { status, body } = await upload(topic);
  expect([status, body['rollcall']]).toEqual([200, expect.not.objectContaining({ warning: expect.anything() })]);
  await until(device, () => reach(device).toString() === newReach.toString());
  const { certificate, ...row } = await latestChange(stage);
  expect(row).toMatchObject({ notified: 1, moved: 1 });
  expect(certificate).not.toHaveProperty('warning');
});
