import { realClock } from '../../base/clock.js';
import { type ExitCode, exitCodes } from '../../base/exit-codes.js';
import { hasColours, print, printLines, type Screen } from '../../base/terminal.js';
import { fleetError } from '../errors.js';
import type { LogEvent } from '../log/events.js';
import { readLog } from '../log/reader.js';
import { prepareArtefacts, summaryText } from './artefacts.js';
import { endTable } from './end-table.js';
import { Summarizer } from './summarize.js';

interface ReportCommandOptions {
  /** `run.ndjson.gz`, or the folder of a run. */
  readonly log: string;
  readonly out?: string | undefined;
  readonly junit?: string | undefined;
  readonly json: boolean;
}

/** Columns of a table where nobody says how wide the place is. */
const defaultWidth = 80;
export const widthOf = (output: { readonly columns?: number }): number => output.columns ?? defaultWidth;

/**
 * What `rollcall fleet report` does: everything that a run shows and keeps is made from its log again. The exit code is 0, whatever
 * became of the run. Throws LOG_INVALID, FILE_UNUSABLE, REPORT_UNWRITTEN.
 */
export async function showReport(
  { log, out, junit, json }: ReportCommandOptions,
  output: Screen & { readonly columns?: number } = process.stdout,
): Promise<ExitCode> {
  const summarizer = new Summarizer();
  const kept: LogEvent[] = [];
  for await (const event of readLog(log)) {
    summarizer.add(event);
    if (event.type === 'run' || event.type === 'failure') kept.push(event);
  }
  const summary = summarizer.summary();
  if (summary === undefined) throw fleetError('LOG_INVALID', `${log} holds no run`);
  const artefacts = prepareArtefacts({ out, junit, clock: realClock, isRebuilt: true });
  for (const event of kept) artefacts.hear(event);
  if (json) print(output, summaryText(summary));
  else printLines(output, endTable(summary, widthOf(output)), hasColours(output));
  await artefacts.finish(summary);
  return exitCodes.passed;
}
