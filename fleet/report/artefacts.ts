import { closeSync, existsSync, lstatSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { commandLineError, withFile } from '../../base/command-line.js';
import { isRollcallError } from '../../base/errors.js';
import { lockFolder } from '../../base/folder-lock.js';
import { makeFolder } from '../../base/folders.js';
import { visible } from '../../base/terminal.js';
import { writeWholeFile } from '../../base/whole-file.js';
import { fleetError } from '../errors.js';
import type { LogEvent } from '../log/events.js';
import { type LogWriter, logFileName, openLog } from '../log/writer.js';
import { failedCsvHead, failedCsvRow } from './failed-csv.js';
import { renderJunit } from './junit-report.js';
import type { Summary } from './summary.js';

/** Files of a run in its folder, beside the log. */
export const artefactNames = { summary: 'summary.json', junit: 'junit.xml', failed: 'failed.csv' } as const;

interface ArtefactOptions {
  /** The run's folder; absent: none is written there. */
  readonly out?: string | undefined;
  /** A file for JUnit XML apart from it. */
  readonly junit?: string | undefined;
  readonly clock: Clock;
  /** Told once when the log cannot be written any more: the run goes on. */
  readonly onProblem?: (problem: Error) => void;
  /** A log that is there already, which the reports are made from again: it is not replaced. */
  readonly isRebuilt?: boolean;
}

/** What is kept of a run, made from its events. */
interface Artefacts {
  hear(event: LogEvent): void;
  /** Throws REPORT_UNWRITTEN, when all were tried. A report that could not be written whole is not left; a log ends where it could. */
  finish(summary: Summary): Promise<void>;
}

/**
 * Where what is kept of a run goes. Before the run begins folders are made, each file is found to be one that can be written, and
 * those of an earlier run are removed: throws FILE_UNUSABLE, also where another run is writing into the folder.
 */
export function prepareArtefacts({ out, junit, isRebuilt = false, ...options }: ArtefactOptions): Artefacts {
  const failed = new Failed();
  const reports: Report[] = [
    ...(out === undefined ? [] : reportsIn(out, failed)),
    ...(junit === undefined ? [] : [{ file: junit, text: renderJunit }]),
  ];
  for (const folder of new Set([...(out === undefined ? [] : [out]), ...reports.map(({ file }) => dirname(file))]))
    makeFolder(folder, 0o777);
  const letGo = out === undefined ? () => undefined : lockedFor(out);
  const stale = [...reports.map(({ file }) => file), ...(out === undefined ? [] : [join(out, 'report.json')])];
  for (const file of stale) clear(file);
  for (const { file } of reports) withFile(file, tryToWrite);
  const log = out === undefined || isRebuilt ? undefined : openLog(join(out, logFileName), options);
  return {
    hear(event) {
      failed.hear(event);
      log?.write(event);
    },
    async finish(summary) {
      await log?.close();
      try {
        await writeAll(reports, summary, out === undefined || log === undefined ? [] : wrongWith(log, out));
      } finally {
        letGo();
      }
    },
  };
}

/** One run at a time writes into a folder. Where locks cannot be had nobody is kept out, and whether it can be written is seen later. */
function lockedFor(out: string): () => void {
  let isTaken = false;
  try {
    return lockFolder(out, (_, { details = {} } = {}) => {
      isTaken = true;
      const { owner } = details;
      const who = owner === undefined ? '' : ` (process ${String(owner)})`;
      return commandLineError('FILE_UNUSABLE', `--out ${out}: another run is writing there${who}`, {
        hint: 'Name another folder, or wait until that run has ended.',
      });
    });
  } catch (error) {
    if (isTaken || !isRollcallError(error, 'FILE_UNUSABLE')) throw error;
    return () => undefined;
  }
}

interface Report {
  readonly file: string;
  readonly text: (summary: Summary) => string;
}
interface Failure {
  readonly file: string;
  readonly cause: unknown;
}

const reportsIn = (out: string, failed: Failed): Report[] => [
  { file: join(out, artefactNames.summary), text: summaryText },
  { file: join(out, artefactNames.junit), text: renderJunit },
  { file: join(out, artefactNames.failed), text: () => failed.text() },
];

/** The result as JSON text; control characters of others stand in it as escapes. */
export const summaryText = (summary: Summary): string => `${visible(JSON.stringify(summary, null, 2))}\n`;

const wrongWith = ({ problem }: LogWriter, out: string): Failure[] =>
  problem === undefined ? [] : [{ file: join(out, logFileName), cause: problem }];

async function writeAll(reports: readonly Report[], summary: Summary, before: readonly Failure[]): Promise<void> {
  const failures = [...before];
  for (const { file, text } of reports) {
    try {
      if (isPlain(file)) await writeWholeFile(file, text(summary), { mode: 0o644, draft: draftOf(file) });
      else writeFileSync(file, text(summary));
    } catch (cause) {
      failures.push({ file, cause });
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  const names = failures.map(({ file }) => file).join(', ');
  throw fleetError('REPORT_UNWRITTEN', `${names} could not be written`, { cause: first.cause });
}

const draftOf = (file: string): string => `${file}.part`;

/** To be a file of its own; not a pipe, a device, a link to somewhere. */
const isPlain = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? true;

/** What an earlier run left there. */
function clear(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === true && isPlain(file))
    withFile(file, () => rmSync(file, { force: true }));
  rmSync(draftOf(file), { force: true });
}

/** Without a change to what is there, and leaving nothing. */
function tryToWrite(path: string): void {
  const isThere = existsSync(path);
  closeSync(openSync(path, isThere ? 'r+' : 'wx', 0o666));
  if (!isThere) rmSync(path);
}

/** Lines of `failed.csv`, as the failures come. */
class Failed {
  readonly #rows: string[] = [];
  #seed = '';

  hear(event: LogEvent): void {
    if (event.type === 'run') this.#seed = event.plan.seed;
    if (event.type === 'failure') this.#rows.push(failedCsvRow(event.failure, this.#seed));
  }

  text(): string {
    return failedCsvHead + this.#rows.join('');
  }
}
