import { expect, it } from 'vitest';
import { alice, authorityOf, basic, bob, enrolled, reach, tenantFile, wifi } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

const tenant = tenantFile({
  groups: ['Staff', 'Guests', 'Inner'].map((name) => ({
    id: name,
    name,
    ...(name === 'Inner' && { memberOf: ['Staff'] }),
  })),
  users: [
    { id: 'alice', upn: alice, licences: [basic], groups: ['Inner'] },
    { id: 'bob', upn: bob, licences: [basic], groups: ['Staff', 'Guests'] },
  ],
  profiles: [
    wifi('staff-wifi', 'office365', 'staff-network', { assign: { groups: ['Staff'], exclude: ['Guests'] } }),
    wifi('corp-wifi', 'office365', 'corp-network', { id: 'corp' }),
  ],
});
const member = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` });

it.each(platformsOfRules)(
  'B2 %s: policies go to groups, less an exclusion group; removing the group or the policy turns it off; the service cannot be unprovisioned',
  async (platform) => {
    const stage = await openStage(tenant, platform);
    const [hers, his] = [await enrolled(stage, 1, alice), await enrolled(stage, 2, bob)];
    expect([reach(hers), reach(his)]).toEqual([['corp-network', 'staff-network'], ['corp-network']]);

    const refused = await stage.admin('DELETE', '/stub/v1/bms');
    expect([refused.status, refused.body.error.message]).toEqual([409, expect.stringMatching(/unprovisioned/)]);
    expect((await stage.admin('GET', '/stub/v1/bms')).body).toMatchObject({ state: 'ready' });
    expect(await authorityOf(stage)).toBe('office365');
    const circle = await stage.admin('POST', '/v1.0/groups/Inner/members/$ref', member('Staff'));
    expect([circle.status, circle.body.error.message]).toEqual([400, expect.stringMatching(/circle/)]);

    expect((await stage.admin('POST', '/v1.0/groups/Guests/members/$ref', member('alice'))).status).toBe(204);
    await hers.checkIn();
    expect(reach(hers)).toEqual(['corp-network']);
    expect((await stage.admin('DELETE', '/v1.0/groups/Guests')).status).toBe(204);
    for (const device of [hers, his]) {
      await device.checkIn();
      expect(reach(device)).toEqual(['corp-network', 'staff-network']);
    }

    expect((await stage.admin('DELETE', '/v1.0/groups/Staff')).status).toBe(204);
    expect((await stage.admin('DELETE', '/v1.0/deviceManagement/deviceConfigurations/corp')).status).toBe(204);
    for (const device of [hers, his]) {
      await device.checkIn();
      expect([reach(device), device.state.lifecycle]).toEqual([[], 'enrolled']);
    }
  },
);
