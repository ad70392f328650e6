import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, platformsOfAdmission, refused, restrict } from '../support/admission.js';
import { alice, enrolled, failedEnrollments, managedDevices, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

// Apple has one manufacturer.
const platforms = platformsOfAdmission.filter((platform) => platform !== 'ios');

it('E07: a device of a manufacturer that is blocked is refused, whatever the capitals, until it is not', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(
    stage,
    async (on, { restriction }) => {
      const device = await deviceWith(on, 1);
      const { manufacturer } = device.state.facts;
      await restrict(on, { [restriction]: { blockedManufacturers: [manufacturer.toUpperCase()] } });
      expect(await refused(on, device, 'E07')).toMatchObject({ failureCategory: 'enrollmentRestrictionsEnforced' });
      await restrict(on, { [restriction]: { blockedManufacturers: ['Another'] } });
      await enrolls(on, device);
    },
    platforms,
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
