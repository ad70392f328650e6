import { expect, it } from 'vitest';
import { enrolled, expectRefused, failedEnrollments, left, listed, ruleTenant } from '../support/rules.js';
import { openStage, platformsOfRules, type Stage } from '../support/stage.js';

const serials = async (stage: Stage) => (await listed(stage)).map(({ serial }) => serial).sort();

it.each(platformsOfRules)(
  'E17 %s: a user at the device limit cannot enroll one more, until one has left',
  async (platform) => {
    const stage = await openStage(ruleTenant({ settings: { deviceLimitPerUser: 2 } }), platform);
    const devices = [await enrolled(stage, 1), await enrolled(stage, 2)];
    const third = await stage.device(3);
    await expectRefused(stage, { device: third, user: 'alice@contoso.example' }, 'E17', 'check-in');
    expect((await failedEnrollments(stage))[0]).toMatchObject({ failureCategory: 'enrollmentRestrictionsEnforced' });
    devices.push(await enrolled(stage, 4, 'bob@contoso.example')); // the limit is each user's own
    const known = () => devices.map(({ state }) => state.facts.serial).sort();
    expect(await serials(stage)).toEqual(known());
    const again = await enrolled(stage, 2); // one of the two, after a restore: it is not one more
    expect(again.state.lifecycle).toBe('enrolled');
    expect(await serials(stage)).toEqual(known());
    await left(stage, devices.shift() ?? third);
    devices.push(await enrolled(stage, 3));
    expect(await serials(stage)).toEqual(known());
  },
);
