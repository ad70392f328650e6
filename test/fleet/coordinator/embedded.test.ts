import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { manualClock } from '../../../base/clock.js';
import { startEmbedded } from '../../../fleet/coordinator/embedded.js';
import type { Authority } from '../../../protocol/vocabulary.js';
import { temporaryFolder } from '../../support/programs.js';

const going = () => new AbortController().signal;
const planOf = (authority: Authority, count: number) => ({
  authority,
  users: { devicesEach: 10 },
  groups: [{ name: 'ios', platform: 'ios', count } as const],
});

/** A program that does this in place of `rollcall server`. */
function program(text: string): string[] {
  const path = join(temporaryFolder(), 'authority.mjs');
  writeFileSync(path, text);
  return [process.execPath, path];
}

const announced = {
  url: 'https://127.0.0.1:1',
  pushUrl: 'wss://127.0.0.1:1/push',
  ca: 'PEM',
  tokens: { administrator: 't' },
};
const announces = `console.log(${JSON.stringify(JSON.stringify(announced))});`;

it.each([
  ['is not there', () => ['/no/such/program'], /could not be started: .*ENOENT/],
  [
    'ends before it has said anything',
    () => program('console.error("no room"); process.exit(3);'),
    /ended with exit code 3:\n {2}no room/,
  ],
])('an authority that %s keeps the run from starting, and says why', async (_, command, why) => {
  const started = startEmbedded({ self: command(), plan: planOf('intune', 1), signal: going() });
  await expect(started).rejects.toMatchObject({
    code: 'RUN_NOT_STARTED',
    cause: { code: 'AUTHORITY_LOST', message: expect.stringMatching(why) },
  });
});

it('an authority that announces something else is ended', async () => {
  const command = program('console.log("hello"); process.stdin.resume().on("end", () => process.exit(0));');
  await expect(startEmbedded({ self: command, plan: planOf('intune', 1), signal: going() })).rejects.toMatchObject({
    code: 'RUN_NOT_STARTED',
    cause: { message: 'it did not say where it listens' },
  });
});

it('has a user for each ten devices, and ends with its standard input', async () => {
  const told = join(temporaryFolder(), 'arguments.json');
  const command = program(
    `import { writeFileSync } from 'node:fs';
     writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.argv.slice(2)));
     ${announces} process.stdin.resume().on('end', () => process.exit(0));`,
  );
  const target = await startEmbedded({ self: command, plan: planOf('office365', 21), signal: going() });
  expect(target).toMatchObject({ url: announced.url, pushUrl: announced.pushUrl, ca: 'PEM', adminToken: 't' });
  await target.close();
  expect(target.lost?.aborted).toBe(false);
  const given: unknown = JSON.parse(readFileSync(told, 'utf8'));
  expect(given).toEqual(expect.arrayContaining(['server', '--authority', 'office365', '--users', '3', '--json']));
});

it('tells when it has ended before it was told to', async () => {
  const target = await startEmbedded({
    self: program(`${announces} setImmediate(() => process.exit(7));`),
    plan: planOf('intune', 1),
    signal: going(),
  });
  const { lost } = target;
  if (lost === undefined) throw new Error('there is no such signal');
  if (!lost.aborted) await new Promise((resolve) => lost.addEventListener('abort', resolve, { once: true }));
  expect(lost.reason).toMatchObject({ code: 'AUTHORITY_LOST', message: expect.stringContaining('exit code 7') });
  await target.close();
});

it('an authority that never says where it listens is ended, and the run does not start', async () => {
  const clock = manualClock();
  const command = program('process.stdin.resume().on("end", () => process.exit(0));');
  const started = expect(
    startEmbedded({ self: command, plan: planOf('intune', 1), signal: going(), clock }),
  ).rejects.toMatchObject({
    code: 'RUN_NOT_STARTED',
    cause: { message: 'it did not say where it listens' },
  });
  await clock.advance(120_000);
  await started;
});
