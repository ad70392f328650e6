// Filters at random over a directory at random: the indexes give what a pass over all devices gives, page by page.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listOf, type Source } from '../../../server-stub/admin/collection.js';
import { managedDevices } from '../../../server-stub/admin/device-source.js';
import { managedDeviceFields, toManagedDevice } from '../../../server-stub/admin/managed-device.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import type { DeviceRecord } from '../../../server-stub/core/types.js';
import { open, refusal, user } from '../core/support.js';

/** Ids, names and serial numbers are of the same few words, so that they meet: each other's, in capitals, and words of JavaScript's. */
const words = [
  'a',
  'A',
  'Ada@X.example',
  'ada@x.example',
  'straße',
  'STRASSE',
  'İ',
  'i̇',
  'ΑΣ',
  'ας',
  'ſ',
  's',
  '__proto__',
  'constructor',
  '2026-01-01',
  '2026-01-01T00:00:00Z',
  "o'b",
  'true',
];
const word = fc.constantFrom(...words);
const deviceId = fc.integer({ min: 0, max: 9 }).map((n) => `d${n}`);

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ deviceId, serial: word, userId: fc.option(word), isConfirmed: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ leaves: deviceId }) },
  { weight: 1, arbitrary: fc.record({ removed: word }) },
  { weight: 2, arbitrary: fc.record({ id: word, upn: word }) },
);

const field = fc.constantFrom('id', 'userId', 'userPrincipalName', 'serialNumber', 'deviceName');
const operator = fc.oneof({ weight: 4, arbitrary: fc.constant('eq') }, fc.constantFrom('ne', 'gt', 'le'));
const comparison = fc
  .tuple(field, operator, word)
  .map(([name, by, value]) => `${name} ${by} '${value.replaceAll("'", "''")}'`);
const { filter } = fc.letrec<{ filter: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 2, arbitrary: comparison },
    { weight: 1, arbitrary: tie('filter').map((inner) => `(${inner})`) },
    { weight: 1, arbitrary: tie('filter').map((inner) => `not (${inner})`) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter'))
        .map(([left, by, right]) => `${left} ${by} ${right}`),
    },
  ),
}));
const order = fc.option(fc.constantFrom('serialNumber', 'userPrincipalName desc', 'id desc'));

/** The ids of all pages, behind the count. */
function all(tenant: Tenant, source: Source<DeviceRecord>, query: URLSearchParams): unknown[] {
  const found: unknown[] = [];
  for (let next: URLSearchParams | undefined = query; next !== undefined; ) {
    const { body } = listOf(
      { originFor: () => 'https://stub.test' },
      { method: 'GET', path: '/x', query: next, headers: {}, body: Buffer.alloc(0), params: {}, remote: '' },
      source,
      (device) => toManagedDevice({ tenant, words: new Map() }, device),
      managedDeviceFields,
    );
    const page = JSON.parse(String(body));
    if (found.length === 0) found.push(page['@odata.count']);
    found.push(...page.value.map((row: { readonly id: string }) => row.id));
    const link: string | undefined = page['@odata.nextLink'];
    next = link === undefined ? undefined : new URL(link).searchParams;
  }
  return found;
}

test('a filter finds by the indexes what a pass over all finds', () => {
  const property = fc.property(
    fc.array(step, { maxLength: 40, size: 'max' }),
    fc.array(fc.tuple(filter, order, fc.integer({ min: 1, max: 4 })), { minLength: 8, maxLength: 12 }),
    (steps, questions) => {
      const users = words.map((id, index) => ({ ...user(`u${index}`), id }));
      const { tenant } = open({ users, profiles: [], settings: { ...defaultSettings, deviceLimitPerUser: 100 } });
      for (const each of steps) {
        refusal(() => {
          if ('leaves' in each) tenant.unenroll(each.leaves, 'left');
          else if ('removed' in each) tenant.removeUser(each.removed);
          else if ('upn' in each) tenant.putUser({ ...user('other'), ...each });
          else {
            const { userId, isConfirmed, ...device } = each;
            tenant.enroll({ platform: 'windows', ...device, ...(userId === null ? {} : { userId }) });
            if (isConfirmed) tenant.confirm(device.deviceId);
          }
        });
      }
      const source = managedDevices(tenant);
      const plain: Source<DeviceRecord> = { ...source, indexed: new Set(), find: () => undefined };
      for (const [text, by, top] of questions) {
        const query = new URLSearchParams({ $filter: text, $top: String(top), $count: 'true' });
        if (by !== null) query.set('$orderby', by);
        expect(all(tenant, source, query), text).toEqual(all(tenant, plain, query));
      }
    },
  );
  fc.assert(property, { seed: 5, numRuns: 150 });
}, 60_000);

test('a user principal name that was the id of one who left finds the devices of both', () => {
  const [gone, other] = [
    { ...user('gone'), id: 'ada@x.example' },
    { ...user('other'), upn: 'ada@x.example' },
  ];
  const { tenant } = open({ users: [gone, other], profiles: [] });
  for (const { id: userId } of [gone, other]) {
    tenant.enroll({ platform: 'windows', deviceId: `of ${userId}`, serial: 'S', userId });
    tenant.confirm(`of ${userId}`);
  }
  tenant.removeUser(gone.id);
  const query = new URLSearchParams({ $filter: "userPrincipalName eq 'ADA@x.example'", $count: 'true' });
  expect(all(tenant, managedDevices(tenant), query)).toHaveLength(1 + 2);
});
