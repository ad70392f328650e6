import { Agent } from 'node:http';
import { expect, it } from 'vitest';
import { exchange } from '../../../agent/io/http-exchange.js';
import { targetReader } from '../../../agent/io/url.js';
import { manualClock } from '../../../base/clock.js';

it('is stopped before it begins where its signal was aborted meanwhile, and leaves no timer behind', async () => {
  const clock = manualClock();
  const url = 'http://127.0.0.1:9/';
  const sent = exchange({
    target: targetReader()(url),
    request: { method: 'GET', url, signal: AbortSignal.abort() },
    method: 'GET',
    headers: {},
    body: undefined,
    agent: new Agent(),
    connection: {},
    timeoutMs: 1_000,
    clock,
    observe: undefined,
  });
  await expect(sent).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect(clock.pending).toBe(0);
});
