import { expect, it } from 'vitest';
import { enrolled, expectRefused, ruleTenant, switchTo } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'E04 %s: a tenant that is not onboarded refuses; once its authority is set the same device enrolls',
  async (platform) => {
    const stage = await openStage(ruleTenant({ authority: 'none' }), platform);
    await expectRefused(stage, { device: await stage.device(1), user: 'alice@contoso.example' }, 'E04');
    const { body } = await stage.admin('GET', '/v1.0/deviceManagement/troubleshootingEvents');
    expect(body.value[0]).toMatchObject({ failureCategory: 'accountValidation' });
    await switchTo(stage, 'intune');
    expect((await enrolled(stage, 1)).state.lifecycle).toBe('enrolled');
  },
);
