// E01 in the core: an attempt whose first step was made, and whose last was not.
import { describe, expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import type { TraitsByPlatform } from '../../../server-stub/core/traits.js';
import { disk } from './disk.js';
import { traits as common, config, counted } from './support.js';

const minuteMs = 60_000;
const traits: TraitsByPlatform = new Map([
  ...common,
  ['ios', { needsPushCertificate: false, watchesAttempts: true, minimumOs: '15' }],
]);
const ada = { platform: 'ios', user: 'ada@contoso.example' } as const;
const presented = (attempt: string | undefined) =>
  ({
    platform: 'ios',
    deviceId: 'd',
    serial: 'S',
    userId: 'id-ada',
    ...(attempt !== undefined && { attempt }),
  }) as const;

function open(store = disk(), clock = manualClock(Date.parse('2026-11-27T08:00:00Z'))) {
  const ports = { clock, keptFailures: 100, random: counted(), log: silentLog, traits };
  const tenant = createTenant(config(), ports, store.persistence());
  onTestFinished(() => tenant.close());
  const told = () =>
    tenant
      .failures()
      .map(({ code, failureCategory, at, startedAt = at, deviceId }) => [
        ...[code, failureCategory, (at - startedAt) / minuteMs],
        deviceId,
      ]);
  return { tenant, clock, store, told };
}

describe('an attempt', () => {
  test('that a restart falls into is abandoned at its time by whichever process is there, once, and its device goes', async () => {
    const { tenant, clock, store } = open();
    const { attempt } = tenant.admit(ada);
    tenant.enroll(presented(attempt));
    await clock.advance(29 * minuteMs);
    await new Promise(setImmediate);
    for (const later of [20 * minuteMs, 60 * minuteMs]) {
      const next = open(store.asNow(), manualClock(clock.now() + later)); // the process before was killed
      await next.clock.advance(0);
      expect(next.told()).toEqual([['E01', 'userAbandonment', 30, 'd']]);
      expect(next.tenant.device('d')).toBeUndefined();
      await next.clock.advance(60 * minuteMs);
      expect(next.told()).toHaveLength(1);
      expect(() => next.tenant.enroll(presented(attempt))).toThrow('E01');
      expect(next.told()).toHaveLength(1);
    }
  });

  test('is disconnected as long as its device is not heard again', async () => {
    const { tenant, clock, told } = open();
    const begin = () => tenant.admit(ada).attempt ?? '';
    const [gone, back, presents] = [begin(), begin(), begin()];
    for (const each of [gone, back, presents]) tenant.disconnected(each);
    tenant.reconnected(back);
    tenant.enroll(presented(presents));
    await clock.advance(30 * minuteMs);
    expect(told().map(([, category]) => category)).toEqual([
      'clientDisconnected',
      'userAbandonment',
      'userAbandonment',
    ]);
  });

  test('whose device begins anew ends by itself, and takes nothing from the new one', async () => {
    const { tenant, clock, told } = open();
    tenant.enroll(presented(tenant.admit(ada).attempt));
    await clock.advance(20 * minuteMs);
    tenant.enroll(presented(tenant.admit(ada).attempt));
    await clock.advance(15 * minuteMs);
    expect(told()).toEqual([['E01', 'userAbandonment', 30, 'd']]);
    expect(tenant.device('d')?.status).toBe('pending');
    tenant.confirm('d');
    await clock.advance(60 * minuteMs);
    expect([told().length, tenant.device('d')?.status]).toEqual([1, 'enrolled']);
  });

  test('that a Company Portal asks for is judged by the whole table before it begins, and each time it is another', async () => {
    const { tenant, clock, told } = open();
    const asks = { deviceId: 'd', osVersion: '14.8' };
    for (const _ of [1, 2]) expect(() => tenant.admit({ ...ada, companyPortal: '5.1', asks })).toThrow('E06');
    expect(told()).toEqual(Array(2).fill(['E06', 'deviceNotSupported', 0, 'd']));
    tenant.admit({ ...ada, companyPortal: '5.1', asks: { ...asks, osVersion: '17.0' } });
    await clock.advance(30 * minuteMs);
    expect(told().at(-1)).toEqual(['E01', 'userAbandonment', 30, 'd']); // though it never presented itself
  });
});
