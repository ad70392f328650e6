import { expect, it } from 'vitest';
import { authorityOf, both, enrolled, portal, recordOf, ruleTenant, switchTo } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it.each([
  { authority: 'intune', told: 'intune' },
  { authority: 'office365', told: 'office365' },
  { authority: 'office365', coexistence: 'on', told: 'intune' },
  { authority: 'sccm', told: 'sccm' },
] as const)(
  'A2: a tenant can be managed so: %o; and whoever is managed is told by Graph',
  async ({ told, ...words }) => {
    const stage = await openStage(ruleTenant(words));
    expect(await authorityOf(stage)).toBe(told);
    const { body } = await stage.admin('GET', '/stub/v1/coexistence');
    expect(body['enabled']).toBe('coexistence' in words);
  },
);

it('A2 windows: intune with co-management: ConfigMgr keeps some workloads of a PC', async () => {
  const stage = await openStage(ruleTenant({ authority: 'intune' }), 'windows');
  const device = await enrolled(stage, 1);
  const { id } = await recordOf(stage, device);
  const handed = { userPrincipalName: 'alice@contoso.example', deviceId: id, workloads: ['clientApps'] };
  expect((await stage.admin('POST', '/stub/v1/comanagement', handed)).status).toBe(200);
  await device.checkIn();
  expect(await authorityOf(stage)).toBe('intune');
  expect(await portal(stage, 'intune')).toEqual([device.state.facts.serial]);
});

it('A2: the legacy hybrid state is one to switch from', async () => {
  const users = [{ upn: 'alice@contoso.example', licences: [both] }];
  const stage = await openStage(ruleTenant({ authority: 'sccm', users }));
  await switchTo(stage, 'intune');
  expect(await authorityOf(stage)).toBe('intune');
});
