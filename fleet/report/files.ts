import { closeSync, existsSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withFile } from '../../base/command-line.js';
import { makeFolder } from '../../base/folders.js';
import { fleetError } from '../errors.js';
import { renderJunit } from './junit.js';
import type { RunResult } from './result.js';

/** Where the reports of a run go. */
export interface ReportFiles {
  /** Throws REPORT_UNWRITTEN, when all were tried. A file that could not be written whole is not left. */
  write(result: RunResult, json: string): void;
}

/**
 * Where a run's reports go. Folders are made, and each file found to be one that can be written, before the run begins:
 * throws FILE_UNUSABLE otherwise.
 */
export function prepareFiles({
  out,
  junit,
}: {
  readonly out?: string | undefined;
  readonly junit?: string | undefined;
}): ReportFiles {
  const reports: Report[] = [
    ...(out === undefined ? [] : [json(join(out, 'report.json')), xml(join(out, 'junit.xml'))]),
    ...(junit === undefined ? [] : [xml(junit)]),
  ];
  for (const { file } of reports) {
    makeFolder(dirname(file), 0o777);
    withFile(file, tryToWrite);
  }
  return {
    write(result, asJson) {
      const failures = reports.flatMap(({ file, text }) => save(file, text(result, asJson)) ?? []);
      const [first] = failures;
      if (first === undefined) return;
      const names = failures.map(({ file }) => file).join(', ');
      throw fleetError('REPORT_UNWRITTEN', `${names} could not be written`, { cause: first.cause });
    },
  };
}

interface Report {
  readonly file: string;
  readonly text: (result: RunResult, json: string) => string;
}

const json = (file: string): Report => ({ file, text: (_, asJson) => asJson });
const xml = (file: string): Report => ({ file, text: renderJunit });

/** Without a change to what is there, and leaving nothing. */
function tryToWrite(path: string): void {
  const isThere = existsSync(path);
  closeSync(openSync(path, isThere ? 'r+' : 'wx', 0o666));
  if (!isThere) rmSync(path);
}

/** A report that is cut off would say something else: none is better. What is no plain file, such as a pipe, is left alone. */
function save(file: string, text: string): { file: string; cause: unknown } | undefined {
  try {
    writeFileSync(file, text);
    return undefined;
  } catch (cause) {
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) rmSync(file, { force: true });
    return { file, cause };
  }
}
