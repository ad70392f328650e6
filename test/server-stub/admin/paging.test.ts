import { describe, expect, test } from 'vitest';
import { listOf, type Source } from '../../../server-stub/admin/collection.js';
import { managedDevices } from '../../../server-stub/admin/device-source.js';
import { managedDeviceFields, toManagedDevice } from '../../../server-stub/admin/managed-device.js';
import type { WordsByPlatform } from '../../../server-stub/admin/platform-words.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import type { DeviceRecord } from '../../../server-stub/core/types.js';
import type { StubRequest } from '../../../server-stub/http-types.js';
import { open, refusal, user } from '../core/support.js';

const path = '/v1.0/deviceManagement/managedDevices';

/** As the dialect of a platform says it. */
const words: WordsByPlatform = new Map([
  [
    'windows',
    {
      operatingSystem: 'Windows',
      restriction: 'windowsRestriction',
      enrollmentType: () => 'unknown',
      columns: () => ({ manufacturer: 'Example', deviceEnrollmentType: 'unknown', managedDeviceOwnerType: 'personal' }),
    },
  ],
]);

interface Answer {
  readonly value: readonly Record<string, unknown>[];
  readonly next: string | undefined;
  readonly count: number | undefined;
  /** Rows that were made for it, and devices that were looked at. */
  readonly rows: number;
  readonly looked: number;
}

/** Asks for a page as the admin API does, and counts what it cost. */
function ask(tenant: Tenant, query: string): Answer {
  let [rows, looked] = [0, 0];
  const source = managedDevices(tenant);
  const watched: Source<DeviceRecord> = {
    ...source,
    *after(position) {
      for (const each of source.after(position)) {
        looked++;
        yield each;
      }
    },
  };
  const url = new URL(query.startsWith('https:') ? query : `https://stub${path}${query}`);
  const request: StubRequest = {
    method: 'GET',
    path,
    query: url.searchParams,
    headers: { host: 'stub' },
    body: Buffer.alloc(0),
    params: {},
    remote: '',
  };
  const toRow = (device: DeviceRecord) => {
    rows++;
    return toManagedDevice({ tenant, words }, device);
  };
  const body = JSON.parse(
    String(listOf({ originFor: () => 'https://stub.test' }, request, watched, toRow, managedDeviceFields).body),
  );
  return { value: body.value, next: body['@odata.nextLink'], count: body['@odata.count'], rows, looked };
}

const filtered = (filter: string, rest = '') => `?$filter=${encodeURIComponent(filter)}${rest}`;
const serials = ({ value }: Answer) => value.map((row) => row['serialNumber']);

/** 3,000 devices of 300 users, ten each; the last is a kiosk of nobody's. */
function many() {
  const users = Array.from({ length: 300 }, (_, index) => user(`u${index}`));
  const bench = open({ users, profiles: [], settings: { ...defaultSettings, deviceLimitPerUser: 100 } });
  for (let index = 0; index < 2999; index++) bench.enroll(`d${index}`, `u${index % 300}`);
  bench.enroll('kiosk', '');
  return bench;
}

let untouched: ReturnType<typeof many> | undefined;
/** The same of every test that changes nothing of them. */
function looked(): ReturnType<typeof many> {
  untouched ??= many();
  return untouched;
}

describe('paging through thousands of devices', () => {
  test('makes the rows of a page and looks at one device more', () => {
    const { tenant } = looked();
    const first = ask(tenant, '?$top=50');
    expect([first.value.length, first.rows, first.looked]).toEqual([50, 50, 51]);
    const second = ask(tenant, first.next ?? '');
    expect([second.value.length, second.rows, second.looked]).toEqual([50, 50, 51]);
    expect(serials(second)[0]).toBe('S-d50');
    const skipped = ask(tenant, '?$top=5&$skip=2000');
    expect([serials(skipped)[0], skipped.rows]).toEqual(['S-d2000', 5]);
    const counted = ask(tenant, '?$top=1&$count=true');
    expect([counted.count, counted.rows]).toEqual([3000, 1]);
  });

  test('meets each device that stays exactly once, while others come, go and come again', () => {
    const { tenant, enroll } = many();
    const seen: unknown[] = [];
    let [next, round] = [`?$top=100`, 0];
    const gone = new Set<string>();
    while (next !== '') {
      const page = ask(tenant, next);
      seen.push(...serials(page));
      expect(page.rows).toBeLessThanOrEqual(100);
      // Some that were met leave, some that were not, the last of the page too; some enroll again, and new ones come.
      for (const index of [round * 7, 2998 - round * 11, round * 100 + 99]) {
        if (tenant.device(`d${index}`) === undefined) continue;
        tenant.unenroll(`d${index}`, 'left');
        gone.add(`S-d${index}`);
      }
      for (const index of [round * 13 + 1, 2500 - round * 3]) {
        if (tenant.device(`d${index}`) !== undefined) enroll(`d${index}`, `u${index % 300}`);
      }
      for (let index = 0; index < 60; index++) enroll(`new ${round} ${index}`, `u${index}`);
      if (round < 25) for (let index = 0; index < 60; index++) tenant.unenroll(`new ${round} ${index}`, 'left');
      next = page.next ?? '';
      round++;
    }
    expect(new Set(seen).size).toBe(seen.length);
    const stayed = Array.from({ length: 2999 }, (_, index) => `S-d${index}`).filter((serial) => !gone.has(serial));
    expect(stayed.filter((serial) => !seen.includes(serial))).toEqual([]);
    expect(round).toBeGreaterThan(25);
  });

  test('goes on after most of the devices have left, and places were closed up', () => {
    const { tenant } = many();
    const first = ask(tenant, '?$top=100');
    for (let index = 0; index < 2990; index++) tenant.unenroll(`d${index}`, 'left');
    const rest = ask(tenant, first.next ?? '');
    expect(serials(rest)).toEqual([...Array.from({ length: 9 }, (_, index) => `S-d${index + 2990}`), 'S-kiosk']);
    expect([rest.next, rest.looked]).toEqual([undefined, 10]);
  });

  test('does not show a device before its enrollment is complete, and does not count it', () => {
    const { tenant } = many();
    tenant.enroll({ platform: 'windows', deviceId: 'late', serial: 'S-late', userId: 'id-u0' });
    expect(ask(tenant, filtered("serialNumber eq 'S-late'")).value).toEqual([]);
    expect(ask(tenant, '?$count=true&$top=1').count).toBe(3000);
    tenant.confirm('late');
    expect(ask(tenant, filtered("serialNumber eq 'S-late'")).value).toHaveLength(1);
  });

  test('by $orderby shows each once, by value and then by enrollment', () => {
    const { tenant } = many();
    tenant.updateFacts('d1500', { deviceName: 'Aardvark' });
    const seen: unknown[] = [];
    for (let next = '?$top=700&$orderby=userPrincipalName desc'; next !== ''; ) {
      const page = ask(tenant, next);
      seen.push(...page.value.map((row) => `${row['userPrincipalName']} ${row['serialNumber']}`));
      next = page.next ?? '';
    }
    expect(seen).toHaveLength(3000);
    expect(new Set(seen).size).toBe(3000);
    expect(seen.slice(0, 2)).toEqual(['u9@contoso.example S-d9', 'u9@contoso.example S-d309']);
    expect(seen.at(-1)).toBe(' S-kiosk');
    expect(serials(ask(tenant, '?$top=1&$orderby=deviceName'))).toEqual(['S-d1500']);
  });
});

describe('a $filter on an indexed field', () => {
  const cases: readonly [filter: string, found: number, rows: number][] = [
    ["id eq 'ID OF D7'", 1, 1],
    ["id eq '00000000-0000-4000-8000-ABCDEFABCDEF'", 0, 0],
    ["serialNumber eq 's-D77'", 1, 1],
    ["userId eq 'id-u5'", 10, 10],
    ["userId eq 'ID-U5'", 10, 10],
    ["userPrincipalName eq 'U5@contoso.example'", 10, 10],
    ["userPrincipalName eq 'nobody@contoso.example'", 0, 0],
    ["userPrincipalName eq 'u5@contoso.example' and serialNumber eq 'S-d305'", 1, 10],
    ["operatingSystem eq 'Windows' and (serialNumber eq 'S-d1' or serialNumber eq 'S-d2')", 2, 2],
    ["serialNumber eq 'S-d1' or userId eq 'id-u1'", 10, 10],
    ["userId eq 'id-u5' and osVersion eq '99'", 0, 10],
  ];
  test.each(cases)('%s finds what is so without a pass over all', (filter, found, rows) => {
    const { tenant } = looked();
    const page = ask(tenant, filtered(filter.replace('ID OF D7', tenant.device('d7')?.id.toUpperCase() ?? '')));
    expect([page.value.length, page.rows, page.looked]).toEqual([found, rows, 0]);
  });

  const passes: readonly [filter: string, found: number][] = [
    ["not (userId eq 'id-u5')", 2990],
    ["userId ne 'id-u5'", 2990],
    ["userId eq ''", 1],
    ["serialNumber eq 'S-d1' or deviceName eq 'S-d2'", 2],
    ["startswith(serialNumber,'S-d299')", 10],
  ];
  test.each(passes)('%s needs all, and finds the same as ever', (filter, found) => {
    const { tenant } = looked();
    const page = ask(tenant, filtered(filter, '&$count=true&$top=1000'));
    expect([page.count, page.value.length]).toEqual([found, Math.min(found, 1000)]);
  });

  test('is paged and counted like a list of its own', () => {
    const { tenant } = looked();
    const first = ask(tenant, filtered("userId eq 'id-u5'", '&$top=4&$count=true'));
    expect([first.count, serials(first)]).toEqual([10, ['S-d5', 'S-d305', 'S-d605', 'S-d905']]);
    const second = ask(tenant, first.next ?? '');
    const third = ask(tenant, second.next ?? '');
    expect([second.count, serials(third), third.next]).toEqual([10, ['S-d2405', 'S-d2705'], undefined]);
    expect(second.looked + third.looked).toBe(0);
    const either = "serialNumber eq 'S-d9' or serialNumber eq 'S-d3'";
    const one = ask(tenant, filtered(either, '&$top=1'));
    expect([serials(one), serials(ask(tenant, one.next ?? ''))]).toEqual([['S-d3'], ['S-d9']]);
  });

  test('stops a pass at the end of its page', () => {
    const { tenant } = looked();
    const page = ask(tenant, filtered("startswith(deviceName,'S-d1')", '&$top=2'));
    expect([serials(page), page.looked]).toEqual([['S-d1', 'S-d10'], 12]);
  });

  test('finds devices by what they are now: one that has left or is enrolled again by another user is found so', () => {
    const { tenant: other, enroll } = open();
    enroll('a');
    enroll('b', 'ben');
    other.unenroll('a', 'left');
    enroll('a', 'ben');
    const users = (name: string) => serials(ask(other, filtered(`userPrincipalName eq '${name}@contoso.example'`)));
    expect([users('ada'), users('ben')]).toEqual([[], ['S-b', 'S-a']]);
    other.unenroll('b', 'left');
    expect(serials(ask(other, filtered("serialNumber eq 'S-b'")))).toEqual([]);
  });

  test('tells users apart whose ids differ in capitals, but finds both', () => {
    const two = [user('x'), { ...user('y'), id: 'ID-X' }];
    const { tenant: other } = open({ users: two });
    for (const [index, { id: userId }] of two.entries()) {
      other.enroll({ platform: 'windows', deviceId: `d${index}`, serial: 'same', userId });
      other.confirm(`d${index}`);
    }
    expect(ask(other, filtered("userId eq 'id-x'")).value).toHaveLength(2);
    expect(other.devicesOf('ID-X')).toHaveLength(1);
    expect(ask(other, filtered("serialNumber eq 'SAME'")).value).toHaveLength(2);
    other.unenroll('d1', 'left');
    expect(ask(other, filtered("userId eq 'ID-X'")).value).toHaveLength(1);
    expect(ask(other, filtered("serialNumber eq 'SAME'")).value).toHaveLength(1);
  });
});

test.each(['x', '1.2.3', '99999999999999999', '1.%', ''])('a $skiptoken of "%s" is refused', (token) => {
  const { tenant } = open();
  expect(refusal(() => ask(tenant, `?$skiptoken=${encodeURIComponent(token)}`))).toBe('REQUEST_INVALID');
});

test('a $skiptoken of any number is a place in the list', () => {
  const { tenant, enroll } = open();
  enroll('a');
  for (const token of ['-5', '0']) expect(serials(ask(tenant, `?$skiptoken=${token}`))).toEqual(['S-a']);
  expect(serials(ask(tenant, '?$skiptoken=5'))).toEqual([]);
});

test('the address of the next page asks what the first one asked, whatever its parameters are called', () => {
  const { tenant, enroll } = open();
  for (const id of ['a', 'b']) enroll(id);
  const { next } = ask(tenant, `?a%26%24filter=serialNumber%20eq%20'none'&$top=1`);
  expect([...new URL(next ?? '').searchParams.keys()]).toEqual(['a&$filter', '$top', '$skiptoken']);
  expect(serials(ask(tenant, next ?? ''))).toEqual(['S-b']);
});

test('by $orderby goes on behind a text that is no well-formed Unicode', () => {
  const { tenant, enroll } = open();
  const names = ['\ud800', '\ud83d\ude00', '\ue000', '\uffff'];
  for (const [index, deviceName] of names.entries()) {
    enroll(`d${index}`);
    tenant.updateFacts(`d${index}`, { deviceName });
  }
  const seen: unknown[] = [];
  for (let next = '?$top=1&$orderby=deviceName'; next !== ''; ) {
    const page = ask(tenant, next);
    seen.push(...serials(page));
    next = page.next ?? '';
  }
  expect(seen).toEqual(['S-d0', 'S-d1', 'S-d2', 'S-d3']);
});
