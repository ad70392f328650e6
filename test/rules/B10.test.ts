import { expect, it } from 'vitest';
import { complianceOf } from '../support/compliance.js';
import { alice, basic, bob, enrolled, heldOf, reach, tenantFile, wifi } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

const tenant = tenantFile({
  groups: ['Staff', 'Board', 'Chairs'].map((name) => ({
    id: name,
    name,
    ...(name === 'Chairs' && { memberOf: ['Board'] }),
  })),
  users: [
    { id: 'alice', upn: alice, licences: [basic], groups: ['Staff', 'Chairs'] },
    { id: 'bob', upn: bob, licences: [basic], groups: ['Staff'] },
  ],
  profiles: [
    wifi('staff-wifi', 'office365', 'staff-network', { assign: { groups: ['Staff'] } }),
    wifi('corp-wifi', 'office365', 'corp-network'),
  ],
  compliance: [{ name: 'PIN', authority: 'office365', pin: 'required' }],
});
const exclusions = '/stub/v1/bms/exclusions';
const whole = ['corp-network', 'staff-network'];

it.each(platformsOfRules)(
  'B10 %s: no policy of the service affects who is on its one exclusion list: settings come off at the next check-in, and the device stays',
  async (platform) => {
    const stage = await openStage(tenant, platform);
    const [hers, his] = [await enrolled(stage, 1, alice), await enrolled(stage, 2, bob)];
    expect([reach(hers), reach(his)]).toEqual([whole, whole]);
    expect((await complianceOf(stage, hers)).console).toBe('noncompliant');

    const put = await stage.admin('PUT', exclusions, { groups: ['Board'] });
    expect([put.status, put.body]).toEqual([200, { groups: ['Board'] }]);
    const pushed = (await stage.admin('GET', '/stub/v1/push')).body.value.filter(({ why }) => why === 'assignment');
    expect(pushed).toHaveLength(1); // of her device alone
    expect((await complianceOf(stage, hers)).console).not.toBe('noncompliant');
    for (const device of [hers, his]) await device.checkIn();
    expect([reach(hers), await heldOf(stage, hers), hers.state.lifecycle]).toEqual([[], [], 'enrolled']);
    expect(reach(his)).toEqual(whole);
    await expect(hers.useResource('wifi', 'corp-wifi')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' });
    expect((await complianceOf(stage, his)).console).toBe('noncompliant');

    expect((await stage.admin('PUT', exclusions, { groups: ['nobody'] })).status).toBe(400);
    expect((await stage.admin('GET', exclusions)).body).toEqual({ groups: ['Board'] });
    expect((await stage.admin('PUT', exclusions, { groups: [] })).status).toBe(200);
    await hers.checkIn();
    expect(reach(hers)).toEqual(whole);
  },
);
