import { describe, expect, it } from 'vitest';
import type { Clock } from '../../base/clock.js';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets `ms` of the clock's time pass. */
  pass(ms: number): Promise<void>;
}

/** What every Clock must do. `open` gives one on which a millisecond or so is short. */
export function clockContract(name: string, open: () => ClockUnderTest): void {
  describe(`the clock contract: ${name}`, () => {
    it('makes calls in the order they fall due, those due together in the order they were asked', async () => {
      const { clock, pass } = open();
      const made: string[] = [];
      clock.after(30_000, () => made.push('third'));
      clock.after(10_000, () => made.push('first'));
      clock.after(10_000, () => made.push('second'));
      await pass(40_000);
      expect(made).toEqual(['first', 'second', 'third']);
    });

    it('makes no call that was taken back, and taking back twice is harmless', async () => {
      const { clock, pass } = open();
      const made: number[] = [];
      const cancel = clock.after(10_000, () => made.push(1));
      clock.after(20_000, () => made.push(2));
      cancel();
      cancel();
      await pass(30_000);
      expect(made).toEqual([2]);
    });

    it('has moved on by at least as much when a sleep ends', async () => {
      const { clock, pass } = open();
      const start = clock.now();
      const slept = clock.sleep(10_000).then(() => clock.now());
      await pass(20_000);
      expect((await slept) - start).toBeGreaterThanOrEqual(9_900);
    });

    it('ends a sleep with the reason of its signal, at once if that is aborted already', async () => {
      const { clock } = open();
      const controller = new AbortController();
      const reason = new Error('enough');
      const asleep = clock.sleep(3_600_000_000, controller.signal);
      controller.abort(reason);
      await expect(asleep).rejects.toBe(reason);
      await expect(clock.sleep(1, controller.signal)).rejects.toBe(reason);
    });

    it('makes a call for a time already past, but not before the present one has ended', async () => {
      const { clock, pass } = open();
      let made = false;
      clock.after(-5, () => {
        made = true;
      });
      expect(made).toBe(false);
      await pass(5_000);
      expect(made).toBe(true);
    });

    it('takes ten thousand due times, most of them taken back', async () => {
      const { clock, pass } = open();
      let made = 0;
      const cancels = Array.from({ length: 10_000 }, (_, index) =>
        clock.after(10_000 + ((index * 7919) % 1000), () => {
          made++;
        }),
      );
      cancels.forEach((cancel, index) => {
        if (index % 10 !== 0) cancel();
      });
      await pass(20_000);
      expect(made).toBe(1000);
    });
  });
}
