// E01 in the core: an attempt whose first step was made, and whose last was not.
import { describe, expect, onTestFinished, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import { noRestriction } from '../../../server-stub/core/restriction-index.js';
import { defaultSettings } from '../../../server-stub/core/settings.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import type { TraitsByPlatform } from '../../../server-stub/core/traits.js';
import type { TenantConfig } from '../../../server-stub/core/types.js';
import { disk } from './disk.js';
import { traits as common, config, counted, user } from './support.js';

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

function open(
  store = disk(),
  clock = manualClock(Date.parse('2026-11-27T08:00:00Z')),
  change: Partial<TenantConfig> = {},
) {
  const ports = { clock, keptFailures: 100, random: counted(), log: silentLog, traits };
  const tenant = createTenant(config(change), ports, store.persistence());
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

  test('that the same person begins again from the same device is the same attempt, and its time begins anew', async () => {
    const { tenant, clock, told } = open();
    const ask = (deviceId: string, user: string = ada.user) =>
      tenant.admit({ ...ada, user, asks: { deviceId } }).attempt;
    const first = ask('d');
    await clock.advance(20 * minuteMs);
    expect(ask('d', 'ADA@contoso.example')).toBe(first);
    expect(ask('d', 'ben@contoso.example')).not.toBe(first);
    expect(ask('e')).not.toBe(first);
    await clock.advance(20 * minuteMs);
    tenant.enroll(presented(first)); // what was given out first works still
    expect(ask('d')).toBe(first);
    await clock.advance(30 * minuteMs);
    expect(told()).toEqual([
      ['E01', 'userAbandonment', 30, 'd'],
      ['E01', 'userAbandonment', 30, 'e'],
      ['E01', 'userAbandonment', 30, 'd'],
    ]);
    expect(tenant.device('d')).toBeUndefined();
  });

  test('that was asked for by a device that enrolled meanwhile is no failure', async () => {
    const { tenant, clock, told } = open();
    const ask = (user: string) => tenant.admit({ ...ada, user, asks: { deviceId: 'd' } });
    ask('ben@contoso.example');
    ask(ada.user);
    const { attempt } = tenant.admit(ada);
    tenant.enroll(presented(attempt));
    await clock.advance(1);
    ask('ben@contoso.example');
    tenant.confirm('d');
    await clock.advance(60 * minuteMs);
    expect(told()).toHaveLength(1); // the one that began after it
  });

  test('for which nothing could be given out is taken back, but not where something was given out before', async () => {
    const { tenant, clock, told } = open();
    const ask = () => tenant.admit({ ...ada, asks: { deviceId: 'd' } }).attempt ?? '';
    tenant.withdraw(tenant.admit(ada).attempt ?? '');
    tenant.withdraw('unknown');
    ask();
    tenant.withdraw(ask());
    const bound = tenant.admit(ada).attempt ?? '';
    tenant.enroll({ ...presented(bound), deviceId: 'e' });
    tenant.withdraw(bound);
    await clock.advance(60 * minuteMs);
    expect(told().map(([, , , deviceId]) => deviceId)).toEqual(['d', 'e']);
  });

  test('that is asked for more than once is taken back when nothing was given out at all', async () => {
    const { tenant, clock, told } = open();
    const ask = () => tenant.admit({ ...ada, asks: { deviceId: 'd' } }).attempt ?? '';
    const [first, second] = [ask(), ask()];
    tenant.withdraw(first);
    tenant.withdraw(second);
    await clock.advance(31 * minuteMs);
    expect(told()).toEqual([]);
    ask();
    for (const each of [ask(), ask()]) tenant.withdraw(each);
    await clock.advance(31 * minuteMs);
    expect(told().map(([code]) => code)).toEqual(['E01']);
  });

  test('that is refused when it is asked for again is recorded once; who asks after that has begun another', async () => {
    const { tenant, clock, told } = open(undefined, undefined, { authority: 'intune' });
    const ask = () => tenant.admit({ ...ada, asks: { deviceId: 'd' } }).attempt;
    const block = (blocked: boolean) => tenant.putRestriction({ ...noRestriction, platforms: { ios: { blocked } } });
    const first = ask();
    await clock.advance(10 * minuteMs);
    block(true);
    expect(ask).toThrow('E11');
    const recorded = ['E11', 'enrollmentRestrictionsEnforced', 10, 'd'];
    expect(told()).toEqual([recorded]);
    expect(() => tenant.enroll(presented(first))).toThrow('E11'); // no other attempt
    expect(told()).toHaveLength(1);
    await clock.advance(minuteMs);
    expect(ask).toThrow('E11');
    expect(told().slice(1)).toEqual([['E11', 'enrollmentRestrictionsEnforced', 0, 'd']]);
    await clock.advance(31 * minuteMs);
    expect(told()).toHaveLength(2);
    block(false);
    ask();
    block(true);
    expect(ask).toThrow('E11');
    block(false);
    ask(); // it begins anew, and is waited for
    await clock.advance(31 * minuteMs);
    expect(told().slice(2)).toEqual([
      ['E11', 'enrollmentRestrictionsEnforced', 0, 'd'],
      ['E01', 'userAbandonment', 30, 'd'],
    ]);
  });

  test('of a user who was removed is not that of another to whom the name was given since', async () => {
    const { tenant, clock } = open();
    const ask = () => tenant.admit({ ...ada, asks: { deviceId: 'd' } }).attempt;
    const first = ask();
    tenant.removeUser('id-ada', 'admin');
    tenant.putUser({ ...user('ada'), id: 'id-new' }, 'admin');
    expect(ask()).not.toBe(first);
    await clock.advance(31 * minuteMs);
    expect(tenant.failures().map(({ code, userId, userUpn }) => [code, userId, userUpn])).toEqual([
      ['E01', 'id-ada', 'ada@contoso.example'],
      ['E01', 'id-new', 'ada@contoso.example'],
    ]);
    expect(tenant.failuresOf('ada@contoso.example')).toHaveLength(1);
  });

  test('with which a second device presents itself waits for that one; the first ends with its own time', async () => {
    const { tenant, clock, told } = open();
    const { attempt } = tenant.admit(ada);
    for (const deviceId of ['d', 'e']) tenant.enroll({ ...presented(attempt), deviceId });
    await clock.advance(60 * minuteMs);
    expect([told(), tenant.devices()]).toEqual([[['E01', 'userAbandonment', 30, 'e']], []]);
  });

  test('that its device took up again after another is the one that counts, over a restart as well', async () => {
    const { tenant, clock, store } = open();
    const first = tenant.admit(ada).attempt;
    await clock.advance(minuteMs);
    const second = tenant.admit(ada).attempt ?? '';
    tenant.enroll(presented(second));
    tenant.enroll(presented(first));
    tenant.disconnected(second);
    await new Promise(setImmediate);
    const next = open(store.asNow(), clock);
    next.tenant.confirm('d');
    await clock.advance(60 * minuteMs);
    expect(next.told()).toEqual([['E01', 'clientDisconnected', 30, 'd']]);
    expect(next.tenant.failures()).toMatchObject([{ startedAt: Date.parse('2026-11-27T08:01:00Z') }]);
    expect(next.tenant.device('d')?.status).toBe('enrolled');
  });

  test('whose time is changed is waited for by the new one, whenever it began, over a restart as well', async () => {
    const { tenant, clock, store, told } = open();
    const replace = (world: Pick<ReturnType<typeof open>, 'tenant'>, minutes: number) =>
      world.tenant.replace(
        { ...config(), settings: { ...defaultSettings, enrollmentMs: minutes * minuteMs } },
        'admin',
      );
    for (const deviceId of ['a', 'b']) {
      tenant.admit({ ...ada, asks: { deviceId } });
      await clock.advance(10 * minuteMs);
    }
    replace({ tenant }, 5);
    tenant.admit({ ...ada, asks: { deviceId: 'c' } });
    await clock.advance(0);
    expect(told()).toEqual(['a', 'b'].map((deviceId) => ['E01', 'userAbandonment', 5, deviceId]));
    replace({ tenant }, 60);
    await clock.advance(30 * minuteMs);
    const next = open(store.asNow(), clock);
    await clock.advance(29 * minuteMs);
    expect(next.told()).toHaveLength(2);
    replace(next, 40);
    await clock.advance(0);
    expect(next.told().at(-1)).toEqual(['E01', 'userAbandonment', 40, 'c']);
  });

  test('of a user who is removed before the next step is recorded with their id and last name, over a restart as well', async () => {
    const { tenant, store } = open();
    const { attempt } = tenant.admit(ada);
    tenant.enroll(presented(tenant.admit(ada).attempt));
    tenant.removeUser('id-ada', 'admin');
    await new Promise(setImmediate);
    for (const { tenant: each } of [open(store.asNow()), { tenant }]) {
      expect(() => each.enroll({ ...presented(attempt), deviceId: 'e' })).toThrow('E02');
      expect(() => each.confirm('d')).toThrow('E02');
      const both = { code: 'E02', userId: 'id-ada', userUpn: 'ada@contoso.example' };
      expect(each.failures()).toMatchObject([both, both]);
      expect(each.failuresOf('id-ada')).toHaveLength(2);
    }
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
