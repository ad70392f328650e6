import { describe, expect, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import { FailureLog } from '../../../server-stub/core/failure-log.js';
import { createTenant } from '../../../server-stub/core/tenant.js';
import type { TraitsByPlatform } from '../../../server-stub/core/traits.js';
import type { EnrollmentFailureRecord } from '../../../server-stub/core/types.js';
import { disk } from './disk.js';
import { config, counted, refusal, traits } from './support.js';

/** Of a device, or, in capitals, of an attempt in which none was named. */
const failure = (name: string, userUpn = name): EnrollmentFailureRecord => ({
  id: name,
  at: 0,
  platform: 'ios',
  code: 'E01',
  failureCategory: 'userAbandonment',
  failureReason: '',
  remedies: '',
  userUpn,
  ...(name !== name.toUpperCase() && { deviceId: name }),
});

function logOf(limit: number, names: string) {
  const log = new FailureLog(limit);
  const keys = [...names].map((name) => log.add(failure(name, 'user')));
  return {
    log,
    keys,
    kept: () =>
      log
        .list()
        .map(({ id }) => id)
        .join(''),
  };
}

describe('a log of failures that is full', () => {
  test('gives up those in which no device was named, but for a tenth of it, before any of a device', () => {
    const { log, kept } = logOf(20, 'aABbCDEFGHcIJKLMNdefg');
    expect(kept()).toBe('aBbCDEFGHcIJKLMNdefg');
    for (const name of 'hijklmnopqr') log.add(failure(name, 'user'));
    expect(kept()).toBe('abcMNdefghijklmnopqr');
    log.add(failure('s', 'user'));
    expect(kept()).toBe('bcMNdefghijklmnopqrs'); // from now on the oldest, whatever it is
    expect([log.size, log.dropped]).toEqual([20, 13]);
    for (const name of 'OPQ') log.add(failure(name, 'user'));
    expect(kept()).toBe('cdefghijklmnopqrsOPQ');
  });

  test('is read from the newest on by numbers that stay, while others are dropped meanwhile', () => {
    const { log } = logOf(6, 'aBCdEf');
    const page = (before?: number) => [...log.newestFirst(before)].map(([number, { id }]) => `${number}${id}`);
    expect(page()).toEqual(['5f', '4E', '3d', '2C', '1B', '0a']);
    const reading = log.newestFirst();
    expect([...'123'].map(() => reading.next().value?.[0])).toEqual([5, 4, 3]);
    log.add(failure('g'));
    expect([...reading].map(([number]) => number)).toEqual([2, 0]);
    log.add(failure('h'));
    expect(page()).toEqual(['7h', '6g', '5f', '4E', '3d', '0a']);
    expect(page(4)).toEqual(['3d', '0a']);
    expect(page(0)).toEqual([]);
  });

  test('tells those of each user without the others, and forgets who has none', () => {
    const log = new FailureLog(4);
    for (const [name, user] of ['aU', 'Bu', 'cv', 'Du', 'ev', 'fw', 'gw'].map((each) => [...each])) {
      log.add(failure(name ?? '', user));
    }
    const of = (user: string) =>
      log
        .of(user)
        .map(({ id }) => id)
        .join('');
    expect(['u', 'U', 'v', 'w', 'x'].map(of)).toEqual(['', '', 'ce', 'fg', '']);
  });

  test('stores the next under the key of the one that gave way, also after a restart', () => {
    const { keys, log } = logOf(4, 'aBCdefg');
    expect(keys).toEqual([0, 1, 2, 3, 1, 2, 0].map((key) => `0000000${key}`));
    const next = new FailureLog(4);
    next.restore(log.list().map((each) => [keys[Number(each.id.codePointAt(0)) - 97] ?? '', each]));
    expect(new Set([next.add(failure('h')), next.add(failure('I'))])).toEqual(new Set(['00000003', '00000001']));
    expect(next.list().map(({ id }) => id)).toEqual(['f', 'g', 'h', 'I']);
  });

  test('takes what a greater one stored, and fills the places of what could not be read', () => {
    const log = new FailureLog(4);
    log.restore([['00000009', failure('a')], ...[...'bcd'].map((id, n) => [`0000000${n}`, failure(id)] as const)]);
    expect(log.list()).toHaveLength(4);
    expect(log.add(failure('e'))).toBe('00000009');
    const holed = new FailureLog(4);
    holed.restore([['00000002', failure('a')]]);
    expect([...'bcd'].map((id) => holed.add(failure(id))).sort()).toEqual(['00000000', '00000001', '00000003']);
  });
});

test('whoever fetches profiles without end displaces no failure of a device, on the disk neither', async () => {
  const [clock, store] = [manualClock(0), disk()];
  const watching: TraitsByPlatform = new Map([
    ...traits,
    ['ios', { needsPushCertificate: false, watchesAttempts: true }],
  ]);
  const open = (stored: typeof store) =>
    createTenant(
      config(),
      { clock, keptFailures: 20, random: counted(), log: silentLog, traits: watching },
      stored.persistence(),
    );
  const tenant = open(store);
  const pc = { platform: 'windows', serial: 'S', userId: 'id-nobody' } as const;
  for (let n = 0; n < 15; n++) refusal(() => tenant.enroll({ ...pc, deviceId: `d${n}` }));
  for (let n = 0; n < 100; n++) tenant.admit({ platform: 'ios', user: 'ada@contoso.example' });
  await clock.advance(60 * 60_000);
  const kept = tenant.failures();
  expect([kept.length, kept.filter(({ code }) => code === 'E02').length]).toEqual([20, 15]);
  expect(store.saved.get('failure')?.size).toBe(20);
  await tenant.close();
  const again = open(store);
  expect(again.failures()).toEqual(kept);
  for (let n = 0; n < 8; n++) refusal(() => again.enroll({ ...pc, deviceId: `e${n}` }));
  expect(
    again
      .failures()
      .map(({ code }) => code)
      .join(),
  ).toBe([...Array(10).fill('E02'), 'E01', 'E01', ...Array(8).fill('E02')].join());
  await again.close();
});
