import { expect, it } from 'vitest';
import { expectRefused, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('A1 ios: with no authority set nobody enrolls; the attempt fails with E04', async () => {
  const stage = await openStage(ruleTenant({ authority: 'unknown' }));
  await expectRefused(stage, { device: await stage.device(1), user: 'alice@contoso.example' }, 'E04');
  expect(stage.authority.tenant.authority).toBe('unknown');
});
