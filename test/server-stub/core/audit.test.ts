// The audit and the numbers of events, over restarts.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLog } from '../../../base/log.js';
import { openJournal } from '../../../server-stub/core/journal.js';
import { keptAudit } from '../../../server-stub/core/state.js';
import { temporaryFolder } from '../../support/programs.js';
import { type Bench, open } from './support.js';

/** A tenant on a folder, and the same after a restart. */
function kept() {
  const folder = join(temporaryFolder(), 'data');
  const stage = { bench: open({}, openJournal(folder, silentLog)), restart };
  async function restart(): Promise<Bench> {
    await stage.bench.tenant.close();
    stage.bench = open({}, openJournal(folder, silentLog), stage.bench.clock);
    return stage.bench;
  }
  return stage;
}

it('the newest entries of the audit are kept over restarts, the oldest give way', async () => {
  const stage = kept();
  let count = 0;
  const add = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) stage.bench.tenant.audit({ by: 'administrator', activity: `${++count}` });
    await stage.bench.clock.advance(1);
  };
  await add(keptAudit);
  await add(3);
  await stage.restart();
  await add(2);
  await stage.restart();
  const numbers = stage.bench.tenant.auditEntries().map(({ activity }) => Number(activity));
  expect(numbers).toEqual(Array.from({ length: keptAudit }, (_, index) => 6 + index));
});

it('an entry says when, with an id of its own, and what its caller told', async () => {
  const stage = kept();
  const { tenant, clock } = stage.bench;
  tenant.audit({ by: 'administrator', activity: 'wipe', target: 'x', details: { operation: 'Action', times: 2 } });
  tenant.audit({ by: 'reader', activity: 'none' });
  await stage.restart();
  expect(stage.bench.tenant.auditEntries()).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      at: clock.now(),
      by: 'administrator',
      activity: 'wipe',
      target: 'x',
      details: { operation: 'Action', times: 2 },
    },
    { id: expect.any(String), at: clock.now(), by: 'reader', activity: 'none' },
  ]);
});

it('events of a restarted stub have higher numbers than any before, even where the last start had none', async () => {
  const stage = kept();
  stage.bench.enroll('pc');
  const first = stage.bench.tenant.lastEvent();
  const silent = await stage.restart();
  const among = silent.tenant.lastEvent();
  await stage.restart();
  stage.bench.tenant.openSession('pc');
  const third = stage.bench.tenant.lastEvent();
  expect(first).toBe(2);
  expect(among).toBeGreaterThan(first);
  expect(third).toBeGreaterThan(among);
  expect(stage.bench.tenant.eventsAfter(first, 10)).toMatchObject({ events: [{ seq: third }], isWhole: false });
  await stage.restart();
  expect(stage.bench.tenant.lastEvent()).toBeGreaterThan(third);
});
