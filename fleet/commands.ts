import { readLeniencies } from '../agent/index.js';
import { realClock } from '../base/clock.js';
import { explainFailure } from '../base/command-line.js';
import { isRollcallError } from '../base/errors.js';
import { type ExitCode, exitCodes } from '../base/exit-codes.js';
import { createLog } from '../base/log.js';
import { readLogLevel } from '../base/log-level.js';
import { print } from '../base/terminal.js';
import { runPlan } from './engine/run.js';
import type { PlanOptions, ReportOptions, RunCommandOptions, SmokeOptions, TargetOptions } from './options.js';
import { prepareFiles } from './report/files.js';
import { describePlan, showDevices } from './report/plan.js';
import { createProgress } from './report/progress.js';
import type { RunResult } from './report/result.js';
import { renderTable } from './report/table.js';
import type { FleetPlan } from './scenario/plan.js';
import { type SmokePlace, smokePlan } from './smoke.js';
import { keysFolderOf, planOf, readPlatforms, targetOf } from './typed.js';

/** What `rollcall fleet run` does. */
export const runScenario = (
  options: RunCommandOptions,
  self: readonly string[],
  signal: AbortSignal,
): Promise<ExitCode> => runAndReport(planOf(options), options, self, signal);

/** What `rollcall smoke` does. */
export const smoke = (options: SmokeOptions, self: readonly string[], signal: AbortSignal): Promise<ExitCode> =>
  runAndReport(smokePlan(readPlatforms(options.platform), placeOf(options)), options, self, signal);

const placeOf = ({ server, 'android-enroll': other }: SmokeOptions): SmokePlace =>
  server === undefined ? 'embedded' : other === undefined ? 'stub' : 'other';

/** What `rollcall fleet plan` does. */
export function showPlan(options: PlanOptions): ExitCode {
  const plan = planOf(options);
  print(process.stdout, options.json ? `${JSON.stringify(plan, null, 2)}\n` : describePlan(plan));
  return exitCodes.passed;
}

async function runAndReport(
  plan: FleetPlan,
  options: TargetOptions & ReportOptions,
  self: readonly string[],
  signal: AbortSignal,
): Promise<ExitCode> {
  const lenient = readLeniencies(options.lenient);
  const files = prepareFiles(options);
  const progress = createProgress({ output: process.stderr, clock: realClock, isQuiet: options.quiet, ...styleOf() });
  const target = await targetOf(options, plan, self, signal);
  const log = createLog({ level: readLogLevel({ fallback: 'error' }), repeats: { clock: realClock } });
  try {
    const keysFolder = keysFolderOf(options, progress.note); // a mistake in the options leaves no folder
    progress.note(`${plan.name}: ${showDevices(plan)} at ${target.url}, ${plan.steps.length} steps`);
    const result = await runPlan({
      plan,
      target,
      signal,
      ...(keysFolder === undefined ? {} : { keysFolder }),
      log,
      lenient,
      onProgress: progress.update,
      onNote: progress.note,
    });
    progress.settle();
    const json = `${JSON.stringify(result, null, 2)}\n`;
    print(process.stdout, options.json ? json : `\n${renderTable(result)}`);
    const code = exitCodeOf[result.outcome];
    try {
      files.write(result, json);
    } catch (error) {
      if (code === exitCodes.passed || !isRollcallError(error)) throw error;
      print(process.stderr, `rollcall: ${explainFailure(error)}\n`); // the verdict is worse, and its code stays
    }
    return code;
  } finally {
    progress.settle();
    await target.close();
    log.settle();
  }
}

/** Redrawing needs a terminal that can; CI wants few lines. */
function styleOf() {
  const { env, stderr } = process;
  const isCi = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
  const canRedraw = stderr.isTTY === true && env['TERM'] !== 'dumb' && !env['NO_COLOR'] && !isCi;
  return canRedraw ? ({ style: 'live' } as const) : ({ style: 'plain', plainEveryMs: isCi ? 10_000 : 3_000 } as const);
}

const exitCodeOf: Readonly<Record<RunResult['outcome'], ExitCode>> = {
  passed: exitCodes.passed,
  failed: exitCodes.thresholds,
  incomplete: exitCodes.incomplete,
  interrupted: exitCodes.interrupted,
};
