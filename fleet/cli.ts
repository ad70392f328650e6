import type { Argv, CommandModule } from 'yargs';
import type { CommandRunner } from '../base/exit-codes.js';
import { platformNames } from '../protocol/vocabulary.js';
import {
  type PlanOptions,
  type RunCommandOptions,
  reportOptions,
  type SmokeOptions,
  scenarioOptions,
  targetOptions,
} from './options.js';
import { doctorCommand, reportCommand } from './report/cli.js';

/** `rollcall fleet run|plan|report|doctor`. `self` is the command that starts this program: the embedded stub is started with it. */
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
                '$0 fleet run scenarios/switch.yaml --devices ios:1000,windows:500 --out out/run',
                'more devices, report kept',
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
            run(async (signal) => (await import('./commands.js')).runScenario(options, self, signal)),
        })
        .command({
          command: 'plan <scenario>',
          describe: 'check a scenario and show what it would do',
          builder: (each: Argv) =>
            scenarioOptions(each)
              .option('json', { type: 'boolean', default: false, describe: 'the plan as JSON' })
              .example('$0 fleet plan scenarios/switch.yaml --devices ios:5000', 'nothing is sent'),
          handler: (options: PlanOptions) => run(async () => (await import('./commands.js')).showPlan(options)),
        })
        .command(reportCommand(run))
        .command(doctorCommand(run))
        .demandCommand(1, 'Say which: run, plan, report or doctor.'),
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
    handler: (options) => run(async (signal) => (await import('./commands.js')).smoke(options, self, signal)),
  };
}
