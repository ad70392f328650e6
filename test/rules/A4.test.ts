import { expect, it } from 'vitest';
import { alice, authorityOf, both, enrolled, portal, setAuthority, tenantFile } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

const users = [{ upn: alice, licences: [both] }];

it.each(platformsOfRules)(
  'A4 %s: a new tenant that says nothing has the authority intune, and devices enroll',
  async (platform) => {
    const stage = await openStage(tenantFile({ users, authority: undefined }), platform);
    expect(await authorityOf(stage)).toBe('intune');
    const device = await enrolled(stage, 1);
    expect(await portal(stage, 'intune')).toEqual([device.state.facts.serial]);
  },
);

it('A4: a new tenant may be created with no authority set, which is set then', async () => {
  const stage = await openStage(tenantFile({ users, authority: 'none' }));
  expect(await authorityOf(stage)).toBe('unknown');
  expect((await setAuthority(stage, 'intune')).body).toEqual({ value: 1 });
  expect(await authorityOf(stage)).toBe('intune');
});
