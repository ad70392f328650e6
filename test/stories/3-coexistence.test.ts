// Coexistence: intune is added to office365, and who has which licence decides who manages.
import { expect, it } from 'vitest';
import type { Device, PlatformName } from '../../index.js';
import {
  authorityOf,
  basic,
  changesOn,
  enrolled,
  history,
  intune,
  portal,
  pushes,
  recordOf,
  servers,
  tenantFile,
  until,
} from '../support/rules.js';
import { dayMs, hourMs, nextEvent, openStage, platformsOfRules, type Stage } from '../support/stage.js';
import { type Crew, crewOf, fiveKinds, fiveNames, fiveOfThem, fiveServers, kindsOn } from '../support/stories.js';

const standard = 'O365_BUSINESS_PREMIUM'; // Microsoft 365 Business Standard
const upn = (name: string) => `${name}@contoso.example`;
/** Of the eleventh device of a stage, Dee's: ConfigMgr knew it before (B7: nobody makes it co-managed under BMS alone). */
const serialOfPc = '3HC7WYB';
const tenant = tenantFile({
  licences: { [basic]: 10, [standard]: 10, [intune]: 3 },
  groups: [{ id: 'pilot', name: 'Pilot' }],
  users: [
    { id: 'ann', upn: upn('ann'), licences: [basic, intune], groups: ['Pilot'] },
    { id: 'ben', upn: upn('ben'), licences: [basic] },
    { id: 'cem', upn: upn('cem'), licences: [standard] },
    { id: 'dee', upn: upn('dee'), licences: [basic], groups: ['Pilot'] },
  ],
  comanagement: [{ user: upn('dee'), serial: serialOfPc, workloads: ['resourceAccess', 'deviceConfiguration'] }],
  profiles: [...fiveKinds('office365', 4), ...fiveKinds('intune', 6, { assign: { groups: ['Pilot'] } })],
});

const isBy = (authority: 'intune' | 'office365') => (device: Device) =>
  servers(device).toString() === fiveServers(authority).toString() && kindsOn(device).length === fiveOfThem.length;
const byIntune = isBy('intune');
const byBms = isBy('office365');

/** Everybody with a device of each platform; Dee's PC is co-managed, and she has no licence any more. */
interface People {
  readonly ann: Crew;
  readonly ben: Crew;
  readonly cem: Crew;
  readonly dee: Crew;
}

async function peopleOf(stage: Stage): Promise<People> {
  let index = 0;
  const crew = async (user: string): Promise<Crew> => {
    const join = async (platform: PlatformName) => await enrolled(stage.on(platform), ++index, upn(user));
    return { ios: await join('ios'), windows: await join('windows'), android: await join('android') };
  };
  const people = { ann: await crew('ann'), ben: await crew('ben'), cem: await crew('cem'), dee: await crew('dee') };
  expect(people.dee.windows.state.facts.serial).toBe(serialOfPc);
  expect((await license(stage, 'dee', { remove: [basic] })).status).toBe(200);
  return people;
}

const license = (stage: Stage, user: string, { add = [], remove = [] }: { add?: string[]; remove?: string[] }) =>
  stage.admin('POST', `/v1.0/users/${user}/assignLicense`, {
    addLicenses: add.map((skuId) => ({ skuId })),
    removeLicenses: remove,
  });

const everyone = ({ ann, ben, cem, dee }: People): Device[] => [ann, ben, cem, dee].flatMap(crewOf);

it('story 3: coexistence', async () => {
  const stage = await openStage(tenant);
  const people = await peopleOf(stage);
  const { ann, ben, cem, dee } = people;
  for (const device of everyone(people)) expect(byBms(device)).toBe(true);
  await stage.clock.advance(hourMs);

  await dryRun(stage, people);
  const stops = new Map(everyone(people).map((device) => [device, stage.alive(device)]));
  const asleep = async (...devices: Device[]) => {
    for (const device of devices) await stops.get(device)?.();
  };
  await theAuthorityIsAdded(stage, people);
  await asleep(...crewOf(ann), ...crewOf(cem), ...crewOf(dee), ben.android);

  const phones = await newPhones(stage); // 4
  const known = [...crewOf(ben), ...phones];
  const held = known.map(({ state }) => JSON.stringify(state.holdings)); // 5
  await monthOfCheckIns(stage, [ben.android]);
  expect(known.map(({ state }) => JSON.stringify(state.holdings))).toEqual(held);
  await asleep(...crewOf(ben));

  await aLicenceForCem(stage, cem);
  await theLastLicence(stage, people);
  await annWithout(stage, ann);
});

async function dryRun(stage: Stage, { ann, ben, cem, dee }: People): Promise<void> {
  const ask = async (change: object) => {
    const { status, body } = await stage.admin('POST', '/stub/v1/dryRun', { change });
    expect(status).toBe(200);
    return body as unknown as {
      users: { userPrincipalName: string; from: string; to: string; devices: { id: string; removed: string[] }[] }[];
      movedUnasked: string[];
      licencesShort: number;
    };
  };
  const plain = await ask({ coexistence: true });
  expect(plain).toMatchObject({ licencesShort: 1, missing: [], userless: [] });
  expect([...plain.movedUnasked].sort()).toEqual([upn('ann'), upn('dee')]);
  expect(plain.users.map((each) => each.userPrincipalName).sort()).toEqual([upn('ann'), upn('dee')]);
  for (const { devices } of plain.users) for (const each of devices) expect(each.removed).toEqual([]); // same names

  const { users } = await ask({
    coexistence: true,
    licences: { add: [{ user: upn('cem'), sku: intune }], remove: [] },
  });
  const loser = users.find((each) => each.userPrincipalName === upn('cem'));
  expect(loser).toMatchObject({ from: 'office365', to: 'intune' });
  expect(loser?.devices).toHaveLength(3);
  for (const each of loser?.devices ?? []) expect([...each.removed].sort()).toEqual(fiveNames);
  expect(await history(stage)).toEqual([]);
  for (const device of [ann, ben, cem, dee].flatMap(crewOf)) expect(byBms(device)).toBe(true);
}

async function theAuthorityIsAdded(stage: Stage, people: People): Promise<void> {
  const { ann, ben, cem, dee } = people;
  const staying = [...crewOf(ben), ...crewOf(cem)];
  const nothing = staying.map(changesOn);
  const checked = staying.map((device) => nextEvent(device, 'checked-in'));
  const known = (await pushes(stage)).length;
  expect((await stage.admin('POST', '/stub/v1/coexistence', { enabled: true })).status).toBeLessThan(300); // 2
  for (const device of [...crewOf(ann), ...crewOf(dee)]) await until(device, () => byIntune(device)); // 3
  await Promise.all(checked);
  await stage.clock.advance(1);
  expect(await authorityOf(stage)).toBe('intune');
  expect((await stage.admin('GET', '/stub/v1/coexistence')).body).toMatchObject({ enabled: true });
  const sent = (await pushes(stage)).slice(0, -known || undefined);
  expect(sent.map(({ why, result }) => `${why} ${result}`)).toEqual(everyone(people).map(() => 'change sent'));
  expect(new Set(sent.map(({ deviceId }) => deviceId)).size).toBe(12);
  for (const device of staying) expect(byBms(device)).toBe(true);
  expect(nothing.flat()).toEqual([]);
  expect(await history(stage)).toMatchObject([
    { cause: 'coexistence', from: 'office365', to: 'intune', notified: 12, moved: 6, stayed: 6, waiting: 0, stale: 0 },
  ]);
  const serials = (devices: Device[]) => devices.map(({ state }) => state.facts.serial).sort();
  expect(await portal(stage, 'intune')).toEqual(serials([...crewOf(ann), ...crewOf(dee)]));
  expect(await portal(stage, 'office365')).toEqual(serials(staying));
  for (const kind of ['email', 'vpn', 'wifi', 'certificate'] as const) {
    for (const device of everyone(people)) await device.useResource(kind);
  }
}

async function newPhones(stage: Stage): Promise<Device[]> {
  const phones: Device[] = [];
  for (const [index, platform] of platformsOfRules.entries()) {
    const phone = await enrolled(stage.on(platform), 50 + index, upn('ben'));
    phones.push(phone);
    expect(byBms(phone)).toBe(true);
    expect(await recordOf(stage, phone)).toMatchObject({ rollcall: { managedBy: 'office365' } });
    expect(await portal(stage, 'office365')).toContain(phone.state.facts.serial);
    expect(await portal(stage, 'intune')).not.toContain(phone.state.facts.serial);
  }
  return phones;
}

/** Who lives keeps its schedule; the others, launchers that come every hour, come a few times here. */
async function monthOfCheckIns(stage: Stage, others: readonly Device[]): Promise<void> {
  for (let time = 0; time < 5; time++) {
    await stage.clock.advance(6 * dayMs);
    for (const device of others) await device.checkIn(undefined, 'scheduled');
  }
}

async function aLicenceForCem(stage: Stage, cem: Crew): Promise<void> {
  const known = (await pushes(stage)).filter(({ why }) => why !== 'schedule');
  const before = crewOf(cem).map(({ state }) => state.holdings);
  expect((await license(stage, 'cem', { add: [intune] })).status).toBe(200);
  await stage.clock.advance(1);
  expect(crewOf(cem).map(({ state }) => state.holdings)).toEqual(before);
  const stops = platformsOfRules.map((platform) => stage.on(platform).alive(cem[platform]));
  await stage.clock.advance(8 * hourMs); // his schedule, and nothing else
  for (const stop of stops) await stop();
  expect((await pushes(stage)).filter(({ why }) => why !== 'schedule')).toEqual(known);
  for (const device of crewOf(cem)) {
    expect(kindsOn(device)).toEqual([]);
    await expect(device.useResource('email')).rejects.toMatchObject({ code: 'RESOURCE_REFUSED' });
    expect(await recordOf(stage, device)).toMatchObject({ rollcall: { managedBy: 'intune', heldProfiles: [] } });
  }
  const member = { '@odata.id': 'https://graph.microsoft.com/v1.0/directoryObjects/cem' };
  expect((await stage.admin('POST', '/v1.0/groups/pilot/members/$ref', member)).status).toBe(204);
  for (const device of crewOf(cem)) {
    await device.checkIn(undefined, 'scheduled');
    await device.checkIn(); // a certificate that was to be fetched
    expect(byIntune(device)).toBe(true);
    await device.useResource('email');
  }
}

async function theLastLicence(stage: Stage, people: People): Promise<void> {
  const { dee, ben } = people;
  expect((await license(stage, 'dee', { add: [intune] })).status).toBe(200);
  const known = await history(stage);
  expect((await license(stage, 'ben', { add: [intune] })).status).toBe(400);
  expect(await history(stage)).toEqual(known);
  const seen = [...crewOf(dee), ...crewOf(ben)].map(changesOn);
  for (const device of [...crewOf(dee), ...crewOf(ben)]) await device.checkIn();
  expect(seen.flat()).toEqual([]);
  const { body } = await stage.admin('GET', '/v1.0/subscribedSkus');
  const row = body.value.find(({ skuPartNumber }) => skuPartNumber === intune);
  expect(row).toMatchObject({ consumedUnits: 3, prepaidUnits: { enabled: 3 } });
}

async function annWithout(stage: Stage, ann: Crew): Promise<void> {
  const known = await pushes(stage);
  expect((await license(stage, 'ann', { remove: [intune] })).status).toBe(200);
  for (const device of crewOf(ann)) {
    expect(byIntune(device)).toBe(true);
    await device.checkIn(undefined, 'scheduled');
    await device.checkIn();
    expect(byBms(device)).toBe(true);
    expect(await recordOf(stage, device)).toMatchObject({ rollcall: { managedBy: 'office365' } });
  }
  expect(await pushes(stage)).toEqual(known);
  expect((await history(stage)).at(-1)).toMatchObject({ cause: 'licence', from: 'intune', to: 'office365', moved: 3 });
}
