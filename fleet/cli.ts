import type { Argv, CommandModule } from 'yargs';
import { createLog, realClock } from '../agent/index.js';
import { type CommandRunner, type ExitCode, exitCodes } from '../protocol/exit-codes.js';
import { platformNames } from '../protocol/vocabulary.js';
import { runPlan } from './engine/run.js';
import {
  keysFolderOf,
  planOf,
  type ReportOptions,
  readPlatforms,
  reportOptions,
  type ScenarioOptions,
  scenarioOptions,
  type TargetOptions,
  targetOf,
  targetOptions,
} from './options.js';
import { prepareFiles } from './report/files.js';
import { describePlan, showDevices } from './report/plan.js';
import { createProgress } from './report/progress.js';
import type { RunResult } from './report/result.js';
import { renderTable } from './report/table.js';
import type { FleetPlan } from './scenario/plan.js';
import { smokePlan } from './smoke.js';

type RunOptions = ScenarioOptions & TargetOptions & ReportOptions;
type PlanOptions = ScenarioOptions & { readonly json: boolean };
type SmokeOptions = TargetOptions & ReportOptions & { readonly platform?: readonly string[] | undefined };

/** `rollcall fleet run|plan`. `self` is the command that starts this program: the embedded stub is started with it. */
export function fleetCommand(run: CommandRunner, self: readonly string[]): CommandModule {
  return {
    command: 'fleet',
    describe: 'run a crowd of devices',
    builder: (yargs) =>
      yargs
        .command({
          command: 'run <scenario>',
          describe: 'run a scenario and judge it by its thresholds',
          builder: (each: Argv) =>
            reportOptions(targetOptions(scenarioOptions(each)))
              .example('$0 fleet run scenarios/switch.yaml', 'the main job against the embedded stub')
              .example(
                '$0 fleet run scenarios/switch.yaml --devices ios:1000 --out out/run',
                'more devices, report kept',
              )
              .example(
                '$0 fleet run s.yaml --server https://localhost:8443 --ca ca.pem --token T',
                'a running authority',
              ),
          handler: (options: RunOptions) => run((signal) => runAndReport(planOf(options), options, self, signal)),
        })
        .command({
          command: 'plan <scenario>',
          describe: 'check a scenario and show what it would do',
          builder: (each: Argv) =>
            scenarioOptions(each)
              .option('json', { type: 'boolean', default: false, describe: 'the plan as JSON' })
              .example('$0 fleet plan scenarios/switch.yaml --devices ios:5000', 'nothing is sent'),
          handler: (options: PlanOptions) =>
            run(async () => {
              const plan = planOf(options);
              process.stdout.write(options.json ? `${JSON.stringify(plan, null, 2)}\n` : describePlan(plan));
              return exitCodes.passed;
            }),
        })
        .demandCommand(1, 'Say which: run or plan.'),
    handler: () => undefined,
  };
}

/** `rollcall smoke`: the main job, small, for continuous integration. */
export function smokeCommand(run: CommandRunner, self: readonly string[]): CommandModule<object, SmokeOptions> {
  return {
    command: 'smoke',
    describe: 'a quick end-to-end check, for CI',
    builder: (yargs) =>
      reportOptions(targetOptions(yargs))
        .option('platform', {
          type: 'string',
          array: true,
          choices: platformNames,
          describe: 'once for each platform; default: all that can be emulated',
        })
        .example('$0 smoke', 'against the embedded stub')
        .example('$0 smoke --platform ios --junit out/smoke.xml --json', 'for a CI job'),
    handler: (options) =>
      run((signal) => runAndReport(smokePlan(readPlatforms(options.platform)), options, self, signal)),
  };
}

async function runAndReport(
  plan: FleetPlan,
  options: TargetOptions & ReportOptions,
  self: readonly string[],
  signal: AbortSignal,
): Promise<ExitCode> {
  const files = prepareFiles(options);
  const progress = createProgress({ output: process.stderr, clock: realClock, isQuiet: options.quiet, ...styleOf() });
  const keysFolder = keysFolderOf(options, progress.note);
  const target = await targetOf(options, plan, self, signal);
  progress.note(`${plan.name}: ${showDevices(plan)} at ${target.url}, ${plan.steps.length} steps`);
  try {
    const result = await runPlan({
      plan,
      target,
      signal,
      ...(keysFolder === undefined ? {} : { keysFolder }),
      log: createLog({ level: process.env['ROLLCALL_LOG'] ?? 'error' }),
      onProgress: progress.update,
      onNote: progress.note,
    });
    progress.settle();
    const json = `${JSON.stringify(result, null, 2)}\n`;
    process.stdout.write(options.json ? json : `\n${renderTable(result)}`);
    files.write(result, json);
    return exitCodeOf[result.outcome];
  } finally {
    progress.settle();
    await target.close();
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
