import { expect, it } from 'vitest';
import { ben, bmsReach, cem, coexistenceTenant, enrolledOf, intuneReach, license } from '../support/coexistence.js';
import { history, intune, pushes, reach } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'C4 %s: an Intune licence moves its user’s devices at their next check-in, and its removal moves them back the same way',
  async (platform) => {
    const stage = await openStage(coexistenceTenant({ coexistence: 'on' }), platform);
    const [device, other] = await enrolledOf(stage, ben, cem);
    const notified = await pushes(stage);
    await license(stage, 'ben', { add: [intune] });
    expect(reach(device)).toEqual(bmsReach);
    await device.checkIn();
    expect(reach(device)).toEqual(intuneReach);
    await other.checkIn();
    expect(reach(other)).toEqual(bmsReach);

    await license(stage, 'ben', { remove: [intune] });
    await device.checkIn();
    expect(reach(device)).toEqual(bmsReach);
    const row = { cause: 'licence', moved: 1, waiting: 0, stale: 0 };
    expect(await history(stage)).toMatchObject([
      { ...row, from: 'office365', to: 'intune' },
      { ...row, from: 'intune', to: 'office365' },
    ]);
    expect(await pushes(stage)).toEqual(notified);
  },
);
