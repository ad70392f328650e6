// The clock of a device that a person has before them.
import { describe, expect, it } from 'vitest';
import { consoleCommands } from '../../agent/console.js';
import { OwnClock, skewed, WrongClock } from '../../agent/own-clock.js';
import { manualClock, realClock } from '../../base/clock.js';

const hourMs = 3_600_000;
const never = new AbortController().signal;

describe('a clock of a device’s own', () => {
  it('is as wrong as it was left, and goes on from there', async () => {
    const before = realClock.now();
    const own = new OwnClock();
    const clock = new WrongClock(own, -48 * hourMs);
    expect(clock.now() + 48 * hourMs).toBeGreaterThanOrEqual(before);
    expect(clock.now()).toBeLessThan(before - 47 * hourMs);
    await own.advance(hourMs, { nextActAt: undefined }, never);
    expect(clock.now()).toBeGreaterThanOrEqual(before - 47 * hourMs);
  });

  it('goes from one act of the device to the next, and each comes to its end before', async () => {
    const clock = new OwnClock();
    const start = clock.now();
    const device = { nextActAt: start + 8 * hourMs };
    const acts: number[] = [];
    /** A little before the moment: this clock goes on while the test runs. */
    const wait = () => clock.after(device.nextActAt - clock.now() - 1000, () => void act());
    const act = async (): Promise<void> => {
      const release = clock.hold();
      const at = clock.now();
      await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
      acts.push(Math.round((at - start) / hourMs));
      device.nextActAt = at + 8 * hourMs;
      wait();
      release();
    };
    wait();
    await clock.advance(25 * hourMs, device, never);
    expect(acts).toEqual([8, 16, 24]);
    const stopped = AbortSignal.abort(new Error('stopped'));
    await clock.advance(25 * hourMs, device, stopped);
    expect(acts).toEqual([8, 16, 24]);
  });

  it('that is skewed has the other’s timers, and is held with it', async () => {
    const clock = manualClock(1000);
    expect(skewed(clock, 0)).toBe(clock);
    const other = skewed(clock, 500);
    let fired = 0;
    other.after(100, () => fired++);
    await clock.advance(100);
    expect([other.now(), fired, other.hold]).toEqual([1600, 1, undefined]);
    expect(skewed({ ...clock, hold: () => () => 'released' }, 1).hold?.()()).toBe('released');
  });
});

describe('"clock" at the prompt', () => {
  const words = (advance?: (ms: number) => Promise<void>) => {
    const clock = manualClock(0);
    const right = { skewMs: 0, setSkew: async () => {} };
    const moved = {
      now: clock.now,
      ...right,
      ...(advance === undefined ? {} : { advance: (ms: number) => advance(ms) }),
    };
    const device = { state: { facts: { platform: 'ios' } } } as unknown as Parameters<typeof consoleCommands>[0];
    const outside = { invitation: () => undefined, stop: () => {}, wasSaid: () => false, clock: moved };
    const act = consoleCommands(device, outside);
    return (...rest: readonly string[]) => act('clock', rest, never);
  };

  it('says the time, moves it on and not back, and not a clock that somebody else moves', async () => {
    const asked: number[] = [];
    const clock = words(async (ms) => void asked.push(ms));
    expect(await clock()).toBe('1970-01-01T00:00:00.000Z');
    expect(await clock('+8h')).toBe('1970-01-01T00:00:00.000Z');
    expect(await clock('+', '7d')).toMatch(/^1970/);
    for (const word of ['8h', '-8h', '+8x', '+']) expect(await clock(word)).toMatch(/^say: clock, or clock \+8h/);
    expect(await clock('+9999d')).toMatch(/3650 days at most/);
    expect(asked).toEqual([8 * hourMs, 7 * 24 * hourMs]);
    expect(await words()('+8h')).toMatch(/moved there: POST \/stub\/v1\/clock/);
  });
});
