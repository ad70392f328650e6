// Several changes, one after the other, while some devices are away.
import { expect, it } from 'vitest';
import type { Device } from '../../index.js';
import { enableCoexistence, license } from '../support/coexistence.js';
import {
  alice,
  basic,
  bob,
  changesOn,
  enrolled,
  enrolledUserless,
  history,
  intune,
  portal,
  reach,
  setAuthority,
  switchTo,
  tenantFile,
  wifi,
} from '../support/rules.js';
import { dayMs, minuteMs, openStage, platformsOfRules, type Stage } from '../support/stage.js';
import { enrolledThen, idOf } from '../support/stories.js';

const tenant = tenantFile({
  licences: { [basic]: 5, [intune]: 2 },
  users: [alice, bob].map((upn) => ({ id: upn.slice(0, upn.indexOf('@')), upn, licences: [basic] })),
  profiles: [
    wifi('W', 'office365', 'old'),
    wifi('Legacy', 'office365', 'legacy'),
    wifi('W', 'intune', 'new'),
    wifi('More', 'intune', 'more'),
  ],
});
const underBms = ['legacy', 'old'];
const underIntune = ['more', 'new'];

/** One device of each platform, of this user. */
async function crew(stage: Stage, first: number, user: string): Promise<Device[]> {
  const devices: Device[] = [];
  for (const [index, platform] of platformsOfRules.entries())
    devices.push(await enrolled(stage.on(platform), first + index, user));
  return devices;
}

const reaches = (devices: readonly Device[]) => devices.map(reach);
const all = (each: readonly string[]) => platformsOfRules.map(() => each);
async function checkIn(devices: readonly Device[]): Promise<void> {
  for (const device of devices) await device.checkIn();
}

it('three changes of the authority: whoever was away makes one move, and its grace runs from the last change that left its authority', async () => {
  const stage = await openStage(tenant);
  const [early, late] = [await crew(stage, 1, alice), await crew(stage, 11, bob)];
  await switchTo(stage, 'intune');
  await stage.clock.advance(3 * dayMs);
  await switchTo(stage, 'office365');
  await stage.clock.advance(dayMs);
  await switchTo(stage, 'intune');
  await stage.clock.advance(7 * dayMs - minuteMs); // 10 d 23 h 59 min after the first
  for (const device of early) await device.useResource('wifi');
  const seen = early.map(changesOn);
  await checkIn(early);
  expect(reaches(early)).toEqual(all(['legacy', ...underIntune]));
  for (const changes of seen)
    expect(changes.filter((each) => each.startsWith('remove'))).not.toContain('remove Legacy');
  await stage.clock.advance(2 * minuteMs);
  for (const device of late)
    await expect(device.useResource('wifi')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' });
  await checkIn(late);
  expect(reaches(late)).toEqual(all(underIntune));
  const rows = await history(stage);
  expect(rows).toMatchObject([1, 2, 3].map((n) => ({ n, moved: 6, stayed: 0, waiting: 0, left: 0, userless: 0 })));
  expect(rows.map(enrolledThen)).toEqual([6, 6, 6]);
});

it('there, back, coexistence and a licence: whoever was away through all of it ends like whoever saw each, and nothing of BMS stays', async () => {
  const stage = await openStage(tenant);
  const [on, away] = [await crew(stage, 1, alice), await crew(stage, 11, alice)];
  await switchTo(stage, 'intune');
  await checkIn(on);
  await stage.clock.advance(dayMs);
  const change = { authority: 'office365' };
  expect((await stage.admin('POST', '/stub/v1/dryRun', { change })).body).toMatchObject({
    missing: ['pushCertificate'],
  });
  expect((await setAuthority(stage, 'office365')).status).toBe(200);
  await expect(on[0]?.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' }); // A11, as the dry run said
  await stage.admin('PATCH', '/v1.0/deviceManagement/applePushNotificationCertificate', {
    appleIdentifier: 'a@b.example',
  });
  await checkIn(on);
  expect((await enableCoexistence(stage)).status).toBe(200);
  await license(stage, 'alice', { add: [intune] });
  await checkIn(on);
  await checkIn(away);
  expect(reaches(on)).toEqual(all(underIntune));
  expect(reaches(away)).toEqual(all(underIntune));
  for (const row of await history(stage)) expect([row['waiting'], enrolledThen(row)]).toEqual([0, 6]);
  expect(await portal(stage, 'office365')).toEqual([]);
});

it('devices without a user: those that support moved stay with that authority when the tenant goes back, the other one is at home again', async () => {
  const stage = await openStage(tenant);
  const devices: Device[] = [];
  for (const [index, platform] of platformsOfRules.entries())
    devices.push(await enrolledUserless(stage.on(platform), index));
  await switchTo(stage, 'intune');
  await checkIn(devices);
  await stage.clock.advance(8 * dayMs);
  await checkIn(devices);
  expect(reaches(devices)).toEqual(all(underBms));
  for (const device of devices) await device.useResource('wifi'); // no days of grace for whoever did not move
  const ids = await Promise.all(devices.map((device) => idOf(stage, device)));
  const move = (...some: (string | undefined)[]) =>
    stage.admin('POST', '/stub/v1/support/moveUserless', { devices: some });
  expect((await move(ids[0], ids[1])).status).toBe(200);
  await checkIn(devices);
  expect(reaches(devices)).toEqual([['legacy', ...underIntune], ['legacy', ...underIntune], underBms]);
  expect((await move(ids[2], ids[0])).status).toBe(400); // one of them has moved: none is
  await switchTo(stage, 'office365');
  await checkIn(devices);
  expect(reaches(devices)).toEqual([['legacy', ...underIntune], ['legacy', ...underIntune], underBms]);
  const waiting = (await stage.admin('GET', '/stub/v1/userless')).body.value.map(({ id }) => id);
  expect(waiting.sort()).toEqual(ids.slice(0, 2).sort());
  expect(await history(stage)).toMatchObject([
    { cause: 'authority', moved: 2, userless: 1 },
    { cause: 'support', moved: 2, userless: 0 },
    { cause: 'authority', moved: 0, userless: 3 },
  ]);
});
