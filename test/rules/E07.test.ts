import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, platformsOfAdmission, refused, restrict } from '../support/admission.js';
import { alice, enrolled, failedEnrollments, managedDevices, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E07: a device of a maker that the restriction blocks is refused, one of another maker is not, and after the cure it enrolls', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  const telling = platformsOfAdmission.filter((platform) => platform !== 'ios');
  await onEachPlatform(
    stage,
    async (on, { restriction }) => {
      const device = await deviceWith(on, 1);
      const blocks = (maker: string) => restrict(on, { [restriction]: { blockedManufacturers: [maker] } });
      await blocks(device.state.facts.manufacturer.toUpperCase());
      const record = await refused(on, device, 'E07');
      expect(record).toMatchObject({ failureCategory: 'enrollmentRestrictionsEnforced' });
      await blocks('Another Maker');
      await enrolls(on, device);
    },
    telling,
  );
});

it('E07 android: a stock launcher tells its model alone, with the first sync/info: that ends what the POST began', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }), 'android');
  const { facts } = (await stage.device(1)).state;
  const exact = {
    ...facts,
    manufacturer: 'Google',
    model: 'Pixel 8',
    native: { ...facts.native, Launcher: 'launcher' },
  };
  const device = await stage.device(1, { facts: exact });
  await restrict(stage, { androidRestriction: { blockedManufacturers: ['Google'] } });
  await device.enroll(stage.invitation(alice)); // the launcher does not look at the answer
  expect(await managedDevices(stage)).toEqual([]);
  expect(await failedEnrollments(stage)).toMatchObject([{ osVersion: facts.osVersion, rollcall: { code: 'E07' } }]);
  await expect(device.checkIn()).rejects.toMatchObject({ code: 'CHECKIN_REFUSED' });
  await restrict(stage, { androidRestriction: { blockedManufacturers: [] } });
  expect((await enrolled(stage, 1)).state.lifecycle).toBe('enrolled');
});
