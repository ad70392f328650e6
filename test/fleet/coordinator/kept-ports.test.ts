import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { lastingPorts, outgoingPorts, untilFree } from '../../../fleet/coordinator/kept-ports.js';

const going = () => new AbortController().signal;

async function listening(): Promise<{ port: number; end: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const end = () => new Promise<void>((resolve) => server.close(() => resolve()));
  onTestFinished(end);
  return { port: (server.address() as AddressInfo).port, end };
}

it('the stub of a kept fleet gets ports that no outgoing connection can have', async () => {
  const { https, mqtt } = await lastingPorts();
  const [from, to] = outgoingPorts();
  for (const port of [https, mqtt]) expect(port < from || port > to).toBe(true);
  expect(https).not.toBe(mqtt);
});

it('leaves the choice to the system where outgoing connections may have every port', async () => {
  expect(await lastingPorts([1024, 65_535])).toEqual({ https: 0, mqtt: 0 });
});

it('takes the usual range of outgoing connections where the system names none', () => {
  expect(outgoingPorts('')).toEqual([32_768, 60_999]);
  expect(outgoingPorts('20000\t30000\n')).toEqual([20_000, 30_000]);
});

it('waits for a port that is taken for a moment', async () => {
  const { port, end } = await listening();
  const clock = manualClock(0);
  let isFree = false;
  const waiting = untilFree({ https: 0, mqtt: port }, going(), clock).then(() => {
    isFree = true;
  });
  while (clock.pending === 0) await new Promise(setImmediate);
  expect(isFree).toBe(false);
  await end();
  await clock.advance(250);
  await waiting;
});

it('says which port another program has, and how to find it, when it is not given back', async () => {
  const { port } = await listening();
  const clock = manualClock(0);
  const refused = expect(untilFree({ https: port }, going(), clock)).rejects.toMatchObject({
    code: 'RUN_NOT_STARTED',
    message: expect.stringContaining(`port ${port}`),
    hint: expect.stringContaining(`sport = :${port}`),
  });
  for (let k = 0; k < 40; k++) {
    while (clock.pending === 0) await new Promise(setImmediate);
    await clock.advance(250);
  }
  await refused;
});
