import { expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { jobOf, Led, planOf } from './coordinating.js';
import { idleEnginePorts } from './idle-ports.js';

const target = { url: 'https://localhost:1', hasClock: false, isEmbedded: false, invitations: {} };

/** An engine that is ready, and whose process lives through seconds; `stallMs`: how long it did nothing before one. */
async function engine() {
  const clock = manualClock(1_000_000);
  let now = 0;
  const led = new Led({ openPorts: async () => idleEnginePorts(clock), clocks: { clock, monotonic: () => now } });
  led.tell({ type: 'job', job: jobOf(planOf({ steps: [{ kind: 'wait', name: 'w', atMs: 0, forMs: 1 }] }), target) });
  await led.hears('ready');
  return {
    led,
    async second(stallMs = 0) {
      now += 1000 + stallMs;
      await clock.advance(1000);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      return led.said.flatMap((each) => (each.type === 'result' ? [each.result.outcome] : []));
    },
  };
}

it('an engine that hears nothing of its coordinator for ten seconds stops, and says so', async () => {
  const { led, second } = await engine();
  for (let at = 0; at < 5; at++) expect(await second()).toEqual([]);
  led.tell({ type: 'ping' });
  for (let at = 0; at < 10; at++) expect(await second()).toEqual([]);
  expect(await second()).toEqual(['cancelled']);
});

it('an engine that was itself halted, or held up by one long computation, takes that for nobody’s silence', async () => {
  const { second } = await engine();
  for (let at = 0; at < 5; at++) expect(await second()).toEqual([]);
  expect(await second(60_000)).toEqual([]);
  for (let at = 0; at < 3; at++) expect(await second()).toEqual([]);
  let result: readonly string[] = [];
  for (let at = 0; at < 3; at++) result = await second();
  expect(result).toEqual(['cancelled']); // and goes on counting from there
});
