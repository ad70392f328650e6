import type { Argv, CommandModule } from 'yargs';
import type { CommandRunner } from '../base/exit-codes.js';
import { type PlatformName, platformNames } from '../protocol/vocabulary.js';
import type { DeviceCommandOptions } from './command-options.js';

/** `rollcall device`: one device, interactive or once for scripts. */
export function deviceCommand(run: CommandRunner): CommandModule<object, DeviceCommandOptions> {
  return {
    command: 'device',
    describe: 'one emulated device',
    builder: (yargs: Argv) =>
      yargs
        .option('platform', { choices: platformNames, default: 'ios' as PlatformName, describe: 'what it is' })
        .option('server', { type: 'string', describe: 'the stub authority, or the URL of any enrollment profile' })
        .option('profile', { type: 'string', describe: 'an enrollment profile in a file, of any MDM server' })
        .option('user', {
          type: 'string',
          describe: 'who enrolls, as a user principal name; password in ROLLCALL_PASSWORD',
        })
        .option('state', { type: 'string', describe: 'folder in which the device is remembered' })
        .option('ca', { type: 'string', describe: 'PEM file of the CA to trust' })
        .option('push', { type: 'string', describe: 'WebSocket for notifications; default: /push of --server' })
        .option('poll', { type: 'string', describe: 'check in by itself this often, such as 1m' })
        .option('allow-http', { type: 'boolean', default: false, describe: 'accept http:// addresses in the profile' })
        .option('once', {
          type: 'boolean',
          default: false,
          describe: 'enroll if need be, check in, print what it holds, end',
        })
        .option('forget', {
          type: 'boolean',
          default: false,
          describe: 'remove the enrollment and what it installed from the device in --state, offline, and end',
        })
        .option('json', {
          type: 'boolean',
          default: false,
          describe: 'with --once or --forget: JSON on standard output',
        })
        .example(
          '$0 device --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example',
          'at the stub authority',
        )
        .example('$0 device --profile enroll.mobileconfig --state ./phone', 'at any MDM server')
        .example('$0 device --state ./phone --once --json', 'tomorrow: the same device checks in')
        .example(
          '$0 device --state ./phone --forget',
          'its authority has lost it: enroll it anew, with the same id and serial',
        ) as Argv<DeviceCommandOptions>,
    handler: (options) =>
      run(async (signal) => (await import('./device-command.js')).runDeviceCommand(options, signal)),
  };
}
