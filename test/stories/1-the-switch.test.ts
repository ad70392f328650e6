// The switch, on a working day: from Basic Mobility and Security to Intune, on all platforms at once.
import { expect, it } from 'vitest';
import type { Command, Device } from '../../index.js';
import { complianceOf } from '../support/compliance.js';
import {
  authorityOf,
  both,
  enrolled,
  heldOf,
  history,
  latestChange,
  left,
  portal,
  pushes,
  recordOf,
  renewPushCertificate,
  servers,
  setAuthority,
  tenantFile,
  until,
  wifi,
} from '../support/rules.js';
import { dayMs, minuteMs, nextEvent, openStage, platformsOfRules, type Stage } from '../support/stage.js';
import {
  actionState,
  type Crew,
  crewOf,
  fiveKinds,
  fiveNames,
  fiveOfThem,
  fiveServers,
  gapsOn,
  idOf,
  kindsOn,
  recordsOf,
  secondMs,
  Uses,
} from '../support/stories.js';

/** Dan has a device of each platform, too: no rule asks for a PIN on them, and he takes it away in the hour of the switch. */
const dan = 'dan@contoso.example';
const people = { ios: 'ann@contoso.example', windows: 'ben@contoso.example', android: 'cem@contoso.example' };
const tenant = tenantFile({
  settings: { complianceConsoleLag: '7d' },
  users: [
    ...Object.values(people).map((upn) => ({ upn, licences: [both] })),
    { upn: dan, licences: [both], groups: ['No rule'] },
  ],
  compliance: (['office365', 'intune'] as const).map((authority) => ({ name: 'PIN', authority, pin: 'required' })),
  profiles: [
    ...fiveKinds('office365', 4),
    wifi('guests', 'office365', 'guests'),
    ...fiveKinds('intune', 6),
    wifi('staff', 'intune', 'staff'),
  ].map((each) => (each.kind === 'configuration' ? { ...each, assign: { exclude: ['No rule'] } } : each)),
});
const before = [...fiveServers('office365'), 'guests'].sort();
const after = [...fiveServers('intune'), 'guests', 'staff'].sort();
const isMoved = (device: Device) => servers(device).toString() === after.toString();
const configurations = '/v1.0/deviceManagement/deviceConfigurations';

/** Devices whose management fails: each command that installs is answered with an error. */
const broken = new Set<string>();
const decideOf = (platform: string) => (command: Command) =>
  broken.has(platform) && command.kind === 'install-profile'
    ? ({ status: 'failed', reason: 'out of order' } as const)
    : undefined;

async function enrolledCrew(stage: Stage, first: number, users: Record<keyof Crew, string>): Promise<Crew> {
  const join = async (platform: keyof Crew) => {
    const on = stage.on(platform);
    const device = await on.device(first, { decide: decideOf(platform) });
    await device.enroll(on.invitation(users[platform]));
    await device.setPasscode('135792');
    await device.checkIn();
    return device;
  };
  return { ios: await join('ios'), windows: await join('windows'), android: await join('android') };
}

it('story 1: the switch, on a working day', async () => {
  const stage = await openStage(tenant, 'ios', { connections: 'per-session' });
  const crew = await enrolledCrew(stage, 1, people);
  const switchedOff = crewOf(crew).map((device) => stage.alive(device));
  const dans = await enrolledCrew(stage, 5, { ios: dan, windows: dan, android: dan });
  await stage.clock.advance(30 * minuteMs);
  for (const device of crewOf(crew)) expect(servers(device)).toEqual(before);

  await dryRun(stage, crew);
  const uses = new Uses(stage, crewOf(crew));
  await uses.goOn(2);
  const enrollments = crewOf(crew).map(({ state }) => state.link?.data);
  await theSwitch(stage, crew, uses);
  for (const device of crewOf(dans)) expect(await complianceOf(stage, device)).toEqual(compliant);
  await withoutPin(stage, dans.windows, dans.android);
  await portals(stage, crew, dans);
  await theUpload(stage, crew, uses);
  await withoutPin(stage, dans.ios);
  for (const [index, { state }] of crewOf(crew).entries()) {
    expect(state.link?.data, 'the same enrollment').toMatchObject(identityOf(enrollments[index]));
  }
  await aNewDevice(stage, [...crewOf(crew), ...crewOf(dans)], uses);
  expect(uses.refused).toEqual([]);
  await locks(stage, crew);
  for (const platform of platformsOfRules) await brokenAndBack(stage.on(platform), crew[platform], people[platform]);
  for (const switchOff of switchedOff) await switchOff(); // nothing is asked of the others in the week that follows
  await theConsole(stage, crewOf(dans));
});

const identityOf = (link: unknown): object => {
  const { identity } = link as { identity?: object };
  return identity === undefined ? {} : { identity };
};

async function dryRun(stage: Stage, crew: Crew): Promise<void> {
  const known = { history: await history(stage), pushes: await pushes(stage) };
  const { status, body } = await stage.admin('POST', '/stub/v1/dryRun', { change: { authority: 'intune' } });
  expect(status).toBe(200);
  const users = body['users'] as { devices: { id: string; overwritten: string[] }[] }[];
  for (const device of crewOf(crew)) {
    const id = await idOf(stage, device);
    const row = users.flatMap(({ devices }) => devices).find((each) => each.id === id);
    expect(row).toMatchObject({ leftBehind: ['guests'], removed: [] });
    expect([...(row?.overwritten ?? [])].sort()).toEqual(fiveNames);
  }
  expect(users).toHaveLength(4);
  expect(body).toMatchObject({ missing: ['pushCertificate'], userless: [], unlicensed: [] });
  expect({ history: await history(stage), pushes: await pushes(stage) }).toEqual(known);
  expect(await authorityOf(stage)).toBe('office365');
  for (const device of crewOf(crew)) {
    expect(await recordOf(stage, device)).toMatchObject({ rollcall: { managedBy: 'office365' } });
    expect(servers(device)).toEqual(before);
  }
}

async function theSwitch(stage: Stage, { ios, windows, android }: Crew, uses: Uses): Promise<void> {
  const [onWindows, onAndroid] = [gapsOn(windows), gapsOn(android)];
  const woken = [windows, android].map((device) => nextEvent(device, 'woken'));
  const at = stage.clock.now();
  expect((await setAuthority(stage, 'intune')).status).toBe(200);
  for (const { at: when } of await Promise.all(woken)) expect(when - at).toBeLessThanOrEqual(secondMs);
  for (const device of [windows, android]) await until(device, () => isMoved(device));
  expect(stage.clock.now()).toBe(at);

  expect(await authorityOf(stage)).toBe('intune');
  expect(await history(stage)).toMatchObject([
    { at: new Date(at).toISOString(), by: 'administrator', from: 'office365', to: 'intune', notified: 4, moved: 2 },
  ]);
  expect(await latestChange(stage)).toMatchObject({ waiting: 4, stale: 2, left: 0, userless: 0 });
  for (const [device, gaps] of [
    [windows, onWindows],
    [android, onAndroid],
  ] as const) {
    expect(gaps).toEqual([]); // nothing was missing for a moment
    expect(kindsOn(device)).toEqual([...fiveOfThem, 'wifi', 'wifi'].sort());
    await expect(device.setPasscode('1379')).rejects.toMatchObject({ code: 'PASSCODE_REFUSED' }); // six figures now, not four
    const held = await heldOf(stage, device);
    expect(held.map(({ name }) => name).sort()).toEqual([...fiveNames, 'guests', 'staff'].sort());
    expect(held.filter(({ authority }) => authority === 'intune')).toHaveLength(6);
    expect(held.filter((each) => each['stale'])).toMatchObject([{ name: 'guests', authority: 'office365' }]);
    await device.useResource('wifi', 'guests');
  }

  await expect(ios.checkIn()).rejects.toMatchObject({ code: 'AUTHORITY_BUSY' });
  expect(servers(ios)).toEqual(before);
  await uses.once();
  await uses.goOn(3);
}

const compliant = { console: 'compliant', directory: true };

/** They fall out of compliance, and move in the next session. */
async function withoutPin(stage: Stage, ...devices: Device[]): Promise<void> {
  for (const device of devices) {
    await device.setPasscode(undefined);
    await device.checkIn();
    expect(await complianceOf(stage, device)).toEqual({ console: 'compliant', directory: false });
  }
}

/** The console shows the old value; after 7 d 1 h it agrees. What access to company data makes of it comes later (A28). */
async function theConsole(stage: Stage, devices: readonly Device[]): Promise<void> {
  const all = () => Promise.all(devices.map((device) => complianceOf(stage, device)));
  expect(await all()).toEqual(devices.map(() => ({ console: 'compliant', directory: false })));
  await stage.clock.advance(7 * dayMs + 60 * minuteMs);
  expect(await all()).toEqual(devices.map(() => ({ console: 'noncompliant', directory: false })));
}

async function portals(stage: Stage, { ios, windows, android }: Crew, dans: Crew): Promise<void> {
  const serials = (...devices: Device[]) => devices.map(({ state }) => state.facts.serial).sort();
  expect(await portal(stage, 'intune')).toEqual(serials(windows, android, dans.windows, dans.android));
  expect(await portal(stage, 'office365')).toEqual(serials(ios, dans.ios));
  const id = (await pushes(stage, ios))[0];
  expect(id).toMatchObject({ result: 'refused', reason: expect.stringContaining('push certificate') });
}

async function theUpload(stage: Stage, crew: Crew, uses: Uses): Promise<void> {
  const { ios } = crew;
  const gaps = gapsOn(ios);
  const woken = nextEvent(ios, 'woken');
  await renewPushCertificate(stage);
  await woken;
  await until(ios, () => isMoved(ios));
  await uses.once();
  expect(gaps).toEqual([]);
  expect(await latestChange(stage)).toMatchObject({ notified: 6, moved: 5, waiting: 1, stale: 5 });
  await ios.checkIn();
  await ios.useResource('wifi', 'guests');
  const serials = crewOf(crew).map(({ state }) => state.facts.serial);
  expect(await portal(stage, 'intune')).toEqual(expect.arrayContaining(serials));
}

async function aNewDevice(stage: Stage, devices: readonly Device[], uses: Uses): Promise<void> {
  const serials = devices.map(({ state }) => state.facts.serial);
  for (const [index, platform] of platformsOfRules.entries()) {
    const device = await enrolled(stage.on(platform), 10 + index, people.ios);
    expect(servers(device)).toEqual(after.filter((each) => each !== 'guests'));
    serials.push(device.state.facts.serial);
  }
  expect(await portal(stage, 'intune')).toEqual(serials.sort());
  expect(await portal(stage, 'office365')).toEqual([]);
  await uses.goOn(1);
}

async function locks(stage: Stage, crew: Crew): Promise<void> {
  for (const device of crewOf(crew)) {
    const locked = until(device, () => device.state.condition.locked);
    const path = `/v1.0/deviceManagement/managedDevices/${await idOf(stage, device)}/remoteLock`;
    expect((await stage.admin('POST', path)).status).toBe(204);
    await locked;
    expect(await actionState(stage, device, 'remoteLock')).toBe('done');
    await device.unlock();
    expect(device.state.condition.locked).toBe(false);
  }
}

/** Its results are errors; it is unenrolled and enrolled again, and is well. */
async function brokenAndBack(stage: Stage, device: Device, user: string): Promise<void> {
  broken.add(stage.platform);
  const made = await stage.admin('GET', configurations);
  const staff = made.body.value.find(({ displayName }) => displayName === 'staff');
  const change = { rollcall: { profile: { ssid: `anew-${stage.platform}` } } };
  const failed = nextEvent(device, 'checked-in');
  expect((await stage.admin('PATCH', `${configurations}/${staff?.['id']}`, change)).status).toBe(200);
  await failed;
  expect(servers(device)).not.toContain(`anew-${stage.platform}`);

  await left(stage, device);
  expect(await recordsOf(stage, device)).toEqual([]);
  expect(device.state.holdings).toEqual([]);
  broken.delete(stage.platform);
  await device.enroll(stage.invitation(user));
  await device.checkIn();
  expect(servers(device)).toEqual([...fiveServers('intune'), `anew-${stage.platform}`].sort());
  expect(await recordsOf(stage, device)).toMatchObject([
    { managementState: 'managed', rollcall: { managedBy: 'intune' } },
  ]);
}
