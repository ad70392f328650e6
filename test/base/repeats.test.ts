import { expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { createLog } from '../../base/log.js';

function open() {
  const lines: Record<string, unknown>[] = [];
  const clock = manualClock();
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const log = createLog({ destination, repeats: { clock } });
  /** What was written since the last time. */
  const said = () =>
    lines
      .splice(0)
      .map(({ msg, path, reason, repeated }) =>
        [msg, path, reason, repeated].filter((each) => each !== undefined).join(' '),
      );
  return { clock, log, said };
}

it('says the first of equal lines at once, and then how many there were', async () => {
  const { clock, log, said } = open();
  const refuse = (path: string, remote: string) => log.warn('UNAUTHORIZED', { path, reason: 'no token', remote });
  for (let time = 0; time < 1000; time++) refuse('/a', `10.0.0.${time % 250}`);
  refuse('/b', '10.0.0.1');
  expect(said()).toEqual(['UNAUTHORIZED /a no token', 'UNAUTHORIZED /b no token']);
  await clock.advance(9_999);
  expect(said()).toEqual([]);
  await clock.advance(1);
  expect(said()).toEqual(['UNAUTHORIZED /a no token 999']);
  refuse('/a', 'x');
  refuse('/b', 'x'); // was not repeated meanwhile: new
  expect(said()).toEqual(['UNAUTHORIZED /b no token']);
  await clock.advance(10_000);
  expect(said()).toEqual(['UNAUTHORIZED /a no token 1']);
  await clock.advance(30_000);
  expect([said(), clock.pending]).toEqual([[], 0]);
});

it('tells what is left when it is settled, and waits for nothing more', () => {
  const { clock, log, said } = open();
  for (let time = 0; time < 3; time++) log.child({ device: time }).warn('TRANSPORT_LOST', { error: new Error('gone') });
  log.warn('TRANSPORT_LOST', { error: new Error('other') });
  expect(said()).toHaveLength(2);
  log.settle();
  expect([said(), clock.pending]).toEqual([['TRANSPORT_LOST 2'], 0]);
});

it('counts no other level, and keeps no more kinds than it may, however many a stranger invents', async () => {
  const { clock, log, said } = open();
  for (let time = 0; time < 3; time++) log.error('BUG', { path: '/a' });
  expect(said()).toHaveLength(3);
  for (let time = 0; time < 50_000; time++) log.warn('NOT_FOUND', { path: `/${time}` });
  expect(said()).toHaveLength(201); // 200 kinds, and one for all others of the event
  await clock.advance(10_000);
  expect(said()).toEqual(['NOT_FOUND /49999 49799']);
});
