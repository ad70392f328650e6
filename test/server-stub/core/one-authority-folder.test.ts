// A folder of the days when there was one authority: users had a licence in one word, profiles were assigned to users by id, and the
// history had changes of the authority alone. Six devices were enrolled when it was changed to intune; one moved, one enrolled since.
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { memoryLog } from '../../../base/log.js';
import { openJournal } from '../../../server-stub/core/journal.js';
import { temporaryFolder } from '../../support/programs.js';
import { dayMs, hourMs, open } from './support.js';

const startedAt = Date.parse('2026-11-21T08:00:00Z');
const changedAt = startedAt + hourMs;

function folderOf(): string {
  const folder = join(temporaryFolder(), 'data');
  mkdirSync(folder);
  copyFileSync(join(import.meta.dirname, 'fixtures/one-authority.journal'), join(folder, 'tenant.journal'));
  return folder;
}

function opened(folder: string, at = startedAt + 2 * hourMs) {
  const log = memoryLog();
  const bench = open({}, openJournal(folder, log), manualClock(at));
  return { ...bench, lines: log.lines };
}

test('it opens with users who have products, profiles that have an assignment, and who waits', async () => {
  const folder = folderOf();
  for (let start = 0; start < 2; start++) {
    const { tenant, lines } = opened(folder);
    expect(lines).toEqual([]);
    expect(tenant.users().map(({ displayName, products, groups }) => [displayName, products, groups])).toEqual([
      ['ada', ['SPB'], []],
      ['ben', ['SPB'], []],
      ['cleo', ['INTUNE_A'], []],
      ['dan', ['O365_BUSINESS_ESSENTIALS'], []],
      ['eve', [], []],
    ]);
    expect(tenant.profiles().map(({ id, assignment }) => [id, assignment])).toEqual([
      ['intune/both', { to: 'all', except: [] }],
      ['intune/of ben', { to: { users: ['id-ben'], groups: [] }, except: [] }],
      ['office365/both', { to: 'all', except: [] }],
      ['office365/of ada', { to: { users: ['id-ada'], groups: [] }, except: [] }],
    ]);
    expect(tenant.changes()).toMatchObject([
      {
        from: 'office365',
        to: 'intune',
        cause: 'authority',
        moved: 1,
        stayed: 0,
        left: 0,
        waiting: 3,
        stale: 1,
        userless: 2,
      },
    ]);
    expect(tenant.userless().devices.map(({ deviceId }) => deviceId)).toEqual(['kiosk', 'tablet']);
    await tenant.close();
  }
});

test('the seven days of grace go on counting from the change, and who comes later moves', async () => {
  const { tenant, clock, session, held } = opened(folderOf());
  const ends = (deviceId: string) =>
    tenant.heldProfiles(deviceId).map(({ endsAt, expired }) => [endsAt, expired === true]);
  expect(ends('away')).toEqual([[changedAt + 7 * dayMs, false]]);
  expect(ends('moved')).toEqual([
    [undefined, false],
    [undefined, false],
  ]);
  expect(ends('kiosk')).toEqual([[undefined, false]]); // A10
  session('waits');
  expect(held('waits')).toEqual(['both (intune)', 'of ada (office365, stale)']);
  await clock.advance(changedAt + 7 * dayMs - clock.now());
  expect(ends('away')).toEqual([[changedAt + 7 * dayMs, true]]);
  session('away');
  expect(held('away')).toEqual(['both (intune)', 'of ben (intune)']);
  expect(tenant.changes()).toMatchObject([{ moved: 3, waiting: 1, stuck: 1, stale: 2, left: 0 }]);
});

test('who waits for a push certificate is notified when it is uploaded, once, over a restart too', async () => {
  const folder = folderOf();
  const first = opened(folder);
  first.tenant.resumeNotifications();
  expect(first.tenant.change(1)).toMatchObject({ toNotify: 6, notified: 5 });
  first.tenant.renewPushCertificate('admin');
  await first.tenant.handedOn();
  expect(first.notified()).toEqual(['phone']);
  await first.tenant.close();
  const second = opened(folder);
  second.tenant.resumeNotifications();
  second.tenant.renewPushCertificate('admin'); // of the same topic
  await second.tenant.handedOn();
  expect(second.notified()).toEqual([]);
  expect(second.tenant.change(1)).toMatchObject({ toNotify: 6, notified: 6, certificate: { topic: 'topic' } });
});

test('a change that follows counts as any other', async () => {
  const folder = folderOf();
  const first = opened(folder);
  first.tenant.setAuthority('office365', 'admin');
  first.session('moved');
  first.session('waits');
  await first.tenant.close();
  const { tenant } = opened(folder);
  expect(tenant.changes()).toMatchObject([
    { n: 1, moved: 2, waiting: 2 },
    { n: 2, toNotify: 7, moved: 2, waiting: 3, userless: 2 },
  ]);
});
