import type { Argv, CommandModule } from 'yargs';
import type { CommandRunner } from '../base/exit-codes.js';
import { platformNames } from '../protocol/vocabulary.js';
import type { Program } from './commands.js';
import {
  engineOptions,
  type PlanOptions,
  processesOption,
  type RunCommandOptions,
  reportOptions,
  type SmokeOptions,
  scenarioOptions,
  targetOptions,
} from './options.js';
import type { PrepareCommandOptions } from './prepare/command.js';
import { doctorCommand, reportCommand } from './report/cli.js';

/** `rollcall fleet run|prepare|plan|report|doctor`. `program`: what the embedded stub and engines are started with. */
export function fleetCommand(run: CommandRunner, program: Program): CommandModule {
  return {
    command: 'fleet',
    describe: 'run a crowd of devices',
    builder: (yargs) =>
      yargs
        .command({
          command: 'run <scenario>',
          describe: 'run a scenario and judge it by its thresholds',
          builder: (each: Argv) =>
            reportOptions(engineOptions(targetOptions(scenarioOptions(each))))
              .example('$0 fleet run scenarios/switch.yaml', 'the main job against the embedded stub')
              .example(
                '$0 fleet run scenarios/switch.yaml --devices ios:1000,windows:500 --out out/run',
                'more devices, report kept',
              )
              .example(
                '$0 fleet run s.yaml --state ./fleet',
                'with the devices that an earlier run enrolled; the embedded stub comes back, too',
              )
              .example(
                '$0 fleet run s.yaml --server https://localhost:8443 --ca ca.pem --token T',
                'a running authority',
              )
              .example(
                '$0 fleet run s.yaml --devices android:50 --server https://mdm.example --android-enroll "https://mdm.example/rest/public/qr/json/KEY?create=1&deviceId=qa-{index}"',
                'a Headwind MDM server',
              ),
          handler: (options: RunCommandOptions) =>
            run(async (signal) => (await import('./commands.js')).runScenario(options, program, signal)),
        })
        .command({
          command: 'plan <scenario>',
          describe: 'check a scenario; what it would do, and whether this machine can',
          builder: (each: Argv) =>
            processesOption(targetOptions(scenarioOptions(each)))
              .option('json', { type: 'boolean', default: false, describe: 'plan, load, machine and checks as JSON' })
              .example('$0 fleet plan scenarios/day.yaml --devices ios:5000', 'nothing is sent')
              .example(
                '$0 fleet plan scenarios/day.yaml --server https://mdm.example',
                'the authority takes nothing of this machine',
              ),
          handler: (options: PlanOptions) =>
            run(async () => (await import('./report/plan-command.js')).showPlan(options)),
        })
        .command({
          command: 'prepare <scenario>',
          describe: 'a fleet that is enrolled already, for runs with --state',
          builder: (each: Argv) =>
            scenarioOptions(each)
              .option('state', {
                type: 'string',
                demandOption: true,
                describe: 'folder of the fleet, new or empty: its devices, and the stub that knows them',
              })
              .option('users', {
                type: 'string',
                describe: 'whose devices they are: a CSV file, or a number of people',
              })
              .option('json', { type: 'boolean', default: false, describe: 'what was made as JSON' })
              .option('quiet', { type: 'boolean', default: false, describe: 'no progress' })
              .example(
                '$0 fleet prepare s.yaml --state ./fleet',
                'the devices of the scenario, enrolled, with their profiles',
              )
              .example(
                '$0 fleet prepare s.yaml --state ./fleet --devices ios:40000,windows:40000,android:20000',
                'one of each kind enrolls, the others are made after them; then: fleet run checkins.yaml --state ./fleet',
              ),
          handler: (options: PrepareCommandOptions) =>
            run(async (signal) => (await import('./prepare/command.js')).prepare(options, program, signal)),
        })
        .command(reportCommand(run))
        .command(doctorCommand(run))
        .demandCommand(1, 'Say which: run, prepare, plan, report or doctor.'),
    handler: () => undefined,
  };
}

/** `rollcall smoke`: the main job, small, for continuous integration. */
export function smokeCommand(run: CommandRunner, program: Program): CommandModule<object, SmokeOptions> {
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
    handler: (options) => run(async (signal) => (await import('./commands.js')).smoke(options, program, signal)),
  };
}

/** `rollcall init`: a first scenario. */
export function initCommand(run: CommandRunner): CommandModule<object, { file: string }> {
  return {
    command: 'init [file]',
    describe: 'write a first scenario, which runs as it is',
    builder: (yargs) =>
      yargs
        .positional('file', {
          type: 'string',
          default: 'scenario.yaml',
          describe: 'where; never over a file that is there',
        })
        .example('$0 init', 'writes scenario.yaml')
        .example('$0 init load/morning.yaml', 'folders are made where they are missing'),
    handler: ({ file }) => run(async () => (await import('./init.js')).init(file)),
  };
}
