import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { memoryLog } from '../../../base/log.js';
import { Deadlines } from '../../../server-stub/core/deadlines.js';
import { Timeouts } from '../../../server-stub/core/timeouts.js';
import { stubError } from '../../../server-stub/errors.js';

function stage() {
  const clock = manualClock(1000);
  const log = memoryLog();
  const { lines } = log;
  const deadlines = new Deadlines(clock, log);
  const met: string[] = [];
  const meet = (key: string, time: number) => deadlines.at(key, time, () => met.push(`${key} ${clock.now()}`));
  return { clock, lines, deadlines, met, meet };
}

describe('the deadlines of a tenant', () => {
  it('are met in the order of their times, each when the clock shows it', async () => {
    const { clock, deadlines, met, meet } = stage();
    meet('later', 3000);
    meet('sooner', 2000);
    meet('with it', 2000);
    await clock.advance(999);
    expect(met).toEqual([]);
    await clock.advance(5000);
    expect(met).toEqual(['sooner 2000', 'with it 2000', 'later 3000']);
    expect([deadlines.size, clock.pending]).toEqual([0, 0]);
  });

  it('have one timer of the clock, however many there are', () => {
    const { clock, deadlines, meet } = stage();
    for (let time = 5000; time > 2000; time--) meet(`at ${time}`, time);
    expect([deadlines.size, clock.pending]).toEqual([3000, 1]);
  });

  it('of the same key replace each other, and what is taken back is not met', async () => {
    const { clock, deadlines, met, meet } = stage();
    meet('grace', 2000);
    meet('grace', 4000);
    meet('other', 3000);
    deadlines.cancel('other');
    deadlines.cancel('nobody');
    expect([deadlines.timeOf('grace'), deadlines.timeOf('other')]).toEqual([4000, undefined]);
    await clock.advance(9000);
    expect(met).toEqual(['grace 4000']);
  });

  it('are met at once where their time has passed, but not before whoever puts them has gone on', async () => {
    const { clock, met, meet } = stage();
    meet('missed', 5);
    expect(met).toEqual([]);
    await clock.advance(0);
    expect(met).toEqual(['missed 1000']);
  });

  it('let the process have its turn between those that put each other for the same time', async () => {
    const { clock, deadlines, met } = stage();
    deadlines.at('first', 2000, () => {
      met.push('first');
      deadlines.at('second', 2000, () => met.push('second'));
      void Promise.resolve().then(() => met.push('between'));
    });
    await clock.advance(1000);
    expect(met).toEqual(['first', 'between', 'second']);
  });

  it('that fail are told in the log and harm no other; what could not be stored is tried again a minute later', async () => {
    const { clock, lines, deadlines, met, meet } = stage();
    let tries = 0;
    deadlines.at('broken', 2000, () => {
      throw new Error('no');
    });
    deadlines.at('unstored', 2000, () => {
      if (++tries === 1) throw stubError('STORE_UNWRITABLE', 'the disk is full');
      met.push(`stored ${clock.now()}`);
    });
    meet('sound', 2000);
    await clock.advance(100_000);
    expect(met).toEqual(['sound 2000', 'stored 62000']);
    expect(lines.map(({ event, values }) => [event, values['deadline']])).toEqual([
      ['BUG', 'broken'],
      ['STORE_UNWRITABLE', 'unstored'],
    ]);
  });

  it('end when they are stopped, and none is taken any more', async () => {
    const { clock, deadlines, met, meet } = stage();
    meet('before', 2000);
    deadlines.stop();
    meet('after', 2000);
    await clock.advance(5000);
    expect([met, deadlines.size, clock.pending]).toEqual([[], 0, 0]);
  });
});

describe('a lane of the deadlines', () => {
  it('calls for each device that was not seen for so long, and again, all by one deadline', async () => {
    const { clock, deadlines, met } = stage();
    const onDue = (deviceId: string) => met.push(`${deviceId} ${clock.now()}`);
    const lane = new Timeouts({ clock, deadlines, key: 'lane', everyMs: 100, onDue });
    lane.seen('a');
    await clock.advance(50);
    lane.seen('b');
    lane.seen('c');
    lane.forget('c');
    expect([lane.size, deadlines.size]).toEqual([2, 1]);
    await clock.advance(40);
    lane.seen('a'); // at 1090
    await clock.advance(160); // until 1250
    expect(met).toEqual(['b 1150', 'a 1190', 'b 1250']);
    lane.forget('a');
    lane.forget('b');
    expect(deadlines.size).toBe(0);
  });

  it('calls for a thousand that fall due together at that time, and lets others in between', async () => {
    const { clock, deadlines, met } = stage();
    const lane = new Timeouts({ clock, deadlines, key: 'lane', everyMs: 100, onDue: () => met.push('device') });
    for (let count = 0; count < 1000; count++) lane.seen(`device ${count}`);
    deadlines.at('other', 1100, () => met.push(`other ${clock.now()}`));
    await clock.advance(100);
    expect(met.filter((each) => each === 'device')).toHaveLength(1000);
    expect(met.indexOf('other 1100')).toBe(100);
  });
});
