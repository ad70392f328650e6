import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { type DeviceState, withBeside } from '../../../agent/index.js';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import { leadRun } from '../../../fleet/coordinator/lead.js';
import { Population } from '../../../fleet/engine/population.js';
import type { Target } from '../../../fleet/engine/target.js';
import { type PrepareOptions, prepareFleet } from '../../../fleet/prepare/prepare.js';
import type { Summary } from '../../../fleet/report/summary.js';
import { interleave } from '../../../fleet/scenario/interleave.js';
import { readScenario } from '../../../fleet/scenario/read.js';
import { openFleetState } from '../../../fleet/state/folder.js';
import { beginPreparing } from '../../../fleet/state/preparing.js';
import { openFleetStore } from '../../../fleet/state/store.js';
import { defaultTenant } from '../../../server-stub/default-tenant.js';
import { openDeviceRecords, startAuthority } from '../../../server-stub/index.js';
import { authorityKeys } from '../../support/keys.js';
import { idlePorts } from '../engine/idle-ports.js';
import { people } from '../places.js';

const root = mkdtempSync(join(tmpdir(), 'rollcall-prepare-'));
const folder = join(root, 'fleet');
const going = new AbortController().signal;

/** Of one version of each system, so that there is one example of each platform. */
const scenario = (phases: string, each = 3): string => `name: t
authority: office365
devices:
  mix:
    - { platform: ios, count: ${each}, os: "18.3", model: "iPhone16,1", supervised: 0 }
    - { platform: windows, count: ${each}, os: "10.0.26100.3194" }
    - { platform: android, count: ${each}, os: "14" }
  users: { devicesEach: 2 }
  keys: { pool: 2 }
phases: ${phases}
`;

/** A stub with its data in this folder, at the ports that it had before. */
async function openAuthority(
  data: string,
  port = 0,
  mqttPort = 0,
  tenant = defaultTenant({ authority: 'office365', users: 10 }),
): Promise<Target> {
  const authority = await startAuthority({
    dataFolder: data,
    port,
    android: { mqttPort },
    tenant,
    newRsaKey: authorityKeys(),
    log: silentLog,
  });
  return {
    url: authority.url,
    pushUrl: authority.pushUrl,
    ca: authority.caPem,
    adminToken: authority.adminTokens.administrator,
    mqttPort: Number(new URL(String(authority.android.mqttUrl)).port),
    places: [authority.url],
    invitations: {},
    secrets: {},
    hasClock: true,
    isEmbedded: true,
    close: () => authority.close(),
  };
}

const prepare = (more: Partial<PrepareOptions> = {}) =>
  prepareFleet({
    plan: readScenario(scenario('[{ enroll: {} }]')),
    folder,
    openAuthority: (data) => openAuthority(data),
    signal: going,
    log: silentLog,
    ...more,
  });

async function run(phases: string): Promise<Summary> {
  const state = openFleetState(folder);
  const { plan } = state.adopt(readScenario(scenario(phases)), { seed: false, devices: false });
  const { generation, settle, fleet } = state;
  const port = Number(new URL(fleet?.server.url ?? '').port);
  try {
    return await leadRun({
      plan,
      openTarget: () => openAuthority(state.authorityFolder, port, fleet?.server.mqttPort),
      signal: going,
      log: silentLog,
      keysFolder: join(folder, 'keys'),
      state: { folder, generation, isResumed: true, begin: (each) => state.begin(plan, each), settle },
    });
  } finally {
    state.close();
  }
}

async function states(of = folder): Promise<readonly DeviceState[]> {
  const state = openFleetState(of);
  const { generation } = state;
  const shard = { has: () => true };
  const store = await openFleetStore({ folder: of, generation, part: 0, shard, log: silentLog });
  const kept = [...store.kept()]
    .sort(([one], [other]) => one - other)
    .map(([, { packed, packer, beside }]) => withBeside(packer.read(packed), beside));
  await store.close();
  state.close();
  return kept;
}

beforeAll(() => () => rmSync(root, { recursive: true, force: true }));

/** Names of all fields, with what stands there, and how many there are of what has a length: the shape of a state. */
function shapeOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.length > 600 && value.length < 1100 ? 'a certificate' : value.length;
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  const shown = Object.entries(value).filter(([key]) => key !== 'native'); // some phones have a second IMEI
  const entries = shown.map(([key, each]) => [key.replace(/[0-9A-F]{40}/g, 'thumbprint'), shapeOf(each)]);
  return Object.fromEntries(entries.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1)));
}

/** Of a session, what is other each time. */
const changing = ['lastCheckInAt', 'contactAt', 'forcedAt', 'infoAt', 'syncs', 'sessions', 'dynamicInfo', 'pushes'];
function withoutMoments(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(withoutMoments);
  const kept = Object.entries(value).filter(([key]) => !changing.includes(key) && key !== 'nonce');
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutMoments(each)]));
}

it('has the devices that would have enrolled, in their shape, and each alone has what is its own', async () => {
  expect(await prepare()).toMatchObject({ devices: 9 });
  const made = await states();
  const one = (platform: string) => made.filter(({ facts }) => facts.platform === platform);
  for (const platform of ['ios', 'windows', 'android']) {
    const [first, ...others] = one(platform);
    expect(others.map(shapeOf)).toEqual(others.map(() => shapeOf(first)));
    expect(new Set(one(platform).map(({ link }) => JSON.stringify(link))).size).toBe(3);
  }
  const plan = readScenario(scenario('[{ enroll: {} }]'));
  const population = new Population({ ...plan, cast: interleave(plan), ports: idlePorts(manualClock(0)) });
  for (const [index, { facts }] of made.entries()) {
    const enrolling = await population.turn(index, async ({ state }) => state.facts);
    expect({ ...facts, native: {} }).toEqual({ ...enrolling, native: {} });
  }
  const ids = made.flatMap(({ facts }) => [facts.id, facts.serial]);
  expect(new Set(ids).size).toBe(18);
  for (const { facts, link, holdings } of made) {
    const others = ids.filter((id) => id !== facts.id && id !== facts.serial);
    const text = JSON.stringify([link, holdings]);
    expect(others.filter((id) => text.includes(id))).toEqual([]);
  }
});

it('goes on over the wire as a fleet that has enrolled: nothing is left to be said, and the authority moves, renews and lets go', async () => {
  const before = await states();
  const quiet = await run('[{ check-in: { expect: [email, wifi, vpn, certificate] } }]');
  expect([quiet.outcome, quiet.steps[0]?.counts['passed']]).toEqual(['passed', 9]);
  const operations = Object.keys(quiet.operations);
  for (const busy of ['InstallProfile', 'PKIOperation', 'package-3']) expect(operations).not.toContain(busy);
  expect((await states()).map(withoutMoments)).toEqual(before.map(withoutMoments));
  const lived = await run('[{ switch: { to: intune, within: 60s } }, { renew: {} }, { leave: {} }]');
  expect([lived.outcome, lived.steps.map(({ counts }) => counts['passed'])]).toEqual(['passed', [9, 9, 9]]);
});

it('is not prepared where a fleet is already', async () => {
  await expect(prepare()).rejects.toMatchObject({ code: 'FLEET_DIFFERS', message: expect.stringContaining(folder) });
  expect((await states()).length).toBe(9);
});

it('leaves nothing behind where it is interrupted or an example cannot enroll', async () => {
  const other = join(root, 'other');
  const stopping = new AbortController();
  const openAndStop = async () => {
    stopping.abort();
    throw new Error('it is stopped');
  };
  const stopped = prepare({ folder: other, signal: stopping.signal, openAuthority: openAndStop });
  await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(existsSync(other)).toBe(false);
});

it('never removes what was in the folder before', async () => {
  const other = join(root, 'others');
  for (const name of ['authority', 'devices']) {
    mkdirSync(join(other, name), { recursive: true });
    writeFileSync(join(other, name, 'mine'), '');
    const stopping = AbortSignal.abort();
    await expect(prepare({ folder: other, signal: stopping })).rejects.toMatchObject({
      code: 'FILE_UNUSABLE',
      message: expect.stringContaining(join(other, name)),
    });
    expect(existsSync(join(other, name, 'mine'))).toBe(true);
    rmSync(join(other, name), { recursive: true });
  }
});

it('that was killed half-way is refused by a run, and prepared anew: with keys of its own for each device, and the people of a file', async () => {
  const other = join(root, 'fresh');
  for (const name of ['authority', 'devices']) {
    mkdirSync(join(other, name), { recursive: true });
    writeFileSync(join(other, name, 'half'), 'written until the process was killed');
  }
  await beginPreparing(other);
  expect(() => openFleetState(other)).toThrow(expect.objectContaining({ code: 'FLEET_UNFINISHED' }));
  const text = 'name: t\nauthority: office365\ndevices: { ios: 2, keys: fresh }\nphases: [{ enroll: {} }]';
  const rows = ['user3', 'user1'].map((name) => ({ user: `${name}@contoso.example`, values: {} }));
  const plan = { ...readScenario(text), users: people(rows) };
  const tenant = { ...defaultTenant({ authority: 'office365', users: 3 }), profiles: [] };
  const notes: string[] = [];
  const open = (data: string) => openAuthority(data, 0, 0, tenant);
  await prepare({ folder: other, plan, tenant, openAuthority: open, onNote: (note) => notes.push(note) });
  expect(notes[0]).toContain('was left unfinished');
  expect(existsSync(join(other, 'devices', 'half'))).toBe(false);
  const made = await states(other);
  const keys = made.map(({ link }) => /"pkcs8":"([^"]+)"/.exec(JSON.stringify(link))?.[1]);
  expect([made.length, new Set(keys.filter((key) => key !== undefined)).size]).toEqual([2, 2]);
  const records = openDeviceRecords(join(other, 'authority'), silentLog);
  const userOf = new Map(records.users().map(({ id, upn }) => [id, upn]));
  const owners = made.map(({ facts }) => {
    const device = records.example(facts.id)?.recorded.device as { record: { userId: string } } | undefined;
    return userOf.get(device?.record.userId ?? '');
  });
  expect(owners).toEqual(rows.map(({ user }) => user));
  await records.close();
});
