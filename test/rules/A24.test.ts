import { expect, it } from 'vitest';
import {
  alice,
  bob,
  enrolled,
  expectRefused,
  pushes,
  recordOf,
  renewPushCertificate,
  ruleTenant,
} from '../support/rules.js';
import { dayMs, openStage } from '../support/stage.js';

it('A24 ios: a push certificate that has merely expired ends enrollments and notifications, but not check-ins that a device starts', async () => {
  const stage = await openStage(ruleTenant({ settings: { pushCertificate: '30d' } }));
  const device = await enrolled(stage, 1);
  const { id } = await recordOf(stage, device);
  const sync = () => stage.admin('POST', `/v1.0/deviceManagement/managedDevices/${id}/syncDevice`);
  await stage.clock.advance(30 * dayMs);

  await expectRefused(stage, { device: await stage.device(2), user: bob }, 'E18');
  expect((await sync()).status).toBe(204);
  expect((await pushes(stage, device))[0]).toMatchObject({
    why: 'sync',
    result: 'refused',
    reason: expect.stringMatching(/expired/),
  });
  expect(await device.checkIn()).toMatchObject({ commands: 0 });

  await renewPushCertificate(stage);
  expect((await sync()).status).toBe(204);
  expect((await pushes(stage, device))[0]).toMatchObject({ why: 'sync', result: 'sent' });
  await device.checkIn();
  await enrolled(stage, 2, bob);
});

it('A24 ios: after C1 no renewed push certificate is asked for', async () => {
  const stage = await openStage(ruleTenant());
  const device = await enrolled(stage, 1, alice);
  expect((await stage.admin('POST', '/stub/v1/coexistence', { enabled: true })).status).toBe(200);
  await device.checkIn();
  await enrolled(stage, 2, bob);
});
