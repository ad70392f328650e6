import { expect, it } from 'vitest';
import { deviceWith, enrolls, onEachPlatform, stoppedAtDevice } from '../support/admission.js';
import { alice, ruleTenant } from '../support/rules.js';
import { dayMs, openStage } from '../support/stage.js';

const check = (name: string, code: string) => ({ code, details: { check: name } });

it('B6: no network, a broken Company Portal, another provider and a wrong clock are told at the device as what to check, and cured there', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on) => {
    const device = await deviceWith(on, 1);
    await device.setNetwork('none');
    await stoppedAtDevice(on, device, check('network', 'TRANSPORT_LOST'));
    await device.setNetwork('cellular');
    await device.setCompanyPortal({ version: '9999.1', isBroken: true });
    await stoppedAtDevice(on, device, check('companyPortal', 'PORTAL_BROKEN'));
    await device.setCompanyPortal({ version: '9999.1' });
    await enrolls(on, device);
    await device.switchTo({ ...on.invitation(alice), authority: 'another provider' });
    await stoppedAtDevice(on, device, check('provider', 'ALREADY_ENROLLED'));
    await device.leave();
    await device.enroll(on.invitation(alice));
    expect(device.state.lifecycle).toBe('enrolled');
  });
});

it('B6, E22: a clock that is two years wrong finds the server’s certificate expired, or not valid yet; set right, the same device enrolls', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }));
  await onEachPlatform(stage, async (on) => {
    for (const skewMs of [730 * dayMs, -730 * dayMs])
      await stoppedAtDevice(on, await on.device(1, { skewMs }), check('dateAndTime', 'TLS_EXPIRED'));
    await enrolls(on, await on.device(1));
  });
});
