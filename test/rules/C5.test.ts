import { expect, it } from 'vitest';
import { ben, bmsReach, coexistenceTenant, enrolledOf, license } from '../support/coexistence.js';
import { changesOn, heldOf, intune, mail, reach, recordOf, wifi } from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

const tenant = coexistenceTenant({
  coexistence: 'on',
  groups: [{ name: 'Engineering' }],
  profiles: [
    mail('corp-mail', 'office365', 'bms.contoso.example'),
    wifi('bms-wifi', 'office365', 'bms-network'),
    mail('corp-mail', 'intune', 'intune.contoso.example', { assign: { groups: ['Engineering'] } }),
  ],
});

it.each(platformsOfRules)(
  'C5 %s: settings of Basic Mobility and Security are removed at that check-in; with none assigned the device ends with none; the dry run warned of it',
  async (platform) => {
    const stage = await openStage(tenant, platform);
    const [device] = await enrolledOf(stage, ben);
    const { id } = await recordOf(stage, device);
    const change = { licences: { add: [{ user: ben, sku: intune }] } };
    const { body } = await stage.admin('POST', '/stub/v1/dryRun', { change });
    const lost = { overwritten: [], leftBehind: [], removed: ['corp-mail', 'bms-wifi'] };
    expect(body).toMatchObject({
      users: [
        {
          userPrincipalName: ben,
          from: 'office365',
          to: 'intune',
          devices: [{ id, ...lost, removed: expect.arrayContaining(lost.removed) }],
        },
      ],
    });
    await device.checkIn();
    expect(reach(device)).toEqual(bmsReach); // it was a dry run

    await license(stage, 'ben', { add: [intune] });
    const changes = changesOn(device);
    await device.checkIn();
    expect(reach(device)).toEqual([]);
    expect(await heldOf(stage, device)).toEqual([]);
    expect(changes.every((each) => each.startsWith('remove'))).toBe(true);
    await expect(device.useResource('email')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' });

    const [group] = (await stage.admin('GET', '/v1.0/groups')).body.value;
    const member = { '@odata.id': 'https://graph.microsoft.com/v1.0/directoryObjects/ben' };
    expect((await stage.admin('POST', `/v1.0/groups/${group?.['id']}/members/$ref`, member)).status).toBe(204);
    await device.checkIn();
    expect(reach(device)).toEqual(['intune.contoso.example']);
  },
);
