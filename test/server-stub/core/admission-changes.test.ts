// What changes while devices enroll, or has gone since: groups, profiles, users, the process itself.
import { describe, expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { memoryLog } from '../../../base/log.js';
import type { PlatformName } from '../../../protocol/vocabulary.js';
import type { EnrollmentType, PlatformRestriction } from '../../../server-stub/core/admission-types.js';
import { CorporateIndex } from '../../../server-stub/core/corporate-index.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import { noRestriction } from '../../../server-stub/core/restriction-index.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import type { TraitsByPlatform } from '../../../server-stub/core/traits.js';
import type { TenantConfig, TenantPorts } from '../../../server-stub/core/types.js';
import { disk } from './disk.js';
import { config, counted, refusal, user } from './support.js';

const minute = 60_000;
const traits: TraitsByPlatform = new Map([
  ['ios', { needsPushCertificate: false, watchesAttempts: true }],
  [
    'windows',
    {
      needsPushCertificate: false,
      hasAutopilot: true,
      isDeclaredByModel: true,
      unlimitedWays: ['joined', 'comanaged'],
    },
  ],
]);

function world({
  change = {},
  ports = {},
  stored = disk(),
  clock = manualClock(0),
}: {
  change?: Partial<TenantConfig>;
  ports?: Partial<TenantPorts>;
  stored?: ReturnType<typeof disk>;
  clock?: ReturnType<typeof manualClock>;
} = {}) {
  const log = memoryLog();
  const tenant = createTenant(
    config({ authority: 'intune', ...change }),
    { clock, random: counted(), log, traits, ...ports },
    stored.persistence(),
  );
  onTestFinished(() => tenant.close());
  return { tenant, clock, log, stored };
}

const restrict = (tenant: Tenant, platform: PlatformName, restriction: PlatformRestriction) =>
  tenant.putRestriction({ ...noRestriction, platforms: { [platform]: restriction } });

const pc = { platform: 'windows', deviceId: 'pc', serial: 'S-1', userId: 'id-ada' } as const;
const phone = { platform: 'ios', deviceId: 'phone', serial: 'S-2', userId: 'id-ada' } as const;
const begin = (tenant: Tenant, userName = 'ada') =>
  tenant.admit({ platform: 'ios', user: `${userName}@contoso.example` }).attempt;

describe('what a record refers to may have gone since, and the record still changes', () => {
  test('a restriction, one of whose groups was deleted; a new group must be there', () => {
    const { tenant } = world({ change: { groups: [{ id: 'g', displayName: 'Sales', products: [], groups: [] }] } });
    const limit = { id: 'r', kind: 'limit', displayName: 'Sales', priority: 1, groups: ['g'], limit: 3 } as const;
    tenant.putRestriction(limit);
    tenant.removeGroup('g');
    expect(tenant.putRestriction({ ...limit, limit: 4 })).toMatchObject({ limit: 4 });
    expect(refusal(() => tenant.putRestriction({ ...limit, groups: ['g', 'never'] }))).toBe('REQUEST_INVALID');
    tenant.putRestriction({ ...limit, groups: [] });
    expect(refusal(() => tenant.putRestriction(limit))).toBe('REQUEST_INVALID');
  });

  test('an Autopilot device, whose profile and user were removed', () => {
    const { tenant } = world();
    tenant.putAutopilotProfile({ id: 'p', displayName: 'Kiosk', mode: 'selfDeploying' });
    const device = { id: 'd', serial: 'S-1', createdAt: 0, profileId: 'p', userId: 'id-ben' };
    tenant.putAutopilotDevice(device);
    tenant.removeAutopilotProfile('p');
    tenant.removeUser('id-ben', 'admin');
    tenant.putAutopilotDevice({ ...device, groupTag: 'floor 2' });
    expect(tenant.findAutopilotDevice('S-1')).toMatchObject({ groupTag: 'floor 2' });
    for (const other of [{ profileId: 'q' }, { userId: 'id-nobody' }, { id: 'e', serial: 'S-3' }]) {
      expect(refusal(() => tenant.putAutopilotDevice({ ...device, ...other }))).toBe('REQUEST_INVALID');
    }
  });
});

test('a PC that joins is its user’s as long as Autopilot does not know it (E10)', () => {
  const { tenant } = world();
  restrict(tenant, 'windows', { personalBlocked: true });
  const joins = () => refusal(() => tenant.enroll({ ...pc, enrollmentType: 'joined' }));
  expect(joins()).toBe('E10');
  tenant.putAutopilotDevice({ id: 'd', serial: pc.serial, createdAt: 0 });
  expect(joins()).toBe('none');
  tenant.removeAutopilotDevice('d');
  expect(joins()).toBe('E10');
});

describe('a removed record of Autopilot is remembered (E16)', () => {
  const enrolls = (tenant: Tenant, serial: string) =>
    refusal(() => tenant.enroll({ ...pc, serial, enrollmentType: 'autopilot' }));
  const profile = { id: 'p', displayName: 'Kiosk', mode: 'selfDeploying' } as const;
  const known = (serial: string) => ({ id: `id-${serial}`, serial, profileId: 'p', createdAt: 0 });

  test('whether it is deleted or the whole tenant is replaced by one without it, until it is imported again', async () => {
    const change = { autopilotProfiles: [profile], autopilot: ['A', 'B', 'C'].map(known) };
    const { tenant, stored } = world({ change });
    tenant.removeAutopilotDevice('id-A');
    tenant.replace(
      { ...config({ authority: 'intune' }), autopilotProfiles: [profile], autopilot: [known('C')] },
      'admin',
    );
    await tenant.close();
    for (const each of [tenant, world({ stored: stored.asNow() }).tenant]) {
      expect(['A', 'B', 'D'].map((serial) => enrolls(each, serial))).toEqual(['E16', 'E16', 'E13']);
      expect(each.config().autopilot).toMatchObject([{ serial: 'C' }]);
    }
    const again = world({ stored: stored.asNow() }).tenant;
    again.putAutopilotDevice({ ...known('A'), id: 'other' });
    again.replace({ ...again.config(), autopilot: [{ ...known('A'), id: 'other' }, known('B')] }, 'admin');
    expect(['A', 'B', 'C'].map((serial) => enrolls(again, serial))).toEqual(['none', 'none', 'E16']);
  });

  test('of so many, the newest, over a restart as well', async () => {
    const { tenant, clock, stored } = world({ change: { autopilotProfiles: [profile] }, ports: { keptRemoved: 2 } });
    for (const serial of ['D', 'A', 'C', 'B']) {
      tenant.putAutopilotDevice(known(serial));
      await clock.advance(1);
    }
    for (const serial of ['C', 'B', 'A']) {
      tenant.removeAutopilotDevice(`id-${serial}`);
      await clock.advance(1);
    }
    const codes = (each: Tenant) => ['A', 'B', 'C'].map((serial) => enrolls(each, serial));
    expect(codes(tenant)).toEqual(['E16', 'E16', 'E13']);
    await tenant.close();
    const again = world({ stored: stored.asNow(), ports: { keptRemoved: 2 } });
    expect(codes(again.tenant)).toEqual(['E16', 'E16', 'E13']);
    again.tenant.removeAutopilotDevice('id-D');
    expect(codes(again.tenant)).toEqual(['E16', 'E13', 'E13']);
    expect(again.stored.saved.get('autopilot')?.size).toBe(2);
  });
});

test('of a list of identifiers or Autopilot devices all are taken, or none', () => {
  const { tenant, stored } = world();
  const serial = (id: string, value = id) => ({ id, type: 'serialNumber', value, createdAt: 0 }) as const;
  const device = (id: string, more: object = {}) => ({ id, serial: id, createdAt: 0, ...more });
  for (const wrong of [serial('c', ' '), serial('c', 'A'), serial('c', 'known')]) {
    tenant.putCorporateDevice(serial('known'));
    expect(refusal(() => tenant.putCorporateDevices([serial('a'), serial('b'), wrong]))).toBe('REQUEST_INVALID');
    expect(tenant.corporateDevices()).toHaveLength(1);
  }
  for (const wrong of [{ serial: '' }, { serial: 'a' }, { serial: 'KNOWN' }, { profileId: 'p' }, { userId: 'u' }]) {
    tenant.putAutopilotDevice(device('known'));
    expect(refusal(() => tenant.putAutopilotDevices([device('a'), device('b'), device('c', wrong)]))).toBe(
      'REQUEST_INVALID',
    );
    expect(tenant.autopilotDevices()).toHaveLength(1);
  }
  expect(['corporate', 'autopilot'].map((table) => stored.saved.get(table)?.size)).toEqual([1, 1]);
  tenant.putCorporateDevices([serial('a'), { ...serial('a'), description: 'Lobby' }, serial('b')]);
  tenant.putAutopilotDevices([device('a'), device('b')]);
  expect([tenant.corporateDevices().length, tenant.autopilotDevices().length]).toEqual([3, 3]);
});

test('an IMEI without a digit, and a serial number of nothing but space, declare no device', () => {
  const { tenant } = world();
  restrict(tenant, 'windows', { personalBlocked: true });
  for (const [type, value] of [['imei', 'n/a'] as const, ['serialNumber', '  '] as const]) {
    expect(refusal(() => tenant.putCorporateDevice({ id: 'c', type, value, createdAt: 0 }))).toBe('REQUEST_INVALID');
  }
  tenant.putCorporateDevice({ id: 'c', type: 'imei', value: '35-693803-564380-9', createdAt: 0 });
  expect(refusal(() => tenant.enroll({ ...pc, imei: 'none' }))).toBe('E10');
  expect(refusal(() => tenant.enroll({ ...pc, imei: '356938035643809' }))).toBe('none');
});

test('a PC is declared by its maker, model and serial number, all three of which it tells: capitals, spaces and periods of the serial number make no difference', () => {
  const { tenant } = world();
  restrict(tenant, 'windows', { personalBlocked: true });
  const type = 'manufacturerModelSerial';
  const put = (id: string, value: string) => tenant.putCorporateDevice({ id, type, value, createdAt: 0 });
  for (const wrong of ['Lenovo,S-1', 'S-1', ',ThinkPad,S-1', 'Lenovo, ,S-1', 'Lenovo,ThinkPad,'])
    expect([wrong, refusal(() => put('c', wrong))]).toEqual([wrong, 'REQUEST_INVALID']);
  put('c', 'Micro-Star International Co., Ltd.,  ms-7C02 ,s1.2');
  expect(refusal(() => put('d', 'MICRO-STAR international co.,ltd.,MS-7C02,S12'))).toBe('REQUEST_INVALID'); // the same
  const told = { manufacturer: 'Micro-Star International Co., Ltd.', model: 'MS-7C02', serial: 'S1.2' };
  const by = (changes: object) => refusal(() => tenant.enroll({ ...pc, ...told, ...changes }));
  for (const other of [{ manufacturer: undefined }, { manufacturer: 'Ltd.' }, { model: 'MS-7C03' }, { serial: 'S1' }])
    expect([other, by(other)]).toEqual([other, 'E10']);
  expect(by({})).toBe('none');
  tenant.removeCorporateDevice('c');
  tenant.unenroll('pc', 'left');
  expect(by({})).toBe('E10');
});

test('IMEIs of one device, of 14 and 15 digits, that a folder of before holds are one identifier after the start', () => {
  const stored = disk();
  world({ stored });
  const imei = (id: string, value: string) => ({ id, type: 'imei' as const, value, createdAt: 0 });
  const [kept, other] = [imei('a', '356938035643809'), imei('b', '35693803564380')];
  stored.saved.set('corporate', new Map([kept, other].map((each) => [each.id, each])));
  const { tenant } = world({ stored });
  expect(tenant.corporateDevices()).toEqual([kept]);
  expect([...(stored.saved.get('corporate') ?? [])]).toEqual([['a', kept]]);
  expect(tenant.config().corporateDevices).toEqual([kept]);
  tenant.removeCorporateDevice('a');
  expect(tenant.findCorporateDevice('imei', other.value)).toBeUndefined();
  expect(world({ stored }).tenant.corporateDevices()).toEqual([]);
});

test('an identifier that is put in the place of another of the same device goes alone', () => {
  const index = new CorporateIndex();
  index.put({ id: 'a', type: 'imei', value: '356938035643809', createdAt: 0 });
  index.put({ id: 'b', type: 'imei', value: '35693803564380', createdAt: 0 });
  expect([index.list().map(({ id }) => id), index.has({ imei: '356938035643809' })]).toEqual([['b'], true]);
  index.remove('a');
  expect(index.has({ imei: '356938035643809' })).toBe(true);
  index.remove('b');
  expect([index.size, index.has({ imei: '356938035643809' })]).toEqual([0, false]);
});

test('a deployment profile is the device’s own, else that of its group tag, else that of all devices; the first of several', () => {
  const group = (id: string, displayName: string) => ({ id, displayName, products: [], groups: [] });
  const { tenant } = world({ change: { groups: [group('k', 'Kiosks'), group('l', 'Lobby'), group('n', ' ')] } });
  const profile = (id: string, more: object = {}) =>
    tenant.putAutopilotProfile({ id, displayName: id, mode: 'userDriven', ...more });
  const device = (more: object = {}) => tenant.putAutopilotDevice({ id: 'd', serial: 'S-1', createdAt: 0, ...more });
  const of = (more: object = {}) => tenant.autopilotProfileOf(more)?.id;
  const by = () => refusal(() => tenant.enroll({ ...pc, enrollmentType: 'autopilot', autopilotMode: 'userDriven' }));
  profile('own');
  device({ groupTag: ' KIOSKS ' });
  expect([by(), of({ groupTag: 'kiosks' })]).toEqual(['E14', undefined]);
  expect(refusal(() => profile('x', { groups: ['none'] }))).toBe('REQUEST_INVALID');
  profile('all', { allDevices: true });
  profile('tag', { groups: ['n', 'l', 'k'] });
  profile('later', { groups: ['k'], allDevices: true });
  expect([of(), of({ groupTag: 'kiosks' }), of({ groupTag: 'hall' }), of({ groupTag: '' })]).toEqual([
    'all',
    'tag',
    'all',
    'all',
  ]);
  expect(of({ groupTag: 'kiosks', profileId: 'own' })).toBe('own');
  expect(of({ profileId: 'gone' })).toBe('all');
  expect(by()).toBe('none');
  tenant.removeGroup('k');
  expect(of({ groupTag: 'kiosks' })).toBe('all');
  profile('tag', { groups: ['k'] }); // it was one of its groups
  tenant.putGroup(group('m', 'kiosks'));
  expect(of({ groupTag: 'kiosks' })).toBe('all');
  profile('last', { groups: ['m'] });
  profile('tag', { groups: ['m'] }); // it keeps its place before the other
  expect(of({ groupTag: 'kiosks' })).toBe('tag');
  tenant.removeAutopilotProfile('tag');
  expect(of({ groupTag: 'kiosks' })).toBe('last');
  tenant.putGroup(group('m', 'Hall'));
  expect([of({ groupTag: 'kiosks' }), of({ groupTag: 'hall' })]).toEqual(['all', 'last']);
  profile('last');
  tenant.removeAutopilotProfile('all');
  expect([of({ groupTag: 'hall' }), of()]).toEqual(['later', 'later']);
  profile('later');
  expect(of()).toBeUndefined();
});

test('failures of one user: by id or name, those of before the user was there too, without those of others', async () => {
  const { tenant, clock } = world();
  const ask = (name: string) => refusal(() => tenant.admit({ platform: 'windows', user: `${name}@contoso.example` }));
  expect(ask('New')).toBe('E02');
  tenant.putUser({ ...user('new'), products: [] });
  await clock.advance(minute);
  expect([ask('new'), ask('nobody')]).toEqual(['E02', 'E02']);
  for (const name of ['id-new', 'new@contoso.example', 'NEW@contoso.example']) {
    expect(tenant.failuresOf(name).map(({ at }) => at)).toEqual([0, minute]);
  }
  expect(tenant.failuresOf('nobody@contoso.example')).toHaveLength(1);
  expect(tenant.failuresOf('id-ada')).toEqual([]);
});

test('a device that is refused with its last step: the failure has the start of the enrollment (E23)', async () => {
  const { tenant, clock } = world();
  tenant.enroll(pc);
  tenant.enroll({ ...phone, attempt: begin(tenant) });
  restrict(tenant, 'windows', { blocked: true });
  await clock.advance(minute);
  expect(refusal(() => tenant.confirm('pc'))).toBe('E11');
  restrict(tenant, 'ios', { blocked: true });
  expect(refusal(() => tenant.confirm('phone'))).toBe('E11');
  expect(tenant.failures()).toMatchObject([
    { at: minute, startedAt: 0, deviceId: 'pc' },
    { at: minute, startedAt: 0, deviceId: 'phone' },
  ]);
});

test('too many attempts at once: the oldest fails, and nothing is left of its device', () => {
  const { tenant } = world({ ports: { mostAttempts: 2 } });
  tenant.enroll({ ...phone, attempt: begin(tenant) });
  begin(tenant, 'ben');
  expect(tenant.device('phone')?.status).toBe('pending');
  begin(tenant, 'ben');
  expect(tenant.device('phone')).toBeUndefined();
  expect(tenant.failures()).toMatchObject([{ code: 'E01', deviceId: 'phone', userId: 'id-ada', at: 0 }]);
});

test('a full list of failures is told once, not with each that comes after', () => {
  const { tenant, log } = world({ ports: { keptFailures: 2 } });
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
    refusal(() => tenant.admit({ platform: 'windows', user: name }));
  }
  expect(tenant.failures().map(({ userUpn }) => userUpn)).toEqual(['e', 'f']);
  expect(['a', 'd', 'e', 'f'].map((name) => tenant.failuresOf(name).length)).toEqual([0, 0, 1, 1]);
  expect(log.lines.filter(({ event }) => event === 'FAILURES_DROPPED')).toHaveLength(1);
});

test('a user who is removed between two steps, on a platform whose attempts are not watched, is recorded by id and name', () => {
  const { tenant } = world();
  tenant.enroll(pc);
  tenant.removeUser('id-ada', 'admin');
  expect(refusal(() => tenant.confirm('pc'))).toBe('E02');
  expect(refusal(() => tenant.enroll({ ...pc, deviceId: 'other' }))).toBe('E02');
  const { id: userId, upn: userUpn } = user('ada');
  expect(tenant.failures()).toMatchObject(Array(2).fill({ userId, userUpn }));
});

describe('over a restart', () => {
  test('an attempt whose time passed meanwhile fails at that time, once, and its device is gone', async () => {
    const { tenant, clock, stored } = world();
    tenant.enroll({ ...phone, attempt: begin(tenant) });
    await clock.advance(10 * minute);
    begin(tenant, 'ben');
    await tenant.close();
    const later = manualClock(35 * minute);
    const again = world({ stored: stored.asNow(), clock: later });
    await later.advance(1);
    expect(again.tenant.failures()).toMatchObject([{ code: 'E01', at: 30 * minute, startedAt: 0, deviceId: 'phone' }]);
    expect(again.tenant.device('phone')).toBeUndefined();
    await later.advance(10 * minute);
    expect(again.tenant.failures()).toMatchObject([{ userId: 'id-ada' }, { at: 40 * minute, startedAt: 10 * minute }]);
    const last = world({ stored: again.stored.asNow(), clock: manualClock(60 * minute) });
    expect(last.tenant.failures()).toHaveLength(2);
  });

  test('an attempt that was refused is not recorded again, neither when it is repeated nor when its time is over', async () => {
    const { tenant, stored } = world();
    restrict(tenant, 'ios', { blocked: true });
    const attempt = begin(tenant);
    expect(refusal(() => tenant.enroll({ ...phone, attempt }))).toBe('E11');
    const clock = manualClock(minute);
    const again = world({ stored: stored.asNow(), clock });
    expect(refusal(() => again.tenant.enroll({ ...phone, attempt }))).toBe('E11');
    await clock.advance(40 * minute);
    expect(refusal(() => again.tenant.enroll({ ...phone, attempt }))).toBe('E01');
    expect(again.tenant.failures()).toMatchObject([{ code: 'E11', at: 0 }]);
  });

  test('a device that began again with another attempt: the first fails, and the device stays enrolled', async () => {
    const { tenant, stored } = world();
    tenant.enroll({ ...phone, attempt: begin(tenant) });
    tenant.enroll({ ...phone, attempt: begin(tenant) });
    await tenant.close();
    const clock = manualClock(minute);
    const again = world({ stored: stored.asNow(), clock });
    again.tenant.confirm('phone');
    await clock.advance(40 * minute);
    expect(again.tenant.device('phone')?.status).toBe('enrolled');
    expect(again.tenant.failures()).toMatchObject([{ code: 'E01', at: 30 * minute }]);
  });
});

test('devices of a way without a limit are neither stopped by the limit nor counted; what else the user enrolls is (E17)', () => {
  const { tenant } = world({ change: { settings: { ...config().settings, deviceLimitPerUser: 1 } } });
  const enroll = (deviceId: string, enrollmentType: EnrollmentType) => {
    const { userId } = pc;
    const code = refusal(() =>
      tenant.enroll({ platform: 'windows', deviceId, serial: deviceId, userId, enrollmentType }),
    );
    if (code === 'none') tenant.confirm(deviceId);
    return code;
  };
  expect([enroll('a', 'joined'), enroll('b', 'comanaged')]).toEqual(['none', 'none']);
  expect([enroll('c', 'user'), enroll('d', 'user')]).toEqual(['none', 'E17']);
  expect(refusal(() => tenant.enroll({ ...phone, enrollmentType: 'automated' }))).toBe('E17'); // it has none here
  expect(enroll('e', 'joined')).toBe('none');
  expect(enroll('c', 'user')).toBe('none'); // itself
  tenant.unenroll('c', 'left');
  expect(enroll('d', 'user')).toBe('none');
  expect(tenant.failures().at(-1)?.failureReason).toBe('The user has 1 devices, and 1 are allowed.');
});

test('a co-managed PC is judged by the default restriction, whatever is set for groups of its user', () => {
  const sales = { id: 'g', displayName: 'Sales', products: [], groups: [] };
  const { tenant } = world({ change: { groups: [sales], users: [{ ...user('ada'), groups: ['g'] }] } });
  const windows = { blocked: true };
  tenant.putRestriction({
    ...noRestriction,
    id: 'r',
    displayName: 'Sales',
    priority: 1,
    groups: ['g'],
    platforms: { windows },
  });
  const by = (enrollmentType: EnrollmentType) => refusal(() => tenant.enroll({ ...pc, enrollmentType }));
  expect([by('user'), by('comanaged')]).toEqual(['E11', 'none']);
});
