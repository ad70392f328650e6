import { expect, it } from 'vitest';
import { enrolled, expectRefused, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('E02 ios: a user who is unknown, removed or not licensed cannot enroll', async () => {
  const stage = await openStage(ruleTenant());
  const device = await stage.device(1);
  await expectRefused(stage, { device, user: 'nobody@contoso.example' }, 'E02');
  await expectRefused(stage, { device, user: 'carol@contoso.example' }, 'E02');
  expect((await stage.admin('DELETE', '/v1.0/users/bob')).status).toBe(204);
  await expectRefused(stage, { device, user: 'bob@contoso.example' }, 'E02');
  const { body } = await stage.admin('GET', '/v1.0/deviceManagement/troubleshootingEvents');
  expect(body.value).toHaveLength(3);
  expect(body.value[0]).toMatchObject({ failureCategory: 'userValidation' });
  expect((await enrolled(stage, 1)).state.lifecycle).toBe('enrolled'); // the same device, a user who may
});
