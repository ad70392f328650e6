// Offline through the change: who missed it moves when it comes, and keeps what it had for seven days.
import { expect, it } from 'vitest';
import type { Device } from '../../index.js';
import {
  both,
  changesOn,
  enrolledUserless,
  heldOf,
  history,
  pushes,
  recordOf,
  servers,
  switchTo,
  tenantFile,
  until,
} from '../support/rules.js';
import { dayMs, hourMs, minuteMs, openStage, platformsOfRules, type Stage } from '../support/stage.js';
import { enrolledThen, fiveKinds, fiveOfThem, fiveServers, gated, idOf, kindsOn } from '../support/stories.js';

const roles = ['online', 'soon', 'lost', 'late', 'tooLate', 'never'] as const;
type Role = (typeof roles)[number];
/** The devices of one platform, by when they come back: +1 h, +7 h 59 min, 6 d 23 h, 7 d 1 h. */
type Six = Readonly<Record<Role, Device>>;

const user = 'ann@contoso.example';
const tenant = tenantFile({
  users: [{ upn: user, licences: [both] }],
  settings: { deviceLimitPerUser: 30 },
  profiles: [...fiveKinds('office365', 4), ...fiveKinds('intune', 6)],
});

async function sixOf(stage: Stage, first: number): Promise<Six> {
  const made: Partial<Record<Role, Device>> = {};
  for (const [index, role] of roles.entries()) {
    const device = await stage.device(first + index);
    await device.enroll(stage.invitation(user));
    await device.checkIn();
    await device.setPasscode('135792');
    made[role] = device;
  }
  return made as Six;
}

const isMoved = (device: Device) => servers(device).toString() === fiveServers('intune').toString();

it('story 2: offline through the change', async () => {
  const stage = await openStage(tenant);
  const stages = platformsOfRules.map((platform) => stage.on(platform));
  const all: { on: Stage; six: Six }[] = [];
  for (const [index, on] of stages.entries()) all.push({ on, six: await sixOf(on, 10 * index) });
  const userless = await enrolledUserless(stage, 90);
  const leaving = await stage.on('windows').device(91);
  await leaving.enroll(stage.on('windows').invitation(user));
  await leaving.checkIn();
  const enrolled = 6 * 3 + 2;
  await stage.clock.advance(10 * minuteMs);
  for (const { six } of all) {
    for (const role of roles) if (role !== 'online') await six[role].setOnline(false);
  }

  for (const { on, six } of all) await losePush(on, six.lost);
  const stops = new Map<Device, () => Promise<void>>();
  const live = (on: Stage, device: Device) => stops.set(device, on.alive(device));
  for (const { on, six } of all) for (const role of ['online', 'soon', 'lost'] as const) live(on, six[role]);
  const changedAt = stage.clock.now();
  await switchTo(stage, 'intune');
  for (const { six } of all) await until(six.online, () => isMoved(six.online)); // 1
  await leaving.leave();
  const asleep = async (device: Device) => await stops.get(device)?.();
  for (const { six } of all) await asleep(six.online);

  await stage.clock.advance(hourMs); // 2
  for (const { six } of all) {
    expect(isMoved(six.soon)).toBe(false);
    await six.soon.setOnline(true);
    await until(six.soon, () => isMoved(six.soon));
    await asleep(six.soon);
  }

  await stage.clock.advance(changedAt + 8 * hourMs - minuteMs - stage.clock.now()); // 3
  for (const { six } of all) await six.lost.setOnline(true);
  for (const { on, six } of all) {
    expect((await pushes(on, six.lost)).filter(({ why }) => why === 'change')[0]).toMatchObject({ result: 'dropped' });
  }
  await stage.clock.advance(minuteMs);
  for (const { six } of all) {
    expect(isMoved(six.lost)).toBe(true);
    await asleep(six.lost);
  }

  await stage.clock.advance(changedAt + 7 * dayMs - hourMs - stage.clock.now()); // 4
  for (const { on, six } of all) await (await cameLate(on, six))();

  await stage.clock.advance(changedAt + 7 * dayMs + hourMs - stage.clock.now()); // 5
  for (const { on, six } of all) await (await cameTooLate(on, six.tooLate))();

  for (const { on, six } of all) {
    // 6
    expect(await recordOf(on, six.never)).toMatchObject({ rollcall: { managedBy: 'office365', status: 'enrolled' } });
    const held = await heldOf(on, six.never);
    expect(held.map(({ expired }) => expired)).toEqual(fiveOfThem.map(() => true));
  }
  await userless.checkIn();
  const [row = {}] = await history(stage); // 7
  expect(row).toMatchObject({
    n: 1,
    toNotify: enrolled,
    moved: 5 * 3,
    waiting: 3,
    stuck: 3,
    left: 1,
    userless: 1,
    userlessDevices: [await idOf(stage, userless)],
  });
  expect(enrolledThen(row)).toBe(enrolled);
  expect(row['stale']).toBe(0); // every name has a new content
});

/** The next notification of this device is lost on the way. */
async function losePush(stage: Stage, device: Device): Promise<void> {
  const id = await idOf(stage, device);
  const fault = { kind: 'push.drop', match: { deviceId: id }, times: 1 };
  expect((await stage.admin('PUT', `/stub/v1/faults/lost-${stage.platform}`, fault)).status).toBe(201);
}

/** 6 d 23 h: all that it has works; then it moves as one that was there. */
async function cameLate(stage: Stage, { late, online }: Six): Promise<() => Promise<void>> {
  await late.setOnline(true);
  for (const kind of gated) await late.useResource(kind);
  await expect(late.setPasscode('1')).rejects.toMatchObject({ code: 'PASSCODE_REFUSED' });
  expect(servers(late)).toEqual(fiveServers('office365'));
  const stop = stage.alive(late);
  await until(late, () => isMoved(late));
  await stage.clock.advance(1);
  const seen = (held: Record<string, unknown>[]) =>
    held.map(({ name, authority, stale, expired }) => `${name} ${authority} ${stale} ${expired}`).sort();
  expect(seen(await heldOf(stage, late))).toEqual(seen(await heldOf(stage, online)));
  expect(kindsOn(late)).toEqual(fiveOfThem);
  return stop;
}

/** 7 d 1 h: nothing of it works but the passcode's rule; what is over goes before the new comes. */
async function cameTooLate(stage: Stage, device: Device): Promise<() => Promise<void>> {
  await device.setOnline(true);
  const refused = { code: 'RESOURCE_REFUSED', message: expect.stringMatching(/after the change.*intune/) };
  for (const kind of gated) await expect(device.useResource(kind)).rejects.toMatchObject(refused);
  await expect(device.setPasscode('1')).rejects.toMatchObject({ code: 'PASSCODE_REFUSED' });
  expect(servers(device)).toEqual(fiveServers('office365'));
  const changes = changesOn(device);
  const stop = stage.alive(device);
  await until(device, () => isMoved(device));
  await stage.clock.advance(1);
  for (const kind of gated) await device.useResource(kind);
  expect(kindsOn(device)).toEqual(fiveOfThem);
  if (stage.platform === 'android') return stop; // one document, without what is over
  const isRemoval = (change: string) => change.startsWith('remove');
  const firstInstall = changes.findIndex((change) => !isRemoval(change) && !change.endsWith('DeviceLock'));
  expect(changes.slice(0, firstInstall).filter(isRemoval).length).toBeGreaterThanOrEqual(4);
  expect(changes.slice(firstInstall).filter(isRemoval)).toEqual([]);
  return stop;
}
