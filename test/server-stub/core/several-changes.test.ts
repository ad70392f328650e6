// More than one change of the authority, and more than one restart.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { openJournal } from '../../../server-stub/core/journal.js';
import { inOrder, keyInRing, nextInRing } from '../../../server-stub/core/ring.js';
import { temporaryFolder } from '../../support/programs.js';
import { type Bench, dayMs, open, refusal } from './support.js';

test('A16: what is stale counts with the last change that left its authority', () => {
  const { tenant, enroll, session, held } = open();
  enroll('d');
  session('d');
  for (const to of ['intune', 'office365', 'intune'] as const) {
    tenant.setAuthority(to, 'admin');
    session('d');
  }
  expect(held('d')).toContain('old only (office365, stale)');
  expect(tenant.changes().map(({ stale }) => stale)).toEqual([0, 0, 1]);
  tenant.setAuthority('office365', 'admin'); // not seen by the device yet, so nothing is stale because of it
  expect(tenant.changes().map(({ stale }) => stale)).toEqual([0, 0, 1, 0]);
});

test('A9: the days of grace begin anew when the authority of the profiles is left again before they are over', async () => {
  const { tenant, clock, enroll, session } = open();
  enroll('d');
  session('d');
  const allowed = () => tenant.resource('d', 'wifi', 'old only').allowed;
  tenant.setAuthority('intune', 'admin');
  await clock.advance(2 * dayMs);
  tenant.setAuthority('office365', 'admin');
  await clock.advance(dayMs);
  tenant.setAuthority('intune', 'admin');
  await clock.advance(7 * dayMs - 1);
  expect(allowed()).toBe(true);
  await clock.advance(1);
  expect(allowed()).toBe(false);
});

test('every failed enrollment is kept over several restarts, and once there are too many the oldest give way', async () => {
  const folder = join(temporaryFolder(), 'data');
  let bench: Bench = open({}, openJournal(folder, silentLog));
  const restart = async (): Promise<void> => {
    await bench.tenant.close();
    bench = open({}, openJournal(folder, silentLog), bench.clock);
  };
  let count = 0;
  const fail = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      refusal(() => bench.tenant.admit({ platform: 'ios', user: `user${++count}@x.example` }));
      if (count % 7 === 0) await bench.clock.advance(1); // the clock stands still in between
    }
  };
  const kept = () => bench.tenant.failures().map(({ userUpn }) => userUpn);
  await fail(2);
  await restart();
  await fail(1);
  await restart();
  expect(kept()).toEqual(['user1@x.example', 'user2@x.example', 'user3@x.example']);

  await fail(1002); // 1005 in all, of which the newest 1000 are kept
  await restart();
  await fail(3);
  await restart();
  expect(kept()).toEqual(Array.from({ length: 1000 }, (_, index) => `user${9 + index}@x.example`));
});

test('the audit goes on in its order over restarts while the clock stands, and entries of earlier versions come first', async () => {
  const at = (n: number | undefined, id: string, time: number) =>
    [String(n ?? 0), { id, at: time, ...(n !== undefined && { n }) }] as const;
  const ring = [at(12, 'c', 5), at(undefined, 'b', 5), at(undefined, 'a', 3), at(11, 'd', 5)] as const;
  expect(inOrder(ring)).toEqual([
    { id: 'a', at: 3 },
    { id: 'b', at: 5 },
    { id: 'd', at: 5 },
    { id: 'c', at: 5 },
  ]);
  expect([nextInRing(ring), nextInRing([]), keyInRing(1003, 1000)]).toEqual([13, 0, '00000003']);
});
