import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../agent/io/random.js';
import type { Authority, PlatformName, Profile } from '../../../protocol/vocabulary.js';
import type { IntendedChange } from '../../../server-stub/core/dry-run-types.js';
import type { AssignedProfile, TenantConfig, User } from '../../../server-stub/core/types.js';
import { type Bench, dayMs, open, refusal, user, wifi } from './support.js';

const platforms: readonly PlatformName[] = ['ios', 'windows', 'android'];
const names = ['mail', 'net', 'guests', 'lab', 'vpn', 'code'];

/** What a device holds by its own account: the content of each setting, by name, as its commands or documents made it. */
type Holdings = Map<string, string>;

/** A device that does as it is told, and knows nothing of the core. */
function checkIn({ tenant }: Bench, deviceId: string, platform: PlatformName, holdings: Holdings): void {
  if (platform === 'android') {
    const { items, removals, commands } = tenant.openDocument(deviceId);
    holdings.clear();
    for (const { profile, commandIds = [] } of items) {
      holdings.set(profile.name, content(profile));
      for (const id of commandIds) tenant.report(deviceId, id, { status: 'done' });
    }
    for (const { commandId } of removals) tenant.report(deviceId, commandId, { status: 'done' });
    for (const { id } of commands) tenant.report(deviceId, id, { status: 'done' });
    return;
  }
  tenant.openSession(deviceId);
  for (let next = tenant.next(deviceId); next !== undefined; next = tenant.next(deviceId)) {
    const { command } = next;
    if (command.kind === 'install-profile') holdings.set(command.profile.name, content(command.profile));
    if (command.kind === 'remove-profile') holdings.delete(command.name);
    tenant.report(deviceId, next.id, { status: 'done' });
  }
}

/** The authority whose setting it is stands in the SSID. */
const content = (profile: Profile): string => (profile.kind === 'wifi' ? profile.ssid : '');

/** A tenant, its devices and a change, all by chance. */
function invented(seed: number) {
  const random = seededRandom('dry run', seed);
  const chance = (share: number): boolean => random.integer(100) < share;
  const some = <T>(list: readonly T[]): T[] => list.filter(() => chance(50));
  const groups = ['g1', 'g2', 'g3'];
  const users: User[] = ['ada', 'ben', 'cyd', 'dee', 'eve'].map((name) => ({
    ...user(name, [...(chance(40) ? ['INTUNE_A'] : []), 'O365_BUSINESS_ESSENTIALS']),
    groups: some(groups),
  }));
  const ids = users.map(({ id }) => id);
  const profiles: AssignedProfile[] = (['office365', 'intune'] as const).flatMap((authority) =>
    some(names).map((name) => ({
      id: `${authority}/${name}`,
      authority,
      profile: { ...wifi(name), ssid: `${authority} ${name}` },
      assignment: {
        to: chance(40) ? ('all' as const) : { users: some(ids), groups: some(groups) },
        except: chance(30) ? some(groups) : [],
      },
      ...(chance(20) && { platforms: [platforms[random.integer(3)] ?? 'ios'] }),
    })),
  );
  const config: Partial<TenantConfig> = {
    authority: chance(60) ? 'office365' : 'intune',
    users: users.map((each) => ({ ...each, products: [...each.products, 'SPB'] })), // all may enroll
    groups: groups.map((id) => ({
      id,
      displayName: id,
      groups: id === 'g3' && chance(50) ? ['g1'] : [],
      products: [],
    })),
    profiles,
  };
  return { config, users, chance, random };
}

type Kept = Map<string, { readonly platform: PlatformName; readonly userName: string; readonly holdings: Holdings }>;

/** The change by the calls that make it. */
function make({ tenant }: Bench, { authority, coexistence, licences }: IntendedChange): void {
  if (authority !== undefined) tenant.setAuthority(authority, 'admin');
  if (coexistence === true) tenant.enableCoexistence('admin');
  const products = new Map(tenant.users().map(({ id, products }) => [id, new Set(products)]));
  for (const { user: id, sku } of licences?.remove ?? []) products.get(id)?.delete(sku);
  for (const { user: id, sku } of licences?.add ?? []) products.get(id)?.add(sku);
  for (const each of tenant.users()) {
    const now = [...(products.get(each.id) ?? [])];
    if (now.join() !== each.products.join()) tenant.putUser({ ...each, products: now }, 'admin');
  }
  tenant.renewPushCertificate('admin');
}

interface Fates {
  readonly overwritten: readonly string[];
  readonly leftBehind: readonly string[];
  readonly removed: readonly string[];
}

/** What became of what a device held; what it keeps as its authority's own is none of these. */
function fatesOf(was: Holdings, now: Holdings, to: Authority): Fates {
  const fate = (name: string, before: string) => {
    const after = now.get(name);
    if (after === undefined) return 'removed';
    if (!after.startsWith(to)) return 'leftBehind';
    return after === before ? 'kept' : 'overwritten';
  };
  const names = (of: string) => [...was].flatMap(([name, before]) => (fate(name, before) === of ? [name] : [])).sort();
  return { overwritten: names('overwritten'), leftBehind: names('leftBehind'), removed: names('removed') };
}

const sorted = ({ overwritten, leftBehind, removed }: Fates): Fates => ({
  overwritten: [...overwritten].sort(),
  leftBehind: [...leftBehind].sort(),
  removed: [...removed].sort(),
});

/** One tenant by chance, compared. `isAway`: its devices may have stayed away from changes before. Returns what became of those that moved. */
async function compared(seed: number, isAway: boolean): Promise<Fates[]> {
  const { config, users, chance, random } = invented(seed);
  const bench = open(config);
  const { tenant } = bench;
  const kept: Kept = new Map();
  for (const [index, { upn }] of users.entries()) {
    for (const platform of platforms) {
      if (!chance(60)) continue;
      const deviceId = `${platform}-${index}`;
      const userName = chance(90) ? (upn.split('@')[0] ?? '') : '';
      bench.enroll(deviceId, userName, platform);
      kept.set(deviceId, { platform, userName, holdings: new Map() });
    }
  }
  const behind = new Set<string>();
  const checkInOf = (share: number) => {
    for (const [deviceId, { platform, holdings }] of kept) {
      if (share < 100 && !chance(share)) behind.add(deviceId);
      else {
        checkIn(bench, deviceId, platform, holdings);
        behind.delete(deviceId);
      }
    }
  };
  checkInOf(100);
  for (const each of users) tenant.putUser(each, 'admin'); // as licensed as they are
  for (let times = isAway ? 1 + random.integer(2) : 0; times > 0; times--) {
    make(bench, { authority: tenant.authority === 'intune' ? 'office365' : 'intune' });
    checkInOf(50);
    if (chance(60)) await bench.clock.advance(8 * dayMs);
  }
  if (chance(50) && mayCoexist(bench)) {
    make(bench, { coexistence: true });
    checkInOf(isAway ? 50 : 100);
  }

  const change = chosen(bench, users, random);
  const before = JSON.stringify([tenant.devices(), tenant.users(), tenant.changes()]);
  const { users: told, userless } = tenant.dryRun(change, { most: 100 });
  expect(JSON.stringify([tenant.devices(), tenant.users(), tenant.changes()])).toBe(before);
  const held = new Map([...kept].map(([id, { holdings }]) => [id, new Map(holdings)]));
  const managers = new Map(tenant.devices().map(({ deviceId, managedBy }) => [deviceId, managedBy]));
  const ids = new Map(tenant.devices().map(({ deviceId, id }) => [id, deviceId]));
  const wereBehind = new Set(behind);
  make(bench, change);
  checkInOf(100);

  const moved: Fates[] = [];
  const listed = new Map(
    told.flatMap(({ devices, to }) => devices.map((device) => [ids.get(device.id), { ...device, to }] as const)),
  );
  for (const [deviceId, { userName, holdings }] of kept) {
    const was = held.get(deviceId) ?? new Map<string, string>();
    const device = listed.get(deviceId);
    if (device === undefined) {
      if (!wereBehind.has(deviceId)) expect([seed, deviceId, holdings]).toEqual([seed, deviceId, was]);
      continue;
    }
    expect([seed, deviceId, sorted(device)]).toEqual([seed, deviceId, fatesOf(was, holdings, device.to)]);
    expect(userName).not.toBe('');
    if (managers.get(deviceId) !== device.to) moved.push(device);
  }
  for (const id of userless) expect(kept.get(ids.get(id) ?? '')?.userName).toBe('');
  if (change.authority !== undefined) {
    const isStaying = (deviceId: string) => managers.get(deviceId) !== change.authority;
    const staying = [...kept].filter(([deviceId, { userName }]) => userName === '' && isStaying(deviceId));
    expect([seed, userless.length]).toEqual([seed, staying.length]);
  }
  return moved;
}

async function comparedAll(tenants: number, isAway: boolean): Promise<void> {
  const moved: Fates[] = [];
  for (let seed = 0; seed < tenants; seed++) moved.push(...(await compared(seed, isAway)));
  const count = (kind: keyof Fates) => moved.reduce((sum, fates) => sum + fates[kind].length, 0);
  const counts = [moved.length, count('overwritten'), count('leftBehind'), count('removed')];
  expect(Math.min(...counts)).toBeGreaterThan(tenants / 2); // it was tried
}

describe('the dry run', () => {
  test('of 200 tenants by chance says for each device what it then holds, on all platforms, and changes nothing', () =>
    comparedAll(200, false));

  test('of 100 whose devices stayed away from changes before it says it, too', () => comparedAll(100, true));
});

const mayCoexist = ({ tenant }: Pick<Bench, 'tenant'>): boolean =>
  tenant.authority === 'office365' && tenant.users().some(({ products }) => products.includes('INTUNE_A'));

/** Another authority, coexistence, or licences given and taken. */
function chosen({ tenant }: Bench, users: readonly User[], random: ReturnType<typeof seededRandom>): IntendedChange {
  const isCoexisting = tenant.coexistence;
  const other: Authority = tenant.authority === 'intune' ? 'office365' : 'intune';
  const die = random.integer(3);
  if (die === 0 && !isCoexisting) return { authority: other };
  if (die === 1 && mayCoexist({ tenant })) return { coexistence: true };
  const change = { add: [] as { user: string; sku: string }[], remove: [] as { user: string; sku: string }[] };
  for (const { id, products } of tenant.users().filter((each) => users.some(({ id }) => id === each.id))) {
    const fall = random.integer(3);
    if (fall === 0) change.add.push({ user: id, sku: 'INTUNE_A' });
    if (fall === 1 && products.includes('INTUNE_A')) change.remove.push({ user: id, sku: 'INTUNE_A' });
  }
  return { licences: change };
}

test('the dry run says that a push certificate is missing on the way back too, as check-ins then fail until one is uploaded', () => {
  const { tenant, enroll } = open();
  enroll('phone', 'ada', 'ios');
  expect(tenant.dryRun({ authority: 'intune' }).missing).toEqual(['pushCertificate']);
  tenant.setAuthority('intune', 'admin');
  expect(tenant.dryRun({ authority: 'office365' }).missing).toEqual(['pushCertificate']);
  tenant.setAuthority('office365', 'admin');
  expect(refusal(() => tenant.openSession('phone'))).toBe('CHECKIN_UNAVAILABLE');
});

describe('the dry run of a change that would be refused', () => {
  const authorities = ['unknown', 'intune', 'office365', 'sccm'] as const;
  const tenants: readonly Partial<TenantConfig>[] = [
    ...authorities.map((authority) => ({ authority })),
    { authority: 'intune', coexistence: true },
    { authority: 'office365', users: [user('ada', ['O365_BUSINESS_ESSENTIALS'])] },
  ];
  test.each(tenants)('is refused as the change is, and where that is not neither is: %j', (config) => {
    const { tenant } = open(config);
    const codes = new Set<string>();
    const agree = (change: IntendedChange, make: (at: Bench['tenant']) => unknown) => {
      const code = refusal(() => tenant.dryRun(change));
      expect([change, code]).toEqual([change, refusal(() => make(open(config).tenant))]);
      codes.add(code);
    };
    for (const authority of authorities) agree({ authority }, (at) => at.setAuthority(authority, 'admin'));
    agree({ coexistence: true }, (at) => at.enableCoexistence('admin'));
    for (const [add, remove] of [
      [['INTUNE_A'], []],
      [['INTUNE_A'], ['INTUNE_A']],
      [[], ['INTUNE_A']],
      [[], ['SPB']],
      [[], ['O365_BUSINESS_ESSENTIALS']],
    ] as const) {
      const of = (sku: string) => ({ user: 'id-ada', sku });
      agree({ licences: { add: add.map(of), remove: remove.map(of) } }, (at) =>
        at.assignLicences('id-ada', { add, remove }, 'admin'),
      );
    }
    expect([...codes]).toEqual(expect.arrayContaining(['none', 'AUTHORITY_FORBIDDEN', 'REQUEST_INVALID']));
  });

  test('of what is so already says that nobody moves', () => {
    const { tenant, enroll } = open({ pushCertificate: { topic: 'topic' } });
    enroll('d', 'ada', 'ios');
    const nothing = { users: [], movedUnasked: [], missing: [] };
    expect(tenant.dryRun({ authority: 'office365' })).toMatchObject(nothing);
    tenant.enableCoexistence('admin');
    enroll('e');
    const [{ devices } = { devices: [] }] = tenant.dryRun({ coexistence: true }).users;
    expect(devices.map(({ deviceName }) => deviceName)).toContain('S-d'); // by the change before
  });

  test('to coexistence is refused where intune is set, and for want of a licence unless one is given with it', () => {
    const given = (sku: string) => ({
      coexistence: true as const,
      licences: { add: [{ user: 'id-ada', sku }], remove: [] },
    });
    const intune = open({ authority: 'intune' }).tenant;
    expect(refusal(() => intune.dryRun(given('INTUNE_A')))).toBe('CONFLICT');
    const { tenant } = open({ users: [user('ada', ['O365_BUSINESS_ESSENTIALS'])] });
    expect(refusal(() => tenant.dryRun({ coexistence: true }))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.dryRun(given('O365_BUSINESS_PREMIUM')))).toBe('REQUEST_INVALID');
    expect(refusal(() => tenant.dryRun(given('INTUNE_A')))).toBe('none');
  });

  test('names a user or a product that nobody knows', () => {
    const { tenant } = open();
    const add = (name: string, sku: string) =>
      refusal(() => tenant.dryRun({ licences: { add: [{ user: name, sku }], remove: [] } }));
    expect([add('nobody', 'SPB'), add('id-ada', 'GOLD')]).toEqual(['REQUEST_INVALID', 'REQUEST_INVALID']);
  });
});
