import { expect, it } from 'vitest';
import { authorityOf, expectRefused, listed, ruleTenant } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A1 %s: with no authority set nobody enrolls; the attempt fails with E04',
  async (platform) => {
    const stage = await openStage(ruleTenant({ authority: 'none' }), platform);
    await expectRefused(stage, { device: await stage.device(1), user: 'alice@contoso.example' }, 'E04');
    expect(await authorityOf(stage)).toBe('unknown');
    expect(await listed(stage)).toEqual([]);
  },
);
