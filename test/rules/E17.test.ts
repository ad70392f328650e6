import { expect, it } from 'vitest';
import { enrolled, expectRefused, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E17 ios: a user at the device limit cannot enroll one more, until one has left', async () => {
  const tenant = ruleTenant();
  const stage = await openStage({ ...tenant, settings: { ...tenant.settings, deviceLimitPerUser: 2 } });
  const first = await enrolled(stage, 1);
  await enrolled(stage, 2);
  await expectRefused(stage, { device: await stage.device(3), user: 'alice@contoso.example' }, 'E17');
  expect((await enrolled(stage, 4, 'bob@contoso.example')).state.lifecycle).toBe('enrolled');
  const again = await enrolled(stage, 2); // one of the two, after a restore: it is not one more
  expect(again.state.lifecycle).toBe('enrolled');
  await first.leave();
  expect((await enrolled(stage, 3)).state.lifecycle).toBe('enrolled');
});
