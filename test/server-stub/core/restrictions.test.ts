// The order of enrollment restrictions (E24): by priority, through changes, a restart, and the replacement of the whole tenant.
import { describe, expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import type { Tenant } from '../../../server-stub/core/interfaces.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import { disk } from './disk.js';
import { config, counted, traits, user } from './support.js';

const groups = ['g', 'h'].map((id) => ({ id, displayName: id, products: [], groups: [] }));
const base = config({ authority: 'intune', profiles: [], groups, users: [{ ...user('ada'), groups: ['g', 'h'] }] });

function open(stored = disk(), given = base) {
  const saved: string[] = [];
  const persistence = stored.persistence();
  const tenant = createTenant(
    given,
    { clock: manualClock(0), random: counted(), log: silentLog, traits },
    {
      ...persistence,
      save(table, key, value) {
        if (table === 'restriction') saved.push(value === undefined ? `-${key}` : key);
        persistence.save(table, key, value);
      },
    },
  );
  onTestFinished(() => tenant.close());
  return { tenant, stored, saved: () => saved.splice(0) };
}

const limit = (id: string, most = 1, inGroups: readonly string[] = ['g']) =>
  ({ id, kind: 'limit', displayName: id, priority: 1, groups: inGroups, limit: most }) as const;
const order = (tenant: Tenant) =>
  tenant
    .restrictions()
    .flatMap(({ id, priority, kind }) => (kind === 'limit' ? [`${priority}${id}`] : []))
    .join(' ');
/** How many devices Ada may enroll, by the words of the refusal of one more. */
function allowed(tenant: Tenant): number {
  const enroll = (deviceId: string) =>
    tenant.enroll({ platform: 'windows', deviceId, serial: deviceId, userId: 'id-ada' });
  for (let count = 0; ; count++) {
    try {
      enroll(`d${count}`);
    } catch {
      for (let each = 0; each < count; each++) tenant.unenroll(`d${each}`, 'left');
      return count;
    }
  }
}

describe('restrictions of a kind', () => {
  test('come one behind the other, close up where one goes, and make room for one that is moved; others are not stored again', () => {
    const { tenant, saved } = open();
    for (const [index, id] of [...'abcde'].entries()) tenant.putRestriction(limit(id, index + 1));
    const { limit: _, ...platforms } = { ...limit('p'), kind: 'platforms', platforms: {} } as const;
    tenant.putRestriction(platforms);
    expect([order(tenant), allowed(tenant)]).toEqual(['1a 2b 3c 4d 5e', 1]);
    saved();
    tenant.removeRestriction('a');
    tenant.removeRestriction('c');
    expect([order(tenant), allowed(tenant), saved()]).toEqual(['1b 2d 3e', 2, ['-a', '-c']]);
    expect(tenant.restriction('e')?.priority).toBe(3);
    expect(tenant.putRestriction(limit('d', 7))).toMatchObject({ priority: 2 });
    expect(tenant.putRestriction(limit('f', 6))).toMatchObject({ priority: 4 });
    saved();
    tenant.setRestrictionPriority('d', 1);
    expect([order(tenant), allowed(tenant), saved()]).toEqual(['1d 2b 3e 4f', 7, ['d', 'b']]);
    tenant.setRestrictionPriority('d', 4);
    expect([order(tenant), allowed(tenant)]).toEqual(['1b 2e 3f 4d', 2]);
    expect(tenant.restriction('p')?.priority).toBe(1);
    for (const place of [0, 5, 1.5]) expect(() => tenant.setRestrictionPriority('d', place)).toThrow('from 1 to 4');
  });

  test('are found by each of their groups, and by no group that they are for no more', () => {
    const { tenant } = open();
    tenant.setEnrollmentSettings({ deviceLimitPerUser: 9 }, 'admin');
    tenant.putRestriction(limit('a', 3, ['h']));
    tenant.putRestriction(limit('b', 4, ['g', 'h', 'g']));
    expect(allowed(tenant)).toBe(3);
    tenant.putRestriction(limit('a', 3, []));
    expect(allowed(tenant)).toBe(4);
    tenant.removeRestriction('b');
    expect(allowed(tenant)).toBe(9);
  });

  test('are in the same order after a restart, and new ones come behind them', async () => {
    const { tenant, stored } = open();
    for (const id of 'dcba') tenant.putRestriction(limit(id));
    tenant.removeRestriction('d');
    tenant.setRestrictionPriority('a', 1);
    await tenant.close();
    const again = open(stored.asNow());
    expect(order(again.tenant)).toBe('1a 2c 3b');
    again.tenant.putRestriction(limit('e', 5));
    again.tenant.removeRestriction('a');
    expect(order(open(again.stored.asNow()).tenant)).toBe('1c 2b 3e');
  });

  test('are those of the file that replaces the tenant, in its order, stored as far as they change', async () => {
    const { tenant, stored, saved } = open();
    for (const [index, id] of [...'abcd'].entries()) tenant.putRestriction(limit(id, index + 1));
    tenant.removeRestriction('b');
    const { restrictions = [] } = tenant.config();
    expect(tenant.replace(tenant.config(), 'admin')).toEqual([]);
    saved();
    const [first, second, third] = restrictions;
    const next = [third, first, second].flatMap((each, index) =>
      each === undefined ? [] : [{ ...each, priority: index + 1 }],
    );
    tenant.replace({ ...tenant.config(), restrictions: next }, 'admin');
    expect([order(tenant), allowed(tenant)]).toEqual(['1d 2a 3c', 4]);
    tenant.putRestriction(limit('e'));
    tenant.removeRestriction('d');
    await tenant.close();
    expect(order(open(stored.asNow()).tenant)).toBe('1a 2c 3e');
    tenant.replace({ ...base }, 'admin');
    expect([order(tenant), allowed(tenant)]).toEqual(['', 15]);
    expect([...(stored.saved.get('restriction')?.keys() ?? [])]).toEqual([]);
  });
});
