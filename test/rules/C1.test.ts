import { expect, it } from 'vitest';
import { coexistenceTenant, enableCoexistence } from '../support/coexistence.js';
import { authorityOf, history, latestChange, setAuthority } from '../support/rules.js';
import { openStage } from '../support/stage.js';

it('C1: coexistence is enabled by adding intune to a tenant of office365, and has no way back', async () => {
  const stage = await openStage(coexistenceTenant());
  expect((await stage.admin('GET', '/stub/v1/coexistence')).body).toEqual({ enabled: false });
  expect((await enableCoexistence(stage)).status).toBe(200);
  expect((await stage.admin('GET', '/stub/v1/coexistence')).body).toMatchObject({ enabled: true, by: 'administrator' });
  expect(await authorityOf(stage)).toBe('intune');
  expect(await latestChange(stage)).toMatchObject({ cause: 'coexistence', from: 'office365', to: 'intune' });

  expect((await stage.admin('POST', '/stub/v1/coexistence', { enabled: false })).status).toBe(409);
  for (const authority of ['office365', 'intune']) expect((await setAuthority(stage, authority)).status).toBe(409);
  expect((await stage.admin('GET', '/stub/v1/coexistence')).body).toMatchObject({ enabled: true });
  expect(await history(stage)).toHaveLength(1);
});

it.each(['intune', 'none'] as const)(
  'C1: to a tenant of %s nothing is added: it changes nothing',
  async (authority) => {
    const stage = await openStage(coexistenceTenant({ authority }));
    const refused = await enableCoexistence(stage);
    expect(refused.status).toBe(409);
    expect(refused.body.error.message).toMatch(/office365/);
    expect((await stage.admin('GET', '/stub/v1/coexistence')).body).toEqual({ enabled: false });
    expect(await history(stage)).toEqual([]);
  },
);

it('C1: setting the authority to intune is another change: the tenant’s, without coexistence', async () => {
  const stage = await openStage(coexistenceTenant());
  expect((await setAuthority(stage, 'intune')).status).toBe(200);
  expect((await stage.admin('GET', '/stub/v1/coexistence')).body).toEqual({ enabled: false });
  expect(await latestChange(stage)).toMatchObject({ cause: 'authority' });
});
