import { expect, it } from 'vitest';
import {
  alice,
  both,
  certificate,
  changesOn,
  enrolled,
  heldOf,
  mail,
  passcode,
  renewPushCertificate,
  servers,
  switchTo,
  tenantFile,
  vpn,
  wifi,
} from '../support/rules.js';
import { dayMs, hourMs, openStage, platformsOfRules } from '../support/stage.js';

/** All five kinds, under names that the other authority does not use. */
const allKinds = (authority: 'office365' | 'intune') => [
  wifi(`${authority} wifi`, authority, `wifi.${authority}.example`),
  mail(`${authority} mail`, authority, `mail.${authority}.example`),
  vpn(`${authority} vpn`, authority, `vpn.${authority}.example`),
  certificate(`${authority} certificate`, authority),
  ...platformsOfRules.map((each) => passcode(`${authority} passcode`, authority, 6, { platforms: [each] })),
];
const tenant = tenantFile({
  users: [{ upn: alice, licences: [both] }],
  profiles: [...allKinds('office365'), ...allKinds('intune')],
});
const gated = ['wifi', 'email', 'vpn', 'certificate'] as const;
const serversOf = (authority: string) => ['mail', 'vpn', 'wifi'].map((each) => `${each}.${authority}.example`);
const isRemoval = (change: string) => change.startsWith('remove');

it.each(platformsOfRules)(
  'A23 %s: after 7 days away nothing of the old authority works; the device drops it at its next contact, before anything new comes',
  async (platform) => {
    const stage = await openStage(tenant, platform);
    const device = await enrolled(stage, 1);
    expect(servers(device)).toEqual(serversOf('office365'));
    await device.setPasscode('246810');
    await device.setOnline(false);
    await switchTo(stage, 'intune');

    await stage.clock.advance(7 * dayMs - hourMs);
    await device.setOnline(true);
    for (const kind of gated) await device.useResource(kind);
    await device.setOnline(false);
    await stage.clock.advance(2 * hourMs);
    await device.setOnline(true);
    const refused = { code: 'RESOURCE_REFUSED', message: expect.stringContaining('after the change') };
    for (const kind of gated) await expect(device.useResource(kind)).rejects.toMatchObject(refused);
    await expect(device.setPasscode('1')).rejects.toMatchObject({ code: 'PASSCODE_REFUSED' }); // enforced until contact
    const held = await heldOf(stage, device);
    expect(held.map(({ expired }) => expired)).toEqual(Array.from({ length: 5 }, () => true));

    const seen = changesOn(device);
    await device.checkIn();
    expect(servers(device)).toEqual(serversOf('intune'));
    expect((await heldOf(stage, device)).map(({ authority }) => authority)).toEqual(held.map(() => 'intune'));
    for (const kind of gated) await device.useResource(kind);
    if (platform === 'android') return; // one document: the first one has nothing of what has expired
    const changes = seen.filter((change) => !change.endsWith('DeviceLock')); // Windows removes a policy node by node
    expect(changes.filter(isRemoval).length).toBeGreaterThanOrEqual(4);
    expect(changes.findLastIndex(isRemoval)).toBeLessThan(changes.findIndex((change) => !isRemoval(change)));
  },
);

it('A23 ios: devices in the gap before the push certificate is renewed count as offline: more than 7 days cost them their profiles', async () => {
  const stage = await openStage(tenant);
  const device = await enrolled(stage, 1);
  await switchTo(stage, 'intune', false);
  await stage.clock.advance(7 * dayMs - hourMs);
  await expect(device.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
  await device.useResource('wifi');
  await stage.clock.advance(dayMs);
  await expect(device.useResource('wifi')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' });
  await renewPushCertificate(stage);
  const changes = changesOn(device);
  await device.checkIn();
  expect(servers(device)).toEqual(serversOf('intune'));
  expect(changes.map(isRemoval)).toEqual([true, true, true, true, true, false, false, false, false, false]);
});

it('A23: after two changes the days count from the last one, and a profile of the authority that is set never ends', async () => {
  const stage = await openStage(tenant, 'windows');
  const device = await enrolled(stage, 1);
  await device.setOnline(false);
  await switchTo(stage, 'intune');
  await stage.clock.advance(6 * dayMs);
  await switchTo(stage, 'office365');
  await stage.clock.advance(30 * dayMs);
  await device.setOnline(true);
  for (const kind of gated) await device.useResource(kind);
  const changes = changesOn(device);
  await device.checkIn();
  expect(changes).toEqual([]); // nothing of the authority in between
  expect(servers(device)).toEqual(serversOf('office365'));
  const { body } = await stage.admin('GET', '/stub/v1/authority/changes');
  expect(body.value).toMatchObject([{ moved: 1 }, { moved: 1 }]);
});
