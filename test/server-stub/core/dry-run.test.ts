import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../agent/io/random.js';
import type { Authority, PlatformName, Profile } from '../../../protocol/vocabulary.js';
import type { IntendedChange } from '../../../server-stub/core/dry-run-types.js';
import type { AssignedProfile, TenantConfig, User } from '../../../server-stub/core/types.js';
import { type Bench, open, refusal, user, wifi } from './support.js';

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

describe('the dry run', () => {
  test('of 200 tenants by chance says for each device what it then holds, on all platforms, and changes nothing', () => {
    let [moves, removed, left, overwritten] = [0, 0, 0, 0];
    for (let seed = 0; seed < 200; seed++) {
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
      const everybodyChecksIn = () => {
        for (const [deviceId, { platform, holdings }] of kept) checkIn(bench, deviceId, platform, holdings);
      };
      everybodyChecksIn();
      for (const { id } of users) {
        const [first] = users.filter((each) => each.id === id);
        if (first !== undefined) tenant.putUser(first, 'admin'); // as licensed as they are
      }
      if (chance(50) && mayCoexist(bench)) {
        make(bench, { coexistence: true });
        everybodyChecksIn();
      }
      const change = chosen(bench, users, random);
      const before = JSON.stringify([tenant.devices(), tenant.users(), tenant.changes()]);
      const { users: told, userless } = tenant.dryRun(change, { most: 100 });
      expect(JSON.stringify([tenant.devices(), tenant.users(), tenant.changes()])).toBe(before);

      const holdingsBefore = new Map([...kept].map(([id, { holdings }]) => [id, new Map(holdings)]));
      const managers = new Map(tenant.devices().map(({ deviceId, managedBy }) => [deviceId, managedBy]));
      const ids = new Map(tenant.devices().map(({ deviceId, id }) => [id, deviceId]));
      make(bench, change);
      everybodyChecksIn();

      const listed = new Map(
        told.flatMap(({ devices, to }) => devices.map((device) => [ids.get(device.id), { ...device, to }] as const)),
      );
      for (const [deviceId, { userName, holdings }] of kept) {
        const was = holdingsBefore.get(deviceId) ?? new Map<string, string>();
        const device = listed.get(deviceId);
        if (device === undefined || managers.get(deviceId) === device.to) {
          expect([seed, deviceId, [...holdings].sort()]).toEqual([seed, deviceId, [...was].sort()]);
          continue;
        }
        moves++;
        const fate = (name: string) => {
          const now = holdings.get(name);
          if (now === undefined) return 'removed';
          return now.startsWith(device.to) ? 'overwritten' : 'leftBehind';
        };
        const seen: Record<string, string[]> = { overwritten: [], leftBehind: [], removed: [] };
        for (const name of was.keys()) seen[fate(name)]?.push(name);
        const { overwritten: o, leftBehind: l, removed: r } = device;
        expect([
          seed,
          deviceId,
          { overwritten: [...o].sort(), leftBehind: [...l].sort(), removed: [...r].sort() },
        ]).toEqual([
          seed,
          deviceId,
          {
            overwritten: seen['overwritten']?.sort(),
            leftBehind: seen['leftBehind']?.sort(),
            removed: seen['removed']?.sort(),
          },
        ]);
        expect(userName).not.toBe('');
        overwritten += o.length;
        left += l.length;
        removed += r.length;
      }
      for (const id of userless) expect(kept.get(ids.get(id) ?? '')?.userName).toBe('');
      if (change.authority !== undefined) {
        const staying = [...kept].filter(
          ([deviceId, { userName }]) => userName === '' && managers.get(deviceId) !== change.authority,
        );
        expect(userless.length).toBe(staying.length);
      }
    }
    expect(Math.min(moves, removed, left, overwritten)).toBeGreaterThan(100); // it was tried
  });
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
  for (const { id } of users) {
    const fall = random.integer(3);
    if (fall === 0) change.add.push({ user: id, sku: 'INTUNE_A' });
    if (fall === 1) change.remove.push({ user: id, sku: 'INTUNE_A' });
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
  test.each(['unknown', 'sccm', 'office365'] as const)('to %s is refused as the change is', (authority) => {
    const { tenant } = open();
    expect(refusal(() => tenant.dryRun({ authority }))).toBe(refusal(() => tenant.setAuthority(authority, 'admin')));
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
