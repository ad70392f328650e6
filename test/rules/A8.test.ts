import { expect, it } from 'vitest';
import {
  enrolled,
  heldOf,
  latestChange,
  listed,
  reach,
  recordOf,
  ruleTenant,
  switchTo,
  wifi,
} from '../support/rules.js';
import { openStage, platformsOfRules } from '../support/stage.js';

it.each(platformsOfRules)(
  'A8 %s: a setting of the same name overwrites the old one; one of another name stays behind and is reported stale',
  async (platform) => {
    const stage = await openStage(ruleTenant(), platform);
    const device = await enrolled(stage, 1);
    const before = device.state.holdings.length;
    await switchTo(stage, 'intune');
    await device.checkIn();
    const networks = reach(device).filter((each) => each.endsWith('network'));
    expect(networks).toEqual(['legacy-network', 'new-network']);
    expect(device.state.holdings).toHaveLength(before);
    expect(await latestChange(stage)).toMatchObject({ stale: 1 });
    expect(await listed(stage)).toMatchObject([{ by: 'intune', stale: ['legacy-wifi'] }]);
  },
);

it('A8 windows: two networks of one SSID are one node: the one that comes last lies there, and stays when the other goes', async () => {
  const profiles = [
    wifi('old-name', 'office365', 'corp', { passphrase: 'old passphrase' }),
    wifi('new-name', 'intune', 'corp', { passphrase: 'new passphrase' }),
  ];
  const stage = await openStage(ruleTenant({ profiles }), 'windows');
  const device = await enrolled(stage, 1);
  const words = () =>
    device.state.holdings.map(({ profile }) => (profile.kind === 'wifi' ? [profile.ssid, profile.passphrase] : []));
  const names = async () => (await heldOf(stage, device)).map(({ name }) => name);
  await switchTo(stage, 'intune');
  await device.checkIn();
  expect(words()).toEqual([['corp', 'new passphrase']]);

  const { id } = await recordOf(stage, device);
  const order = { kind: 'remove-profile', name: 'old-name' };
  expect((await stage.admin('POST', `/stub/v1/devices/${id}/commands`, order)).status).toBe(201);
  await device.checkIn();
  expect([words(), await names()]).toEqual([[['corp', 'new passphrase']], ['new-name']]);

  const path = '/v1.0/deviceManagement/deviceConfigurations';
  const made = (await stage.admin('GET', path)).body.value.find(({ displayName }) => displayName === 'new-name');
  const renamed = { displayName: 'newest-name', rollcall: { profile: { name: 'newest-name' } } };
  expect((await stage.admin('PATCH', `${path}/${made?.['id']}`, renamed)).status).toBe(200);
  await device.checkIn();
  expect([words(), await names()]).toEqual([[['corp', 'new passphrase']], ['newest-name']]);
  await device.useResource('wifi', 'corp');
});
