// npm run torture: crashes, full disks, damage and losses of power at random, for as long as is asked for.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemRandom } from '../../agent/index.js';
import { onAbort } from '../../base/abort.js';
import { exitCodes } from '../../base/exit-codes.js';
import { partNames, parts } from './parts.js';
import { Programs } from './programs.js';
import { newTally, type Tally } from './tally.js';

const help = `npm run torture -- [options]

Kills the built stub authority and the built device at random moments, fills their disks, damages their files, takes their
power away and has two of them want one folder; and looks each time whether everything they acknowledged is there, once.

Options:
  --minutes N    how long, shared by the parts (default 10)
  --rounds N     so many rounds of each part, in place of minutes
  --seed TEXT    makes the same choices again; moments of a crash still vary (default: a new one, which is told)
  --only PARTS   some of the parts, with commas between: ${partNames.join(', ')}
  --json         the summary as JSON on standard output
  --cli FILE     another built program to try (default dist/cli.js)
  --help

Exit codes: 0 nothing was lost; 1 something was lost, doubled, or did not open; 2 wrong options; 130 stopped by Ctrl-C.

Examples:
  npm run torture                                     ten minutes of everything
  npm run torture -- --minutes 1                      what CI does
  npm run torture -- --only stub,device --rounds 100  a hundred crashes of each
  npm run torture -- --only stub --seed 5XQ2          the choices of a run that found something
`;

const note = (text: string) => process.stderr.write(`${text}\n`);

function stop(text: string): never {
  note(`${text}\nnpm run torture -- --help tells the options.`);
  process.exit(exitCodes.usage);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string' },
        rounds: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        cli: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    return stop(error instanceof Error ? error.message : String(error));
  }
}

function readNumber(name: string, text: string, isWhole: boolean): number {
  const number = Number(text);
  if (!(number > 0) || !Number.isFinite(number) || (isWhole && !Number.isInteger(number)))
    stop(`--${name} "${text}" is no ${isWhole ? 'whole ' : ''}number above 0`);
  return number;
}

const options = readOptions();
if (options.help) {
  process.stdout.write(help);
  process.exit(exitCodes.passed);
}
const rounds = options.rounds === undefined ? undefined : readNumber('rounds', options.rounds, true);
if (rounds !== undefined && options.minutes !== undefined) stop('--minutes and --rounds are two ways to say how long');
const minutes = readNumber('minutes', options.minutes ?? '10', false);
const wanted = options.only?.split(',') ?? partNames;
const unknown = wanted.filter((name) => !partNames.includes(name));
if (unknown.length > 0) stop(`--only: there is no part ${unknown.join(', ')}; there are ${partNames.join(', ')}`);
const cli = options.cli ?? fileURLToPath(new URL('../../cli.js', import.meta.url));
if (!existsSync(cli)) stop(`--cli: there is no ${cli}`);
const seed = options.seed ?? systemRandom.bytes(3).toString('hex');

const programs = new Programs(cli);
const stopped = new AbortController();
const beStopped = () => {
  if (stopped.signal.aborted) process.exit(exitCodes.interrupted);
  note('stopping: what runs is ended and what was made is removed (Ctrl-C again leaves it) ...');
  stopped.abort();
};
process.on('SIGINT', beStopped).on('SIGTERM', beStopped);

const findings: string[] = [];
const tallies: Record<string, Tally & { missing?: string }> = {};
const began = performance.now();
note(
  `torture: seed ${seed}, ${rounds === undefined ? `${minutes} min` : `${rounds} rounds of each`}: ${wanted.join(', ')}`,
);

/** Enough for a round or two of each part. */
const leastMs = 4000;

/** What a part leaves of its time goes to those behind it. */
for (const [k, name] of wanted.entries()) {
  const part = parts[name];
  if (part === undefined || stopped.signal.aborted) continue;
  const tally: Tally & { missing?: string } = newTally();
  tallies[name] = tally;
  const missing = part.missing();
  if (missing !== undefined) {
    tally.missing = missing;
    note(`${name}: left out, for want of ${missing}`);
    continue;
  }
  const weight = (names: readonly string[]) => names.reduce((sum, each) => sum + (parts[each]?.weight ?? 0), 0);
  const leftMs = minutes * 60_000 - (performance.now() - began);
  const shareMs = Math.max(leastMs, Math.round((leftMs * part.weight) / weight(wanted.slice(k))));
  const share = new AbortController();
  const end = () => share.abort();
  const timer = rounds === undefined ? setTimeout(end, shareMs) : undefined;
  const forget = onAbort(stopped.signal, end);
  let toldAt = 0;
  try {
    await part.run({
      programs,
      seed,
      signal: share.signal,
      ...(rounds === undefined ? {} : { rounds }),
      findings: {
        tally,
        found(text) {
          findings.push(`${name}: ${text}`);
          note(`FOUND ${name}: ${text}`);
        },
        note(text) {
          if (performance.now() - toldAt < 2000) return;
          toldAt = performance.now();
          note(`  ${Math.round((performance.now() - began) / 1000)} s, ${text}`);
        },
      },
    });
  } catch (error) {
    if (!stopped.signal.aborted) {
      tally.unusable++;
      findings.push(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  clearTimeout(timer);
  forget();
  note(`${name}: ${inWords(tally)}`);
}
await programs.close();

function inWords({
  rounds: count,
  acknowledged,
  lost,
  doubled,
  unusable,
  missing,
}: Tally & { missing?: string }): string {
  if (missing !== undefined) return `left out, for want of ${missing}`;
  return `${count} rounds, ${acknowledged} acknowledged, ${lost} lost, ${doubled} doubled, ${unusable} not to be used`;
}

const isSound =
  findings.length === 0 && Object.values(tallies).every((each) => each.lost + each.doubled + each.unusable === 0);
const seconds = Math.round((performance.now() - began) / 1000);
if (options.json) {
  const summary = { seed, seconds, isSound, isStopped: stopped.signal.aborted, parts: tallies, findings };
  process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
} else {
  const lines = Object.entries(tallies).map(([name, tally]) => `  ${name.padEnd(8)} ${inWords(tally)}`);
  const verdict = isSound ? 'nothing was lost' : `${findings.length} findings; again with: --seed ${seed}`;
  const how = stopped.signal.aborted ? 'stopped after' : 'in';
  process.stdout.write(`torture ${how} ${seconds} s: ${verdict}\n${lines.join('\n')}\n`);
  for (const each of findings) process.stdout.write(`  FOUND ${each}\n`);
}
process.exitCode = stopped.signal.aborted ? exitCodes.interrupted : isSound ? exitCodes.passed : exitCodes.bug;
