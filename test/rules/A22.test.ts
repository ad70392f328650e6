import { expect, it } from 'vitest';
import { alice, both, enrolled, heldOf, mail, reach, recordOf, switchTo, tenantFile, wifi } from '../support/rules.js';
import { dayMs, openStage, platformsOfRules, type Stage } from '../support/stage.js';

const tenant = tenantFile({
  users: [{ upn: alice, licences: [both] }],
  profiles: [
    wifi('corp-wifi', 'office365', 'corp-wifi'),
    wifi('guests', 'office365', 'guests'),
    mail('corp-mail', 'intune', 'new-mail.contoso.example'),
  ],
});

const configurations = '/v1.0/deviceManagement/deviceConfigurations';

/** A Wi-Fi network for everybody, under the authority that is set. */
async function assignWifi(stage: Stage, name: string, ssid: string): Promise<void> {
  const profile = { kind: 'wifi', name, ssid, hidden: false, autoJoin: true, security: 'none' };
  const made = await stage.admin('POST', configurations, { displayName: name, rollcall: { profile } });
  expect(made.status).toBe(201);
  const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' };
  const path = `${configurations}/${made.body['id']}/assign`;
  expect((await stage.admin('POST', path, { assignments: [{ target }] })).status).toBe(200);
}

it.each(platformsOfRules)(
  'A22 %s: a setting that was left behind works and is stale, without a limit, until its name is assigned anew or its removal is ordered',
  async (platform) => {
    const stage = await openStage(tenant, platform);
    const device = await enrolled(stage, 1);
    await switchTo(stage, 'intune');
    await device.checkIn();
    await stage.clock.advance(8 * dayMs);
    await device.checkIn();
    await device.useResource('wifi', 'corp-wifi');
    await device.useResource('wifi', 'guests');
    const stale = async () => (await heldOf(stage, device)).filter((each) => each['stale']).map(({ name }) => name);
    expect((await stale()).sort()).toEqual(['corp-wifi', 'guests']);

    await assignWifi(stage, 'corp-wifi', 'new-network');
    await device.checkIn();
    expect(reach(device)).toEqual(['guests', 'new-mail.contoso.example', 'new-network']);
    expect(await stale()).toEqual(['guests']);

    const { id } = await recordOf(stage, device);
    const order = { kind: 'remove-profile', name: 'guests' };
    expect((await stage.admin('POST', `/stub/v1/devices/${id}/commands`, order)).status).toBe(201);
    await device.checkIn();
    expect(reach(device)).toEqual(['new-mail.contoso.example', 'new-network']);
    expect(await stale()).toEqual([]);
    await device.checkIn();
    expect(reach(device)).toEqual(['new-mail.contoso.example', 'new-network']);
  },
);
