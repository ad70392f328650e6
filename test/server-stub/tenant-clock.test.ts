import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { manualClock, settle } from '../../base/clock.js';
import { silentLog } from '../../base/log.js';
import { openClockFollowers } from '../../server-stub/clock-followers.js';
import { openJournal } from '../../server-stub/core/journal.js';
import { type ClockSetting, openTenantClock } from '../../server-stub/tenant-clock.js';
import { refusal } from './core/support.js';

const start = Date.parse('2026-11-21T08:00:00Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const refused = async (attempt: Promise<unknown>): Promise<string> => {
  const [result] = await Promise.allSettled([attempt]);
  return result.status === 'fulfilled'
    ? 'none'
    : refusal(() => {
        throw result.reason;
      });
};

describe('the clock of a tenant', () => {
  it('is the machine’s unless told otherwise', async () => {
    const base = manualClock(start);
    const clock = openTenantClock({ base });
    await base.advance(5000);
    expect([clock.mode, clock.scale, clock.changes, clock.now()]).toEqual(['real', 1, 0, start + 5000]);
  });

  it('stands still when it is moved by hand, and moves through what falls due', async () => {
    const base = manualClock(start);
    const clock = openTenantClock({ base });
    await clock.set('manual');
    const seen: number[] = [];
    clock.after(dayMs, () => seen.push(clock.now()));
    await base.advance(9 * dayMs);
    expect([clock.mode, clock.scale, clock.now(), seen]).toEqual(['manual', 0, start, []]);
    await clock.advance(7 * dayMs);
    expect([clock.now(), seen]).toEqual([start + 7 * dayMs, [start + dayMs]]);
    expect(clock.changes).toBe(1 + 2); // the setting; start and end of the move, which nobody follows
  });

  it('that is the machine’s and is moved goes on at its pace, ahead of it', async () => {
    const base = manualClock(start);
    const clock = openTenantClock({ base });
    await clock.advance(dayMs);
    await base.advance(1000);
    expect([clock.mode, clock.scale, clock.now()]).toEqual(['scaled', 1, start + dayMs + 1000]);
  });

  it('becomes the machine’s by a move to its time', async () => {
    const base = manualClock(start);
    const clock = openTenantClock({ base, setting: 'manual' });
    const seen: number[] = [];
    clock.after(1000, () => seen.push(clock.now()));
    await base.advance(dayMs);
    await clock.set('real');
    expect([clock.mode, clock.now(), seen]).toEqual(['real', start + dayMs, [start + 1000]]);
  });

  it('is never moved backwards, and nothing is half done', async () => {
    const base = manualClock(start);
    const clock = openTenantClock({ base, setting: 'manual' });
    await clock.advance(dayMs);
    const before = [clock.mode, clock.scale, clock.now(), clock.changes];
    for (const change of [
      { advance: -1 },
      { advance: Number.NaN },
      { to: start },
      { setting: 'real' },
      { setting: 'real', advance: -dayMs },
      { setting: 3600, advance: -1 },
      { setting: 0, advance: dayMs },
      { setting: -1 },
      { setting: Number.NaN },
      { setting: 1e9 },
      { advance: 40 * 366 * dayMs },
    ] satisfies { setting?: ClockSetting; advance?: number; to?: number }[]) {
      expect(await refused(clock.change(change)), JSON.stringify(change)).toBe('REQUEST_INVALID');
    }
    expect([clock.mode, clock.scale, clock.now(), clock.changes]).toEqual(before);
  });

  it('makes its changes one after the other', async () => {
    const clock = openTenantClock({ base: manualClock(start), setting: 'manual' });
    const seen: number[] = [];
    clock.after(500, () => seen.push(clock.now() - start));
    clock.after(1500, () => seen.push(clock.now() - start));
    await Promise.all([clock.advance(1000), clock.advance(1000)]);
    expect([clock.now() - start, seen]).toEqual([2000, [500, 1500]]);
  });
});

describe('the clock of a tenant on disk', () => {
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'rollcall-clock-'));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    return path;
  };
  async function run(path: string, base: ReturnType<typeof manualClock>, setting?: ClockSetting) {
    const journal = openJournal(path, silentLog);
    const clock = openTenantClock({ base, keep: journal.keep('clock'), setting });
    return { clock, end: () => journal.close() };
  }

  it('keeps mode and time: moved by hand it stood still meanwhile, scaled it went on', async () => {
    const path = folder();
    const base = manualClock(start);
    const first = await run(path, base, 'manual');
    await first.clock.advance(180 * dayMs);
    await first.end();
    await base.advance(1000);
    const second = await run(path, base);
    expect([second.clock.mode, second.clock.now()]).toEqual(['manual', start + 180 * dayMs]);
    expect(second.clock.changes).toBe(first.clock.changes);
    await second.clock.set(3600);
    await second.end();
    await base.advance(1000);
    const third = await run(path, base);
    expect([third.clock.mode, third.clock.now()]).toEqual(['scaled', start + 180 * dayMs + 3_600_000]);
    await third.end();
  });

  it('is not opened as the machine’s while it is ahead of it', async () => {
    const path = folder();
    const base = manualClock(start);
    const first = await run(path, base, 'manual');
    await first.clock.advance(dayMs);
    await first.end();
    const journal = openJournal(path, silentLog);
    const open = () => openTenantClock({ base, keep: journal.keep('clock'), setting: 'real' });
    expect(refusal(open)).toBe('REQUEST_INVALID');
    await base.advance(2 * dayMs);
    expect(open().now()).toBe(start + 2 * dayMs);
    await journal.close();
  });

  it('says where a move goes before anything is done on the way', async () => {
    const kept: unknown[] = [];
    const keep = { entries: () => [], put: (_: string, value: unknown) => kept.push(value), setAside: () => {} };
    const clock = openTenantClock({ base: manualClock(start), keep, setting: 'manual' });
    clock.after(hourMs, () => kept.push('done'));
    await clock.advance(dayMs);
    const at = start + dayMs;
    expect(kept).toMatchObject([{ mode: 'manual', at: start }, { at }, 'done', { at, changes: clock.changes }]);
  });

  it('that was never changed leaves nothing in the folder', async () => {
    const path = folder();
    const { end } = await run(path, manualClock(start));
    await end();
    const journal = openJournal(path, silentLog);
    expect(journal.keep('clock').entries()).toEqual([]);
    await journal.close();
  });
});

describe('who follows the clock of a tenant', () => {
  function stage(networkClock = manualClock(0), isHeard = () => true) {
    const clock = openTenantClock({ base: manualClock(start), setting: 'manual' });
    const followers = openClockFollowers(clock, networkClock, isHeard);
    onTestFinished(() => followers.close());
    return { networkClock, clock, followers };
  }

  it('is told of each step, and has asked again before what is due then is done and after', async () => {
    const { clock, followers } = stage();
    const seen: string[] = [];
    for (const hours of [1, 2]) clock.after(hours * hourMs, () => seen.push(`due ${hours}`));
    const follow = async () => {
      for (let told = clock.changes; seen.at(-1) !== 'follower 3'; ) {
        await followers.news({ changes: told });
        told = clock.changes;
        seen.push(`follower ${(clock.now() - start) / hourMs}`);
      }
    };
    const following = follow();
    void following.then(() => followers.news({ changes: clock.changes }));
    await clock.advance(3 * hourMs);
    expect(seen).toEqual([
      ...['follower 0', 'follower 1', 'due 1', 'follower 1'],
      ...['follower 2', 'due 2', 'follower 2', 'follower 3'],
    ]);
  });

  it('holds no move up for long when he never asks again, and not at all when he is gone or only waits for another time', async () => {
    const { networkClock, clock, followers } = stage();
    void followers.news({ changes: clock.changes }, { isGone: true });
    await clock.advance(hourMs);
    void followers.news({ after: clock.now() });
    await clock.advance(hourMs);
    void followers.news({ changes: clock.changes });
    const before = clock.changes;
    let isDone = false;
    const moved = clock.advance(hourMs).then(() => {
      isDone = true;
    });
    while (clock.changes === before) await settle();
    await networkClock.advance(19_000);
    expect(isDone).toBe(false);
    await networkClock.advance(1_000);
    await moved;
    expect(clock.now()).toBe(start + 3 * hourMs);
  });

  /** Follows as long as the test goes on; returns the hours at which he was told that it is another time than before. */
  function follow({ clock, followers }: ReturnType<typeof stage>, next: (hours: number) => number | undefined) {
    const told: number[] = [];
    const hours = () => (clock.now() - start) / hourMs;
    const isFollowing = { isGone: false };
    onTestFinished(() => {
      isFollowing.isGone = true;
    });
    void (async () => {
      for (let changes = clock.changes; !isFollowing.isGone; changes = clock.changes) {
        const at = next(hours());
        await followers.news({ changes, next: at === undefined ? undefined : start + at * hourMs }, isFollowing);
        if (told.at(-1) !== hours()) told.push(hours());
      }
    })();
    return told;
  }

  it('who says when something is due for him next is told of that time, and else of what is due for the tenant', async () => {
    const at = stage();
    const told = follow(at, (hours) => [2.5, 100.25, 4000].find((each) => each > hours) ?? Number.POSITIVE_INFINITY);
    at.clock.after(24 * hourMs, () => {});
    await at.clock.advance(180 * dayMs);
    expect(told).toEqual([0, 2.5, 24, 100.25, 4000, 4320]);
  });

  it('is told of his own times alone while nobody is connected who would notice what is done for the tenant', async () => {
    const at = stage(undefined, () => false);
    const told = follow(at, (hours) => (hours < 100 ? 100 : Number.POSITIVE_INFINITY));
    const due: number[] = [];
    for (let hours = 8; hours <= 4320; hours += 8) at.clock.after(hours * hourMs, () => due.push(hours));
    const before = at.clock.changes;
    await at.clock.advance(180 * dayMs);
    expect([told, due.length, at.clock.changes - before]).toEqual([[0, 100, 4320], 540, 4]);
  });

  it('who says nothing of that is told each six hours', async () => {
    const at = stage();
    const told = follow(at, () => undefined);
    await at.clock.advance(dayMs);
    expect(told).toEqual([0, 6, 12, 18, 24]);
  });

  it('several are told of the earliest of all, and one that is gone no more', async () => {
    const at = stage();
    const first = follow(at, (hours) => 10 * Math.floor(hours / 10) + 10);
    follow(at, (hours) => (hours < 7 ? 7 : Number.POSITIVE_INFINITY));
    void at.followers.news({ changes: at.clock.changes, next: start + hourMs }, { isGone: true });
    await at.clock.advance(30 * hourMs);
    expect(first).toEqual([0, 7, 10, 20, 30]);
  });

  it('what falls due for him by what was done for the tenant is in its order, too', async () => {
    const at = stage();
    let due = Number.POSITIVE_INFINITY;
    const told = follow(at, (hours) => (due > hours ? due : Number.POSITIVE_INFINITY));
    at.clock.after(8 * hourMs, () => {
      due = 9; // as a device that was asked to check in, and comes again an hour later
    });
    at.clock.after(20 * hourMs, () => {});
    await at.clock.advance(dayMs);
    expect(told).toEqual([0, 8, 9, 20, 24]);
  });

  it('holds no move up by wishes without end', async () => {
    const at = stage();
    const told = follow(at, (hours) => hours + 1e-6);
    const before = at.clock.changes;
    await at.clock.advance(180 * dayMs);
    expect(at.clock.changes - before).toBeLessThanOrEqual(10_002);
    expect(told.at(-1)).toBe(180 * 24);
    const isLate = follow(at, () => -1);
    await at.clock.advance(hourMs);
    expect(isLate.at(-1)).toBe(180 * 24 + 1);
  });

  it('is asked what is due next no more once a move has lasted ten minutes, and is told each six hours then', async () => {
    let lasted = 0;
    const at = stage({ ...manualClock(0), now: () => lasted });
    const told = follow(at, (hours) => {
      if (hours === 3) lasted = 600_000;
      return hours + 1;
    });
    await at.clock.advance(dayMs);
    expect(told).toEqual([0, 1, 2, 3, 9, 15, 21, 24]);
  });

  it('waits for another time by the time that he was told, for 30 s of the network at most', async () => {
    const { networkClock, clock, followers } = stage();
    await followers.news({ after: start - 1 });
    const answered: string[] = [];
    void followers.news({ after: start }).then(() => answered.push('by time'));
    void followers.news({ changes: clock.changes }).then(() => answered.push('by count'));
    await networkClock.advance(29_999);
    expect(answered).toEqual([]);
    await networkClock.advance(1);
    expect(answered).toEqual(['by time', 'by count']);
    await followers.news({ changes: clock.changes + 1 });
  });

  it('is answered when the stub stops', async () => {
    const { clock, followers } = stage();
    const answer = followers.news({ changes: clock.changes });
    followers.close();
    await answer;
    await followers.news({ changes: clock.changes });
  });
});
