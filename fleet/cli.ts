import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { createLog, realClock } from '../agent/index.js';
import { type CommandRunner, type ExitCode, exitCodes } from '../protocol/exit-codes.js';
import { startEmbedded, type Target } from './engine/embedded.js';
import { runPlan } from './engine/run.js';
import { renderJunit } from './report/junit.js';
import { createProgress } from './report/progress.js';
import type { RunResult } from './report/result.js';
import { renderTable } from './report/table.js';
import { showDuration } from './scenario/duration.js';
import { type FleetPlan, readDeviceCounts, readFleetPlan } from './scenario/plan.js';
import { smokePlan } from './smoke.js';

interface TargetOptions {
  readonly server?: string | undefined;
  readonly push?: string | undefined;
  readonly token?: string | undefined;
  readonly ca?: string | undefined;
  readonly users: number;
}
interface ReportOptions {
  readonly out?: string | undefined;
  readonly junit?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}
interface RunCommandOptions extends TargetOptions, ReportOptions {
  readonly scenario: string;
  readonly devices?: string | undefined;
  readonly seed?: string | undefined;
  readonly keys?: string | undefined;
  readonly 'keys-folder': string;
}
interface SmokeOptions extends TargetOptions, ReportOptions {
  readonly 'keys-folder': string;
}

const targetOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('server', {
      type: 'string',
      describe: 'an authority that is running; without it an embedded stub is started',
    })
    .option('push', { type: 'string', describe: 'its WebSocket for notifications; default: wss://SERVER/push' })
    .option('token', { type: 'string', describe: 'its administrator token; also read from ROLLCALL_TOKEN' })
    .option('ca', { type: 'string', describe: 'PEM file of the CA to trust' })
    .option('users', {
      type: 'number',
      default: 10,
      describe: 'with --server: devices enroll as user1 to userN@contoso.example',
    })
    .option('keys-folder', {
      type: 'string',
      default: '.rollcall/keys',
      describe: 'where the key pool is kept between runs',
    })
    .option('out', { type: 'string', describe: 'folder for report.json and junit.xml' })
    .option('junit', { type: 'string', describe: 'file for the result as JUnit XML' })
    .option('json', {
      type: 'boolean',
      default: false,
      describe: 'the result as JSON on standard output, instead of the table',
    })
    .option('quiet', { type: 'boolean', default: false, describe: 'no progress' });

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
            targetOptions(each)
              .positional('scenario', { type: 'string', demandOption: true, describe: 'scenario file (YAML)' })
              .option('devices', { type: 'string', describe: 'totals of the whole run, such as ios:300' })
              .option('seed', { type: 'string', describe: 'the same seed gives the same devices' })
              .option('keys', {
                type: 'string',
                describe: '"fresh" for a key per device, or the size of the shared pool',
              })
              .example('$0 fleet run scenarios/switch.yaml', 'the main job against the embedded stub')
              .example(
                '$0 fleet run scenarios/switch.yaml --devices ios:1000 --out out/run',
                'more devices, report kept',
              )
              .example(
                '$0 fleet run s.yaml --server https://localhost:8443 --ca ca.pem --token T',
                'a running authority',
              ) as Argv<RunCommandOptions>,
          handler: (options: RunCommandOptions) =>
            run((signal) => runAndReport(planOf(options), options, options['keys-folder'], self, signal)),
        })
        .command({
          command: 'plan <scenario>',
          describe: 'check a scenario and show what it would do',
          builder: (each: Argv) =>
            each
              .positional('scenario', { type: 'string', demandOption: true })
              .option('devices', { type: 'string', describe: 'totals of the whole run, such as ios:300' })
              .option('json', { type: 'boolean', default: false })
              .example('$0 fleet plan scenarios/switch.yaml', 'nothing is sent') as Argv<
              Pick<RunCommandOptions, 'scenario' | 'devices' | 'json'>
            >,
          handler: (options: Pick<RunCommandOptions, 'scenario' | 'devices' | 'json'>) =>
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
      targetOptions(yargs)
        .example('$0 smoke', 'against the embedded stub')
        .example('$0 smoke --junit out/smoke.xml --json', 'for a CI job') as Argv<SmokeOptions>,
    handler: (options) => run((signal) => runAndReport(smokePlan(), options, options['keys-folder'], self, signal)),
  };
}

function planOf(options: {
  scenario: string;
  devices?: string | undefined;
  seed?: string | undefined;
  keys?: string | undefined;
}): FleetPlan {
  const plan = readFleetPlan(readFileSync(options.scenario, 'utf8'));
  const keys =
    options.keys === undefined
      ? plan.keys
      : options.keys === 'fresh'
        ? 'fresh'
        : { pool: Math.max(1, Number.parseInt(options.keys, 10) || 1) };
  return Object.freeze({
    ...plan,
    keys,
    seed: options.seed ?? plan.seed,
    devices: options.devices === undefined ? plan.devices : readDeviceCounts(options.devices),
  });
}

async function runAndReport(
  plan: FleetPlan,
  options: TargetOptions & ReportOptions,
  keysFolder: string,
  self: readonly string[],
  signal: AbortSignal,
): Promise<ExitCode> {
  const progress = createProgress(process.stderr, realClock, options.quiet);
  const total = Object.values(plan.devices).reduce((sum, count) => sum + (count ?? 0), 0);
  progress.note(`${plan.name}: ${total} devices (${showDevices(plan)}), ${plan.steps.length} steps`);
  const target = await targetOf(options, plan, total, self, signal);
  try {
    const result = await runPlan({
      plan,
      target,
      signal,
      keysFolder,
      log: createLog({ level: process.env['ROLLCALL_LOG'] ?? 'error' }),
      onProgress: progress.update,
      onNote: progress.note,
    });
    progress.settle();
    write(result, options);
    return exitCodeOf(result);
  } finally {
    await target.close();
  }
}

async function targetOf(
  options: TargetOptions,
  plan: FleetPlan,
  total: number,
  self: readonly string[],
  signal: AbortSignal,
): Promise<Target> {
  if (options.server === undefined) return startEmbedded(self, plan.authority, total, signal);
  const url = new URL(options.server);
  const adminToken = options.token ?? process.env['ROLLCALL_TOKEN'];
  return {
    url: url.origin,
    pushUrl: options.push ?? `${url.protocol === 'http:' ? 'ws' : 'wss'}://${url.host}/push`,
    ...(adminToken === undefined ? {} : { adminToken }),
    ...(options.ca === undefined ? {} : { ca: readFileSync(options.ca, 'utf8') }),
    userOf: (index) => `user${(index % options.users) + 1}@contoso.example`,
    close: async () => undefined,
  };
}

function write(result: RunResult, options: ReportOptions): void {
  const json = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(options.json ? json : `\n${renderTable(result)}`);
  if (options.out !== undefined) {
    mkdirSync(options.out, { recursive: true });
    writeFileSync(join(options.out, 'report.json'), json);
    writeFileSync(join(options.out, 'junit.xml'), renderJunit(result));
  }
  if (options.junit !== undefined) {
    mkdirSync(join(options.junit, '..'), { recursive: true });
    writeFileSync(options.junit, renderJunit(result));
  }
}

function exitCodeOf(result: RunResult): ExitCode {
  const codes = {
    passed: exitCodes.passed,
    failed: exitCodes.thresholds,
    incomplete: exitCodes.incomplete,
    interrupted: exitCodes.interrupted,
  };
  return codes[result.outcome];
}

const showDevices = (plan: FleetPlan) =>
  Object.entries(plan.devices)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');

function describePlan(plan: FleetPlan): string {
  const lines = [`${plan.name}: ${showDevices(plan)}, seed "${plan.seed}", starts under ${plan.authority}`];
  for (const step of plan.steps) {
    const detail =
      step.kind === 'switch'
        ? ` to ${step.to}, within ${showDuration(step.withinMs)}`
        : step.kind === 'check-in' && step.expect.length > 0
          ? `, then holds ${step.expect.join(', ')}`
          : step.kind === 'use'
            ? ` ${step.kinds.join(', ')}`
            : '';
    const spread =
      step.kind === 'switch' ? '' : step.overMs === 0 ? ', all at once' : `, spread over ${showDuration(step.overMs)}`;
    lines.push(`  ${step.name}: ${step.kind}${detail}${spread}`);
  }
  for (const threshold of plan.thresholds) lines.push(`  must hold: ${threshold.text}`);
  return `${lines.join('\n')}\n`;
}
