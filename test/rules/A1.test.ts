import { expect, it } from 'vitest';
import { authorityOf, expectRefused, listed, ruleTenant } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('A1 ios: with no authority set nobody enrolls; the attempt fails with E04', async () => {
  const stage = await openStage(ruleTenant({ authority: 'none' }));
  await expectRefused(stage, { device: await stage.device(1), user: 'alice@contoso.example' }, 'E04');
  expect(await authorityOf(stage)).toBe('unknown');
  expect(await listed(stage)).toEqual([]);
});
