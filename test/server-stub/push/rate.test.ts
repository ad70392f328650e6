import { expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { FanOut, type Sender } from '../../../server-stub/push/fan-out.js';
import { Rate } from '../../../server-stub/push/rate.js';

/** A connection that takes whatever it is told to send. */
class Plain implements Sender {
  constructor(public waiting: number) {}
  get isReady(): boolean {
    return this.waiting > 0;
  }
  send(most: number): number {
    const sent = Math.min(most, this.waiting);
    this.waiting -= sent;
    return sent;
  }
}

it('what a connection was allowed and had no use for goes to the others', async () => {
  const clock = manualClock();
  const fanOut = new FanOut({ clock, ratePerSecond: 8000 });
  const senders = Array.from({ length: 300 }, () => new Plain(1)); // fewer than may go at once
  for (const sender of senders) fanOut.wake(sender);
  await clock.advance(1);
  expect(senders.filter(({ isReady }) => isReady)).toEqual([]);
  fanOut.close();
});

it('a fan-out that was closed sends no more, and keeps no timer', async () => {
  const clock = manualClock();
  const fanOut = new FanOut({ clock, ratePerSecond: 20 });
  const sender = new Plain(10);
  fanOut.wake(sender);
  await clock.advance(100);
  const { waiting } = sender;
  expect(waiting).toBeLessThan(10);
  fanOut.close();
  fanOut.wake(sender);
  await clock.advance(10_000);
  expect([sender.waiting, clock.pending]).toEqual([waiting, 0]);
});

it('a rate is kept when the time of day is set back', () => {
  let now = 1_000_000;
  const rate = new Rate({ ...manualClock(), now: () => now }, 100);
  const takeAll = () => rate.take(1000);
  expect(takeAll()).toBe(5); // a twentieth of a second's worth
  now -= 500_000;
  expect(takeAll()).toBe(0);
  now += 20;
  expect(takeAll()).toBe(2);
});
