import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { Scheduler, type SchedulerOptions } from '../../../fleet/engine/scheduler.js';
import { Appointed, Arriving, Closed, Queued, Recurring } from '../../../fleet/engine/sources.js';

/** A scheduler by hand; what begins lasts until it is ended. */
function stage(options: Partial<SchedulerOptions> = {}) {
  const clock = manualClock();
  const begun: [name: string, slot: number, at: number, dueAt: number][] = [];
  const going: (() => void)[] = [];
  const late: number[] = [];
  const scheduler = new Scheduler({
    clock,
    elapsed: clock.now,
    places: 10,
    onLate: (ms) => late.push(ms),
    ...options,
  });
  const begin =
    (name = '') =>
    (slot: number, dueAt: number) => {
      begun.push([name, slot, clock.now(), dueAt]);
      return new Promise<void>((resolve) => going.push(resolve));
    };
  const endFirst = async () => {
    going.shift()?.();
    await clock.advance(0);
  };
  return { clock, scheduler, begun, begin, endFirst, late };
}

describe('the scheduler', () => {
  it('starts each at its time, the earliest of all sources first, whether or not earlier ones have ended', async () => {
    const { clock, scheduler, begun, begin } = stage();
    scheduler.add(new Arriving([3, 4], (k) => 10 + 20 * k, begin('a')));
    scheduler.add(new Arriving([5], () => 20, begin('b')));
    await clock.advance(100);
    expect(begun).toEqual([
      ['a', 3, 10, 10],
      ['b', 5, 20, 20],
      ['a', 4, 30, 30],
    ]);
    expect(scheduler.busy).toBe(3);
  });

  it('lets no more begin than there are places; who waits for one is not late by the fault of this process', async () => {
    const { clock, scheduler, begun, begin, endFirst, late } = stage({ places: 2 });
    scheduler.add(new Arriving([0, 1, 2], () => 0, begin()));
    await clock.advance(50);
    expect(begun.map(([, slot]) => slot)).toEqual([0, 1]);
    await endFirst();
    expect(begun.at(-1)).toEqual(['', 2, 50, 0]);
    expect(late).toEqual([0, 0, 0]);
  });

  it('takes no place for what came to nothing', async () => {
    const { clock, scheduler, begun, begin } = stage({ places: 1 });
    const start = begin();
    scheduler.add(
      new Arriving(
        [0, 1],
        () => 0,
        (slot, at) => (slot === 0 ? undefined : start(slot, at)),
      ),
    );
    await clock.advance(10);
    expect([begun.map(([, slot]) => slot), scheduler.busy]).toEqual([[1], 1]);
  });

  it('gives the event loop back after some milliseconds of starting, and goes on then', async () => {
    let now = 0;
    const { scheduler, begun, begin } = stage({ places: 100, elapsed: () => now++ });
    scheduler.add(
      new Arriving(
        Array.from({ length: 20 }, (_, slot) => slot),
        () => 0,
        begin(),
      ),
    );
    const atOnce = begun.length;
    expect(atOnce).toBeGreaterThan(0);
    expect(atOnce).toBeLessThan(10);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect(begun).toHaveLength(20);
  });

  it('gives up what could not begin in time, and counts it', async () => {
    const { clock, scheduler, begun, begin, endFirst } = stage({ places: 1, dropAfterMs: 100 });
    const dropped: number[] = [];
    const source = new Arriving(
      [0, 1, 2],
      (k) => k * 10,
      begin(),
      (slot) => dropped.push(slot),
    );
    scheduler.add(source);
    await clock.advance(111);
    expect([dropped, source.left]).toEqual([[1], 1]);
    await endFirst();
    expect(begun.map(([, slot]) => slot)).toEqual([0, 2]);
  });

  it('begins nothing any more when it is stopped, and tells when nothing goes on', async () => {
    const { clock, scheduler, begun, begin, endFirst } = stage();
    scheduler.add(new Arriving([0, 1], (k) => k * 10, begin()));
    await clock.advance(5);
    scheduler.stop();
    let isIdle = false;
    void scheduler.idle().then(() => {
      isIdle = true;
    });
    await clock.advance(100);
    expect([begun.length, isIdle]).toEqual([1, false]);
    await endFirst();
    expect(isIdle).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('keeps to so many at a time of a closed source, and begins the next when one has ended', async () => {
    const { clock, scheduler, begun, begin, endFirst } = stage();
    scheduler.add(new Closed([7, 8, 9], 2, clock.now, begin()));
    await clock.advance(30);
    expect(begun.map(([, slot]) => slot)).toEqual([7, 8]);
    await endFirst();
    expect(begun.at(-1)).toEqual(['', 9, 30, 30]);
  });

  it('begins again and again what recurs, until there is no more time for it or it is ended', async () => {
    const { clock, scheduler, begun, begin } = stage();
    const source = new Recurring(3, [0, 1, 2], (slot, n) => (n < 3 ? slot + n * 100 : undefined), begin());
    scheduler.add(source);
    await clock.advance(150);
    source.end(1);
    source.endAt(201);
    await clock.advance(1000);
    expect(begun.map(([, slot, at]) => [slot, at])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [0, 100],
      [1, 101],
      [2, 102],
      [0, 200],
    ]);
  });

  it('keeps appointments that were moved at the time said last, and serves a queue in its order and each once', async () => {
    const { clock, scheduler, begun, begin } = stage();
    const appointed = new Appointed(4, begin('appointed'));
    const queued = new Queued(begin('queued'));
    scheduler.add(appointed);
    scheduler.add(queued);
    appointed.appoint(1, 10);
    appointed.appoint(1, 40);
    appointed.appoint(2, 20);
    appointed.appoint(2, undefined);
    queued.add(3, 5);
    queued.add(0, 5);
    queued.add(3, 6);
    scheduler.look();
    await clock.advance(100);
    expect(begun.map(([name, slot, at]) => [name, slot, at])).toEqual([
      ['queued', 3, 5],
      ['queued', 0, 5],
      ['appointed', 1, 40],
    ]);
  });
});
