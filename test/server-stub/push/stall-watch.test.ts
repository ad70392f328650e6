import { expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { StallWatch } from '../../../server-stub/push/stall-watch.js';

function watch() {
  const clock = manualClock();
  const seen = { state: 0, stalls: 0 };
  const stallWatch = new StallWatch({
    clock,
    stalledMs: 60_000,
    state: () => String(seen.state),
    onStalled: () => seen.stalls++,
  });
  return { clock, seen, stallWatch };
}

it('a client that takes nothing for the whole time has stalled, and is told of once', async () => {
  const { clock, seen, stallWatch } = watch();
  stallWatch.start();
  await clock.advance(59_000);
  expect(seen.stalls).toBe(0);
  await clock.advance(1000);
  expect(seen.stalls).toBe(1);
  await clock.advance(600_000);
  expect([seen.stalls, clock.pending]).toEqual([1, 0]);
});

it('a client that takes something now and then, however little, has not', async () => {
  const { clock, seen, stallWatch } = watch();
  stallWatch.start();
  for (let taken = 0; taken < 20; taken++) {
    await clock.advance(44_000);
    seen.state++;
  }
  expect(seen.stalls).toBe(0);
  await clock.advance(75_000);
  expect(seen.stalls).toBe(1);
});

it('a client that has taken all is not watched until there is more for it, and then has the whole time again', async () => {
  const { clock, seen, stallWatch } = watch();
  stallWatch.start();
  await clock.advance(50_000);
  stallWatch.stop();
  expect(clock.pending).toBe(0);
  stallWatch.start();
  await clock.advance(50_000);
  expect(seen.stalls).toBe(0);
  stallWatch.start();
  expect(clock.pending).toBe(1);
});
