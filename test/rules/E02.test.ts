import { expect, it } from 'vitest';
import { enrolled, expectRefused, failedEnrollments, ruleTenant } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)('E02 %s: a user who is unknown, removed or not licensed cannot enroll', async (platform) => {
  const stage = await openStage(ruleTenant(), platform);
  const device = await stage.device(1);
  await expectRefused(stage, { device, user: 'nobody@contoso.example' }, 'E02');
  await expectRefused(stage, { device, user: 'carol@contoso.example' }, 'E02');
  expect((await stage.admin('DELETE', '/v1.0/users/bob')).status).toBe(204);
  await expectRefused(stage, { device, user: 'bob@contoso.example' }, 'E02');
  const failures = await failedEnrollments(stage);
  expect(failures).toHaveLength(platform === 'ios' ? 6 : 3); // on iOS each asked for the profile twice
  expect(new Set(failures.map((failure) => failure['failureCategory']))).toEqual(new Set(['userValidation']));
  expect((await enrolled(stage, 1)).state.lifecycle).toBe('enrolled'); // the same device, a user who may
});

it('E02 ios: who has fetched the profile and is removed before the device says its first word cannot enroll', async () => {
  const stage = await openStage(ruleTenant());
  const user = 'bob@contoso.example';
  const { status, body: document } = await stage.get(stage.invitation(user).url);
  expect(status).toBe(200);
  expect((await stage.admin('DELETE', '/v1.0/users/bob')).status).toBe(204);
  const invitation = { authority: 'stub', document, user };
  await expectRefused(stage, { device: await stage.device(1), user, invitation }, 'E02');
});
