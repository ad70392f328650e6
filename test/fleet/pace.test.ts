import { describe, expect, it } from 'vitest';
import { type ManualClock, manualClock } from '../../base/clock.js';
import { Places, paced } from '../../fleet/engine/pace.js';
import { arrivalMs } from '../../fleet/load/arrivals.js';

describe('arrivals', () => {
  it('are spread evenly from the beginning, and all at once over no time', () => {
    expect([0, 1, 2, 3].map((k) => arrivalMs(k, 4, 2000))).toEqual([0, 500, 1000, 1500]);
    expect([0, 1, 2].map((k) => arrivalMs(k, 3, 0))).toEqual([0, 0, 0]);
    expect(arrivalMs(0, 0, 100)).toBe(0);
  });
});

interface Start {
  readonly k: number;
  readonly dueAt: number;
  readonly at: number;
}

/** Paces acts of `actMs` each, and tells when they started. */
function run(clock: ManualClock, count: number, overMs: number, concurrency: number, actMs: number) {
  const stop = new AbortController();
  const starts: Start[] = [];
  const ended = paced(
    { clock, elapsed: clock.now, signal: stop.signal, count, overMs, concurrency },
    async (k, dueAt) => {
      starts.push({ k, dueAt, at: clock.now() });
      await clock.sleep(actMs, stop.signal).catch(() => undefined);
    },
  );
  return { starts, ended, stop };
}

describe('the open loop', () => {
  it('starts each at its own time, whether or not the earlier ones have ended', async () => {
    const clock = manualClock();
    const { starts, ended } = run(clock, 4, 400, 10, 10_000);
    await clock.advance(400);
    expect(starts).toEqual([0, 100, 200, 300].map((at, k) => ({ k, dueAt: at, at })));
    await clock.advance(10_000);
    await ended;
  });

  it('keeps the intended time of those who must wait for a place', async () => {
    const clock = manualClock();
    const { starts, ended } = run(clock, 4, 0, 2, 1000);
    await clock.advance(2500);
    await ended;
    expect(starts).toEqual([
      { k: 0, dueAt: 0, at: 0 },
      { k: 1, dueAt: 0, at: 0 },
      { k: 2, dueAt: 0, at: 1000 },
      { k: 3, dueAt: 0, at: 1000 },
    ]);
  });

  it('starts nobody once it is stopped, and ends when those under way have', async () => {
    const clock = manualClock();
    const { starts, ended, stop } = run(clock, 10, 1000, 10, 60_000);
    await clock.advance(250);
    stop.abort();
    await ended;
    expect(starts.map(({ k }) => k)).toEqual([0, 1, 2]);
    expect(clock.pending).toBe(0);
  });

  it('of nobody ends at once', async () => {
    await run(manualClock(), 0, 1000, 1, 0).ended;
  });
});

describe('places', () => {
  it('are given in the order they were asked for, never more than there are', async () => {
    const places = new Places(1);
    const order: number[] = [];
    const all = [1, 2, 3].map(async (each) => {
      await places.take();
      order.push(each);
      await Promise.resolve();
      places.give();
    });
    await places.allGiven();
    await Promise.all(all);
    expect(order).toEqual([1, 2, 3]);
  });
});
