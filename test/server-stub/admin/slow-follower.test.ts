// A reader of the events that does not read: nothing piles up for it.
import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { eventRoutes } from '../../../server-stub/admin/events.js';
import type { StubRequest } from '../../../server-stub/http-types.js';
import { open } from '../core/support.js';

const request: StubRequest = {
  method: 'GET',
  path: '/stub/v1/events',
  query: new URLSearchParams(),
  headers: {},
  body: Buffer.alloc(0),
  params: {},
  remote: '127.0.0.1',
};

const turns = () => new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));

/** A reader that takes nothing, with what has gone wrong on the way to it. */
function deafReader() {
  const errors: Error[] = [];
  const to = new Writable({ highWaterMark: 1, write: () => {} });
  to.on('error', (error) => errors.push(error));
  return { to, errors };
}

it('who has not taken the end of a stub that stops is written nothing behind it', async () => {
  const { tenant } = open();
  const networkClock = manualClock();
  const closing = new AbortController();
  const [route] = eventRoutes({ tenant, networkClock, closing: closing.signal });
  const { to, errors } = deafReader();
  const answer = await route?.handle(request, 'reader');
  answer?.stream?.(to);
  await turns();
  closing.abort();
  expect([to.writableEnded, to.writableFinished]).toEqual([true, false]);
  tenant.emit({ type: 'clock' });
  await networkClock.advance(60_000);
  await turns();
  expect(errors).toEqual([]);
  expect(networkClock.pending).toBe(0);
});

it('who comes when the stub stops is told that it is over, and nothing goes wrong', async () => {
  const { tenant } = open();
  const networkClock = manualClock();
  const [route] = eventRoutes({ tenant, networkClock, closing: AbortSignal.abort() });
  const { to, errors } = deafReader();
  const answer = await route?.handle(request, 'reader');
  answer?.stream?.(to);
  await networkClock.advance(60_000);
  await turns();
  expect(to.writableEnded).toBe(true);
  expect(errors).toEqual([]);
});

it('who does not read has 200 events on the way, and gets the others once it does', async () => {
  const { tenant } = open();
  const networkClock = manualClock();
  const waiting: { text: string; taken: () => void }[] = [];
  const to = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, taken) {
      waiting.push({ text: String(chunk), taken });
    },
  });
  const read = () => {
    const { text = '', taken = () => {} } = waiting.shift() ?? {};
    taken();
    return [...text.matchAll(/"seq":(\d+)/g)].map(([, seq]) => Number(seq));
  };
  const [route] = eventRoutes({ tenant, networkClock });
  const answer = await route?.handle(request, 'reader');
  answer?.stream?.(to);
  for (let n = 0; n < 500; n++) tenant.emit({ type: 'clock' });
  await turns();
  await networkClock.advance(60_000); // no heartbeat is put behind what nobody takes
  expect(read()).toEqual([]); // the comment at the beginning
  const counts: number[] = [];
  for (let n = 0; n < 5; n++) {
    await turns();
    expect(to.writableLength).toBeLessThan(200 * 100);
    const seqs = read();
    if (seqs.length > 0) counts.push(seqs.length);
  }
  expect(counts).toEqual([200, 200, 100]);
  to.destroy();
  await turns();
  expect(networkClock.pending).toBe(0);
});
