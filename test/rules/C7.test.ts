import { expect, it } from 'vitest';
import {
  ann,
  assignLicence,
  ben,
  bmsReach,
  cem,
  coexistenceTenant,
  dee,
  enableCoexistence,
  enrolledOf,
  licenceCount,
  license,
} from '../support/coexistence.js';
import { basic, history, intune, reach } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

const users = [ann, ben, cem, dee].map((upn) => ({ id: upn.slice(0, 3), upn, licences: [basic] }));

it.each(platformsOfRules)(
  'C7 %s: licences are counted: one more than was bought is refused, and moves nobody',
  async (platform) => {
    const stage = await openStage(coexistenceTenant({ coexistence: 'on', users }), platform);
    const [device] = await enrolledOf(stage, dee);
    expect(await licenceCount(stage, intune)).toEqual({ enabled: 3, consumed: 0 });
    for (const user of ['ann', 'ben', 'cem']) await license(stage, user, { add: [intune] });
    expect(await licenceCount(stage, intune)).toEqual({ enabled: 3, consumed: 3 });
    const change = { licences: { add: [{ user: dee, sku: intune }] } };
    expect((await stage.admin('POST', '/stub/v1/dryRun', { change })).body['licencesShort']).toBe(1);

    const refused = await assignLicence(stage, 'users/dee', { add: [intune] });
    expect(refused.status).toBe(400);
    expect(refused.body.error.message).toMatch(/INTUNE_A/);
    expect(await licenceCount(stage, intune)).toEqual({ enabled: 3, consumed: 3 });
    expect(await device.checkIn()).toMatchObject({ commands: 0 });
    expect(reach(device)).toEqual(bmsReach);

    await license(stage, 'ann', { remove: [intune] });
    await license(stage, 'dee', { add: [intune] });
    expect(await licenceCount(stage, intune)).toEqual({ enabled: 3, consumed: 3 });
  },
);

it('C7: without any Intune licence coexistence cannot be enabled', async () => {
  const stage = await openStage(coexistenceTenant({ licences: { [basic]: 10 }, users }));
  const refused = await enableCoexistence(stage);
  expect(refused.status).toBe(400);
  expect(refused.body.error.message).toMatch(/licence/i);
  expect((await stage.admin('GET', '/stub/v1/coexistence')).body).toEqual({ enabled: false });
  expect(await history(stage)).toEqual([]);
});

it('C7: a licence of a group counts for each of its members, and is refused where there are not enough', async () => {
  const members = [ann, ben, cem, dee].map((upn) => ({
    id: upn.slice(0, 3),
    upn,
    licences: [basic],
    groups: ['Everybody'],
  }));
  const stage = await openStage(coexistenceTenant({ coexistence: 'on', users: members }));
  const [group] = (await stage.admin('GET', '/v1.0/groups')).body.value;
  const path = `groups/${group?.['id']}`;
  expect((await assignLicence(stage, path, { add: [intune] })).status).toBe(400);
  expect(await licenceCount(stage, intune)).toEqual({ enabled: 3, consumed: 0 });
  expect((await stage.admin('DELETE', `/v1.0/${path}/members/dee/$ref`)).status).toBe(204);
  expect((await assignLicence(stage, path, { add: [intune] })).status).toBe(202);
  expect(await licenceCount(stage, intune)).toEqual({ enabled: 3, consumed: 3 });
});
