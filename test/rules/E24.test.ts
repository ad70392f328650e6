import { it } from 'vitest';
import { declare, enrolls, onEachPlatform, personalDevice, refused, restrict } from '../support/admission.js';
import { ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E24: personal devices blocked on every platform are E19, on this one E10, another restriction E07; a declared one passes the first two', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  const words = ['iosRestriction', 'windowsRestriction', 'androidRestriction'];
  const personal = (blocked: boolean, which = words) =>
    restrict(stage, Object.fromEntries(which.map((word) => [word, { personalDeviceEnrollmentBlocked: blocked }])));
  await onEachPlatform(stage, async (on, { restriction }) => {
    const device = await personalDevice(on, 1);
    await personal(true);
    await refused(on, device, 'E19');
    await personal(
      false,
      words.filter((word) => word !== restriction),
    );
    await refused(on, device, 'E10');
    await declare(on, device);
    await enrolls(on, device);
    await personal(true);
    const again = await personalDevice(on, 1); // the same hardware after a restore
    await enrolls(on, again);
    if (on.platform !== 'ios') {
      const { manufacturer } = device.state.facts;
      await restrict(on, { [restriction]: { blockedManufacturers: [manufacturer] } });
      await refused(on, await personalDevice(on, 1), 'E07');
    }
    await personal(false);
  });
});
