import { describe, expect, it } from 'vitest';
import { manualClock, settle } from '../../base/clock.js';
import { MovableClock } from '../../base/movable-clock.js';

const at = Date.UTC(2026, 0, 1);

describe('a movable clock', () => {
  it('goes as its base does unless told otherwise, to the millisecond', async () => {
    const base = manualClock(at);
    const clock = new MovableClock({ base });
    const seen: number[] = [];
    clock.after(10, () => seen.push(clock.now() - at));
    await base.advance(9);
    expect([clock.now() - at, seen]).toEqual([9, []]);
    await base.advance(20);
    expect([clock.now() - at, seen]).toEqual([29, [10]]);
  });

  it('changes its pace from the time that it shows; what waits comes at its own time', async () => {
    const base = manualClock(at);
    const clock = new MovableClock({ base });
    const seen: number[] = [];
    clock.after(1000, () => seen.push(base.now() - at));
    await base.advance(400);
    clock.pace(100);
    expect(clock.now() - at).toBe(400);
    await base.advance(6);
    expect([clock.now() - at, seen]).toEqual([1000, [406]]);
    clock.pace(0);
    clock.after(1, () => seen.push(0));
    await base.advance(1_000_000);
    expect([clock.now() - at, seen, clock.pending]).toEqual([1000, [406], 1]);
  });

  it('is moved: what falls due on the way comes in order, at its own time, with what that adds, and then it goes on', async () => {
    const base = manualClock(at);
    const clock = new MovableClock({ base, scale: 2 });
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name} ${clock.now() - at}`);
    clock.after(500, note('third'));
    clock.after(100, () => {
      note('first')();
      clock.after(200, note('added'));
    });
    clock.after(9000, note('later'));
    const steps: number[] = [];
    await clock.advanceTo(at + 1000, async (time) => void steps.push(time - at));
    expect(seen).toEqual(['first 100', 'added 300', 'third 500']);
    expect(steps).toEqual([100, 300, 500]);
    expect(clock.now() - at).toBe(1000);
    await base.advance(4000);
    expect([clock.now() - at, seen.at(-1)]).toEqual([9000, 'later 9000']);
  });

  it('is not moved backwards, and a call that throws is told when all others were made', async () => {
    const clock = new MovableClock({ base: manualClock(at), scale: 0 });
    await clock.advanceTo(at - 1);
    expect(clock.now()).toBe(at);
    const seen: number[] = [];
    clock.after(1, () => {
      throw new Error('broken');
    });
    clock.after(2, () => seen.push(clock.now() - at));
    await expect(clock.advanceTo(at + 5)).rejects.toThrow('broken');
    expect([seen, clock.now() - at]).toEqual([[2], 5]);
  });

  it('has one timer of its base, and none where nothing waits', () => {
    const base = manualClock(at);
    const clock = new MovableClock({ base });
    const cancels = Array.from({ length: 100 }, (_, index) => clock.after(1000 - index, () => {}));
    expect(base.pending).toBe(1);
    for (const cancel of cancels) cancel();
    expect([base.pending, clock.pending]).toEqual([0, 0]);
  });

  it('gives the process its turn between calls that add each other for the same time', async () => {
    const base = manualClock(at);
    const clock = new MovableClock({ base });
    const seen: string[] = [];
    clock.after(10, () => {
      clock.after(0, () => seen.push('added'));
      void Promise.resolve().then(() => seen.push('between'));
    });
    await base.advance(10);
    expect(seen).toEqual(['between', 'added']);
  });

  it('goes by its base’s timers where the time of day is set back', async () => {
    const base = manualClock(at);
    let offset = 0;
    const clock = new MovableClock({ base: { ...base, now: () => base.now() + offset } });
    let made = false;
    clock.after(1000, () => {
      made = true;
    });
    offset = -3_600_000;
    await base.advance(1000);
    expect(made).toBe(true);
  });

  it('refuses a pace and a time that are none', () => {
    for (const scale of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => new MovableClock({ scale })).toThrow(RangeError);
    expect(() => new MovableClock({ at: Number.NaN })).toThrow(RangeError);
    expect(() => new MovableClock().after(Number.NaN, () => {})).toThrow(RangeError);
  });

  it('is held by whoever is in the middle of something; its owner waits for them all, and for nobody too long', async () => {
    const base = manualClock(at);
    const clock = new MovableClock({ base, scale: 0 });
    const order: string[] = [];
    const quiet = (name: string, signal?: AbortSignal) =>
      clock.quiet({ withinMs: 1000, ...(signal && { signal }) }).then(() => order.push(name));
    await quiet('nobody holds it');
    const [first, second] = [clock.hold(), clock.hold()];
    const both = quiet('both released it');
    await settle();
    first();
    await settle();
    order.push('one released it');
    second();
    second();
    await both;
    clock.hold();
    const late = quiet('time is over');
    await base.advance(999);
    order.push('not yet');
    await base.advance(1);
    await late;
    const stopped = new AbortController();
    clock.hold();
    const given = quiet('stopped', stopped.signal);
    await settle();
    stopped.abort();
    await given;
    expect(order).toEqual([
      'nobody holds it',
      'one released it',
      'both released it',
      'not yet',
      'time is over',
      'stopped',
    ]);
    expect(base.pending).toBe(0);
  });
});
