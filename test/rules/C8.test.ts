import { expect, it } from 'vitest';
import {
  ben,
  bmsReach,
  coexistenceTenant,
  dee,
  enableCoexistence,
  enrolledOf,
  intuneReach,
  license,
} from '../support/coexistence.js';
import { basic, changesOn, enrolled, expectRefused, latestChange, reach, recordOf } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'C8 %s: whoever has no Intune licence stays with office365, without any licence too; but then no new device enrolls',
  async (platform) => {
    const stage = await openStage(coexistenceTenant({ coexistence: 'on' }), platform);
    const [device] = await enrolledOf(stage, ben);
    await license(stage, 'ben', { remove: [basic] });
    const changes = changesOn(device);
    await device.checkIn();
    expect(changes).toEqual([]);
    expect(reach(device)).toEqual(bmsReach);
    await expectRefused(stage, { device: await stage.device(2), user: ben }, 'E02');
    await expectRefused(stage, { device: await stage.device(2), user: dee }, 'E02');
  },
);

it('C8 ios: a PC that is co-managed moves all devices of its user, the iPhone too, without any licence', async () => {
  const users = [{ id: 'dee', upn: dee, licences: [basic] }];
  const stage = await openStage(coexistenceTenant({ users }));
  const windows = stage.on('windows');
  const [phone, pc] = [await enrolled(stage, 1, dee), await enrolled(windows, 2, dee)];
  await license(stage, 'dee', { remove: [basic] });
  expect((await enableCoexistence(stage)).status).toBe(200);
  await phone.checkIn();
  expect(reach(phone)).toEqual(bmsReach);

  const handed = {
    userPrincipalName: dee,
    deviceId: (await recordOf(windows, pc))['id'],
    workloads: ['resourceAccess'],
  };
  expect((await stage.admin('POST', '/stub/v1/comanagement', handed)).status).toBe(200);
  await phone.checkIn();
  expect(reach(phone)).toEqual(intuneReach);
  expect(await latestChange(stage)).toMatchObject({ cause: 'comanagement', from: 'office365', to: 'intune' });
});
