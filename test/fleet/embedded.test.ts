import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { manualClock } from '../../base/clock.js';
import { startEmbedded } from '../../fleet/engine/embedded.js';
import { temporaryFolder } from '../support/programs.js';

const going = () => new AbortController().signal;

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
  const started = startEmbedded(command(), 'intune', 1, going());
  await expect(started).rejects.toMatchObject({
    code: 'RUN_NOT_STARTED',
    cause: { code: 'AUTHORITY_LOST', message: expect.stringMatching(why) },
  });
});

it('an authority that announces something else is ended', async () => {
  const command = program('console.log("hello"); process.stdin.resume().on("end", () => process.exit(0));');
  await expect(startEmbedded(command, 'intune', 1, going())).rejects.toMatchObject({
    code: 'RUN_NOT_STARTED',
    cause: { message: 'it did not say where it listens' },
  });
});

it('gives its devices users of ten devices each, and ends with its standard input', async () => {
  const told = join(temporaryFolder(), 'arguments.json');
  const command = program(
    `import { writeFileSync } from 'node:fs';
     writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.argv.slice(2)));
     ${announces} process.stdin.resume().on('end', () => process.exit(0));`,
  );
  const target = await startEmbedded(command, 'office365', 21, going());
  expect(target).toMatchObject({ url: announced.url, pushUrl: announced.pushUrl, ca: 'PEM', adminToken: 't' });
  expect([0, 1, 2, 3, 20].map(target.userOf)).toEqual([1, 2, 3, 1, 3].map((number) => `user${number}@contoso.example`));
  await target.close();
  expect(target.lost?.aborted).toBe(false);
  const given: unknown = JSON.parse(readFileSync(told, 'utf8'));
  expect(given).toEqual(expect.arrayContaining(['server', '--authority', 'office365', '--users', '3', '--json']));
});

it('tells when it has ended before it was told to', async () => {
  const target = await startEmbedded(
    program(`${announces} setImmediate(() => process.exit(7));`),
    'intune',
    1,
    going(),
  );
  const { lost } = target;
  if (lost === undefined) throw new Error('there is no such signal');
  if (!lost.aborted) await new Promise((resolve) => lost.addEventListener('abort', resolve, { once: true }));
  expect(lost.reason).toMatchObject({ code: 'AUTHORITY_LOST', message: expect.stringContaining('exit code 7') });
  await target.close();
});

it('an authority that never says where it listens is ended, and the run does not start', async () => {
  const clock = manualClock();
  const command = program('process.stdin.resume().on("end", () => process.exit(0));');
  const started = expect(startEmbedded(command, 'intune', 1, going(), clock)).rejects.toMatchObject({
    code: 'RUN_NOT_STARTED',
    cause: { message: 'it did not say where it listens' },
  });
  await clock.advance(120_000);
  await started;
});
