import { expect, it } from 'vitest';
import { enrolled, expectRefused, renewPushCertificate, ruleTenant } from '../support/rules.js';
import { dayMs, openStage } from '../support/stage.js';

it('E18 ios: without a push certificate nobody enrolls an Apple device', async () => {
  const { pushCertificate: _, ...tenant } = ruleTenant();
  const stage = await openStage(tenant);
  await expectRefused(stage, { device: await stage.device(1), user: 'alice@contoso.example' }, 'E18');
  await renewPushCertificate(stage);
  expect((await enrolled(stage, 1)).state.lifecycle).toBe('enrolled');
});

it('E18 ios: an expired push certificate refuses too', async () => {
  const stage = await openStage(ruleTenant());
  await stage.clock.advance(366 * dayMs);
  await expectRefused(stage, { device: await stage.device(1), user: 'alice@contoso.example' }, 'E18');
});
