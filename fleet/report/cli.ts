import type { Argv, CommandModule } from 'yargs';
import type { CommandRunner } from '../../base/exit-codes.js';

/** `rollcall fleet report`: a run's reports, made again from its log. */
export const reportCommand = (run: CommandRunner): CommandModule => ({
  command: 'report <log>',
  describe: 'show a run again, and make its reports, from its log',
  builder: (yargs: Argv) =>
    yargs
      .positional('log', { type: 'string', demandOption: true, describe: 'run.ndjson.gz, or the folder of a run' })
      .option('out', { type: 'string', describe: 'folder for summary.json, junit.xml and failed.csv' })
      .option('junit', { type: 'string', describe: 'file for the result as JUnit XML' })
      .option('json', { type: 'boolean', default: false, describe: 'the summary as JSON, instead of the table' })
      .example('$0 fleet report out/run', 'the table of a run that has ended, or was killed')
      .example('$0 fleet report out/run/run.ndjson.gz --out out/again', 'its reports, made again'),
  handler: (options) =>
    run(async () =>
      (await import('./command.js')).showReport({
        log: String(options['log']),
        out: textOf(options['out']),
        junit: textOf(options['junit']),
        json: options['json'] === true,
      }),
    ),
});

/** `rollcall fleet doctor`: whether this machine can be a load engine. */
export const doctorCommand = (run: CommandRunner): CommandModule => ({
  command: 'doctor',
  describe: 'see whether this machine can be a load engine',
  builder: (yargs: Argv) =>
    yargs
      .option('devices', { type: 'string', default: '1000', describe: 'for so many, all in a session at once' })
      .option('json', { type: 'boolean', default: false, describe: 'what was found as JSON' })
      .example('$0 fleet doctor --devices 20000', 'exit code 5 where something is short'),
  handler: (options) =>
    run(async () => {
      const { readWhole } = await import('../../base/command-line.js');
      const devices = readWhole('devices', String(options['devices']), 1, 10_000_000);
      return (await import('./plan-command.js')).showDoctor({ devices, json: options['json'] === true });
    }),
});

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
