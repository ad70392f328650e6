import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, platformsOfAdmission, refused, restrict } from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

// Apple has one manufacturer.
const platforms = platformsOfAdmission.filter((platform) => platform === 'windows');

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
