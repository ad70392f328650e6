import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock, realClock, scaledClock } from '../../base/clock.js';
import { DueQueue } from '../../base/due-queue.js';

describe('every clock', () => {
  it.each([
    ['real', realClock],
    ['scaled', scaledClock({ scale: 2 })],
    ['manual', manualClock()],
  ])('refuses a time that is no number: the %s one', async (_, clock) => {
    expect(() => clock.after(Number.NaN, () => {})).toThrow(RangeError);
    await expect(clock.sleep(Number.NaN)).rejects.toThrow(RangeError);
    await expect(clock.sleep(Number.NaN, new AbortController().signal)).rejects.toThrow(RangeError);
  });
});

describe('the manual clock', () => {
  it('stands still until told, and tells how much waits', async () => {
    const clock = manualClock(1000);
    let woken = false;
    clock.after(50, () => {
      woken = true;
    });
    expect([clock.now(), clock.pending]).toEqual([1000, 1]);
    await clock.advance(49);
    expect([clock.now(), woken]).toEqual([1049, false]);
    await clock.advance(1);
    expect([clock.now(), woken, clock.pending]).toEqual([1050, true, 0]);
  });

  it('lets what a call sets going run before the next one falls due, each at its own time', async () => {
    const clock = manualClock();
    const seen: number[] = [];
    async function beat(): Promise<void> {
      for (let count = 0; count < 4; count++) {
        await clock.sleep(10);
        await Promise.resolve();
        seen.push(clock.now());
      }
    }
    const done = beat();
    await clock.advance(100);
    await done;
    expect(seen).toEqual([10, 20, 30, 40]);
  });
});

describe('the scaled clock', () => {
  it('agrees between processes that were given the same origins', () => {
    const origins = { origin: 0, realOrigin: Date.now() - 2000 };
    const [first, second] = [scaledClock({ scale: 3600, ...origins }), scaledClock({ scale: 3600, ...origins })];
    const [before, between, after] = [first.now(), second.now(), first.now()];
    expect(before).toBeLessThanOrEqual(between);
    expect(between).toBeLessThanOrEqual(after);
    expect(first.now()).toBeGreaterThanOrEqual(2 * 3_600_000);
  });

  it('refuses to stand still or run backwards', () => {
    for (const scale of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => scaledClock({ scale })).toThrow(RangeError);
  });
});

describe('the queue of due times', () => {
  it('gives what was not cancelled in order of time, then of asking', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean()), { maxLength: 400 }), (asked) => {
        const queue = new DueQueue();
        const made: number[] = [];
        const entries = asked.map(([at], index) => queue.add(at, () => made.push(index)));
        asked.forEach(([, cancelled], index) => {
          const entry = entries[index];
          if (cancelled && entry !== undefined) queue.cancel(entry);
        });
        const expected = asked
          .map(([at, cancelled], index) => ({ at, cancelled, index }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.at - b.at || a.index - b.index)
          .map(({ index }) => index);
        expect(queue.size).toBe(expected.length);
        for (let call = queue.take(99); call !== undefined; call = queue.take(99)) call();
        expect(made).toEqual(expected);
        expect(queue.size).toBe(0);
      }),
    );
  });
});
