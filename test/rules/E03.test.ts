import { expect, it } from 'vitest';
import { enrolled, expectRefused, oldReach, reach, ruleTenant } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'E03 %s: a device still enrolled by another user is refused, and the first enrollment goes on',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const first = await enrolled(stage, 1);
    const restored = await stage.device(1); // the same hardware after a restore: it forgot its management, the authority did not
    expect(restored.state.facts.id).toBe(first.state.facts.id);
    await expectRefused(stage, { device: restored, user: 'bob@contoso.example' }, 'E03', 'check-in');
    await first.checkIn();
    expect(reach(first)).toEqual(oldReach);
  },
);

it.each(platformsOfRules)('E03 %s: the same user may enroll the same device again', async (platform) => {
  const stage = await openStage(ruleTenant(), platform);
  await enrolled(stage, 1);
  expect((await enrolled(stage, 1)).state.lifecycle).toBe('enrolled');
});
