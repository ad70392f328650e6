import { expect, it } from 'vitest';
import type { Pace, Step } from '../../../fleet/scenario/model.js';
import { acting } from './acting.js';
import { phaseOf, planOf } from './coordinating.js';

const groups = [
  { name: 'phones', platform: 'ios', count: 500 },
  { name: 'pcs', platform: 'windows', count: 300 },
  { name: 'tablets', platform: 'android', count: 200 },
] as const;
const step = (pace: Pace) => ({ kind: 'check-in', name: 'all', atMs: 0, pace, expect: [] }) as Step;

/** Sessions of 100 ms each: how many went on at the same time at most, in all and in each engine, and how long all took. */
async function lived(pace: Pace, concurrency: number, n: number) {
  const going = new Array<number>(n + 1).fill(0);
  const most = new Array<number>(n + 1).fill(0);
  let endedAt = 0;
  const run = acting(planOf({ groups, concurrency, phases: [phaseOf('p', [step(pace)])] }), {
    n,
    async doing({ index }, _device, signal) {
      for (const at of [index % n, n]) {
        going[at] = (going[at] ?? 0) + 1;
        most[at] = Math.max(most[at] ?? 0, going[at] ?? 0);
      }
      await run.clock.sleep(100, signal);
      for (const at of [index % n, n]) going[at] = (going[at] ?? 0) - 1;
      endedAt = run.clock.now();
    },
  });
  await run.ready();
  const beganAt = run.clock.now();
  await run.run(0, 5000);
  await Promise.all(run.engines.map((engine) => engine.hears('phase-done')));
  const passed = run.engines.reduce((sum, engine) => sum + engine.of('all').counter('passed'), 0);
  return { passed, most, tookMs: endedAt - beganAt };
}

it('a closed model of 1,000 devices has as many at a time as it says, in all and by engine, and not one fewer', async () => {
  expect(await lived({ kind: 'closed', users: 50 }, 64, 2)).toEqual({ passed: 1000, most: [25, 25, 50], tookMs: 2000 });
});

it('concurrency bounds an open model of 1,000 devices that come all at once', async () => {
  const burst = { kind: 'open', arrivals: { shape: 'burst' } } as const;
  expect(await lived(burst, 40, 2)).toEqual({ passed: 1000, most: [20, 20, 40], tookMs: 2500 });
});
