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
  log.warn('UNAUTHORIZED', { path: '/a' });
  expect(said()).toHaveLength(22); // 20 kinds and one for all others of the event; another event is another matter
  await clock.advance(10_000);
  expect(said()).toEqual(['NOT_FOUND 49979']); // at no address in particular
  for (let time = 0; time < 1000; time++) log.warn('NOT_FOUND', { path: `/${time}`, reason: 'nothing there' });
  expect(said()).toHaveLength(19); // the count that goes on is one of the kinds
  await clock.advance(10_000);
  expect(said()).toEqual(['NOT_FOUND nothing there 981']);
  await clock.advance(30_000);
  expect([said(), clock.pending]).toEqual([[], 0]);
});

function openInfo() {
  const lines: Record<string, unknown>[] = [];
  const clock = manualClock();
  const log = createLog({ destination: { write: (line) => void lines.push(JSON.parse(line)) }, repeats: { clock } });
  const said = () =>
    lines.splice(0).map(({ msg, device, id, repeated }) => [msg, device, id, repeated].join(' ').trim());
  return { clock, log, said };
}

it('says twenty of a kind of information by themselves, and counts the others', async () => {
  const { clock, log, said } = openInfo();
  for (let device = 0; device < 1000; device++)
    log.info('CHECKED_IN', { device: `D${device}`, platform: 'ios', waiting: device });
  expect(said()).toEqual(Array.from({ length: 20 }, (_, device) => `CHECKED_IN D${device}`));
  await clock.advance(10_000);
  expect(said()).toEqual(['CHECKED_IN   980']); // of nobody in particular
  for (let device = 0; device < 1000; device++)
    log.info('CHECKED_IN', { device: `D${device}`, platform: 'ios', waiting: 0 });
  expect(said()).toEqual([]); // a fleet that goes on is a number
  await clock.advance(10_000);
  expect(said()).toEqual(['CHECKED_IN   1000']);
  await clock.advance(20_000);
  log.info('CHECKED_IN', { device: 'D1', platform: 'ios' });
  expect([said(), clock.pending]).toEqual([['CHECKED_IN D1'], 1]);
});

it('says each device and each command, and once what is equal', async () => {
  const { clock, log, said } = openInfo();
  const command = (device: string, id: string, status: string) =>
    log.info('COMMAND', { device, id, status, command: 'lock' });
  command('A', '1', 'later');
  command('A', '1', 'later');
  command('A', '2', 'later');
  command('A', '1', 'done');
  command('B', '1', 'done');
  expect(said()).toEqual(['COMMAND A 1', 'COMMAND A 2', 'COMMAND A 1', 'COMMAND B 1']);
  log.settle();
  expect([said(), clock.pending]).toEqual([['COMMAND A 1 1'], 0]);
});
