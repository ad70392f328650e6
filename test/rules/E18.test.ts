import { expect, it } from 'vitest';
import {
  enrolled,
  expectRefused,
  failedEnrollments,
  listed,
  renewPushCertificate,
  ruleTenant,
} from '../support/rules.js';
import { dayMs, hourMs, openStage } from '../support/stage.js';

it('E18 ios: without a push certificate nobody enrolls an Apple device, until one is uploaded', async () => {
  const stage = await openStage(ruleTenant({ pushCertificate: false }));
  await expectRefused(stage, { device: await stage.device(1), user: 'alice@contoso.example' }, 'E18');
  expect((await failedEnrollments(stage))[0]).toMatchObject({ failureCategory: 'accountValidation' });
  await renewPushCertificate(stage);
  const device = await enrolled(stage, 1);
  expect(await listed(stage)).toMatchObject([{ serial: device.state.facts.serial }]);
});

it('E18 ios: an expired push certificate refuses too, from the moment at which it expires', async () => {
  const stage = await openStage(ruleTenant());
  await stage.clock.advance(365 * dayMs - hourMs);
  expect((await enrolled(stage, 1)).state.lifecycle).toBe('enrolled');
  await stage.clock.advance(hourMs);
  await expectRefused(stage, { device: await stage.device(2), user: 'alice@contoso.example' }, 'E18');
  await renewPushCertificate(stage);
  await enrolled(stage, 2);
  expect(await listed(stage)).toHaveLength(2);
});
