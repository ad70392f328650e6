import type { Argv, CommandModule } from 'yargs';
import { diagnosticsOptions } from '../base/diagnostics-options.js';
import type { CommandRunner } from '../base/exit-codes.js';
import { type Authority, authorities } from '../protocol/vocabulary.js';
import { defaultCaFile, type ServerOptions } from './command-options.js';

const authorityNames = Object.keys(authorities) as Authority[];

/** `rollcall server`: the stub authority, until it is stopped. */
export function serverCommand(run: CommandRunner): CommandModule<object, ServerOptions> {
  return {
    command: 'server',
    describe: 'run the stub authority',
    builder: (yargs: Argv) =>
      yargs
        .option('port', { type: 'number', default: 8443, describe: 'HTTPS port; 0 takes a free one' })
        .option('push-port', {
          type: 'number',
          default: 0,
          describe: 'port of the APNs-shaped push service; 0 takes a free one',
        })
        .option('push-rate', {
          type: 'number',
          describe: 'most notifications sent to devices per second; without it as many as their connections take',
        })
        .option('max-connections', {
          type: 'number',
          describe: 'most connections at the same time; without it what `ulimit -n` allows, less 64',
        })
        .option('host', { type: 'string', default: '127.0.0.1', describe: 'address to listen on' })
        .option('tenant', {
          type: 'string',
          describe: 'tenant file (YAML; docs/tenant.md): users, licences, profiles, settings',
        })
        .option('data', {
          type: 'string',
          describe: 'folder that keeps CA and state; without it they end with the process',
        })
        .option('ca-file', {
          type: 'string',
          describe: `where to write the CA certificate to trust; default: ${defaultCaFile}, with --json nowhere`,
        })
        .option('clock', {
          type: 'string',
          describe:
            'how the tenant’s time goes: real, manual (moved with POST /stub/v1/clock), or so many times as fast, such as 3600; default: as in --data, or real',
        })
        .option('authority', {
          choices: authorityNames,
          default: 'intune' as Authority,
          describe: 'authority of the built-in tenant',
        })
        .option('users', { type: 'number', default: 10, describe: 'users of the built-in tenant' })
        .option('signing-skew', {
          type: 'string',
          describe:
            'how far the time in an Mdm-Signature may be from now, such as 5m, and that there must be one; "off" takes any; default: 1d, or none',
        })
        .option('windows-quirks', {
          type: 'boolean',
          default: false,
          describe: 'talk to Windows devices as odd servers do: no Final, UUIDs as CmdIDs, missing Statuses',
        })
        .option('mqtt-port', {
          type: 'number',
          describe:
            'port of the MQTT broker for Android devices; launchers have 31000 compiled in; without it a free one, which QR codes tell (convention)',
        })
        .option('mqtt-url', {
          type: 'string',
          describe:
            'publish to Android devices through this broker, such as mqtt://admin:password@host:1883, and open none',
        })
        .option('android-context', {
          type: 'string',
          describe: 'path below which the Headwind protocol is served, such as /hmdm; without it at the root',
        })
        .option('android-create', {
          type: 'boolean',
          default: false,
          describe: 'create an Android device that asks without having enrolled, without a user',
        })
        .options(diagnosticsOptions('info'))
        .option('json', {
          type: 'boolean',
          default: false,
          describe: 'one line of JSON when ready, log lines on stderr',
        })
        .option('until-stdin-ends', {
          type: 'boolean',
          default: false,
          describe: 'stop when standard input ends, not when asked by Ctrl-C or SIGTERM',
        })
        .requiresArg(['port', 'push-port', 'push-rate', 'max-connections', 'host', 'tenant', 'data', 'ca-file'])
        .requiresArg('clock')
        .conflicts('mqtt-port', 'mqtt-url')
        .requiresArg(['authority', 'users', 'signing-skew', 'mqtt-port', 'mqtt-url', 'android-context'])
        .example('$0 server', 'on https://localhost:8443, tokens printed')
        .example('$0 server --data ./authority --tenant tenant.yaml', 'kept on disk, with your own users and profiles')
        .example('$0 server --push-rate 500', 'a switch of the authority wakes 500 devices a second')
        .example(
          '$0 server --mqtt-port 31000',
          'for launchers as they come; another secret than their public one in ROLLCALL_HMDM_SECRET',
        )
        .example('$0 server --trace', 'what devices send and are sent, as it goes')
        .example('$0 server --clock manual', 'time stands still until it is moved: 180 days pass in a second')
        .example('$0 server --port 0 --json', 'for scripts') as Argv<ServerOptions>,
    handler: (options) => run(async (signal) => (await import('./serve.js')).serve(options, signal)),
  };
}
