import type { Argv, CommandModule } from 'yargs';
import { diagnosticsOptions } from '../base/diagnostics-options.js';
import type { CommandRunner, ExitCode } from '../base/exit-codes.js';
import { type PlatformName, platformNames } from '../protocol/vocabulary.js';
import type { DeviceCommandOptions } from './command-options.js';
import { leniencies } from './model/leniency.js';

/** A device of a fleet's run, taken through its steps again. */
export type Replay = (
  options: DeviceCommandOptions & { readonly replay: string },
  signal: AbortSignal,
) => Promise<ExitCode>;

/** The options by the headings of `--help`: those that need a value, and flags. */
const headings: readonly {
  readonly heading: string;
  readonly valued: readonly string[];
  readonly flags: readonly string[];
}[] = [
  {
    heading: 'Where it enrolls:',
    valued: [
      ...['server', 'profile', 'user', 'enroll-token', 'entra', 'autopilot', 'ca', 'push', 'poll', 'clock', 'skew'],
      ...['network', 'company-portal', 'start-in', 'lenient'],
    ],
    flags: ['allow-http'],
  },
  {
    heading: 'Which device it is:',
    valued: ['platform', 'state', 'serial', 'udid', 'model', 'os', 'name', 'csr', 'seed'],
    flags: ['unsupervised', 'automated'],
  },
  {
    heading: 'Which Android device it is:',
    valued: ['management', 'signatures', 'mqtt-port'],
    flags: ['mqtt-tls', 'exact', 'background'],
  },
  { heading: 'A device of a fleet:', valued: ['replay', 'token', 'users'], flags: [] },
  { heading: 'What it does:', valued: [], flags: ['once', 'stay', 'forget', 'json', 'trace', 'log-level'] },
];

const grouped = <T>(yargs: Argv<T>): Argv<T> =>
  headings.reduce((all, { heading, valued, flags }) => {
    const grouping = all.group([...valued, ...flags], heading);
    return valued.length === 0 ? grouping : grouping.requiresArg(valued);
  }, yargs);

/** `rollcall device`: one device, interactive or once for scripts. `replay`: what a fleet does with one of its devices. */
export function deviceCommand(run: CommandRunner, replay: Replay): CommandModule<object, DeviceCommandOptions> {
  return {
    command: 'device',
    describe: 'one emulated device',
    builder: (yargs: Argv) =>
      grouped(yargs)
        .option('platform', {
          choices: platformNames,
          default: 'ios' as PlatformName,
          describe:
            'a phone or tablet of Apple (ios), a PC (windows), a device with the Headwind MDM launcher (android)',
        })
        .option('server', {
          type: 'string',
          describe:
            'the stub authority, or the URL of any enrollment profile (Windows: of a discovery service; Android: of a QR code in JSON, or with --number of a Headwind MDM server)',
        })
        .option('profile', {
          type: 'string',
          describe:
            'an enrollment profile in a file, of any MDM server; Android: the JSON of a QR code or of its admin extras',
        })
        .option('user', {
          type: 'string',
          describe:
            'who enrolls, as a user principal name; the password in ROLLCALL_PASSWORD. Windows without --server looks at enterpriseenrollment.<its domain>; Android: the key of a QR code of the stub (convention)',
        })
        .option('enroll-token', {
          type: 'string',
          describe:
            'Windows: a token in the place of a sign-in, as a provisioning package of a bulk enrollment has it, sent whatever the server asks for; or in ROLLCALL_ENROLL_TOKEN',
        })
        .option('entra', {
          type: 'string',
          describe:
            'Windows: joins Entra first, at this token service (the stub: https://localhost:8443/entra), which says where to enroll',
        })
        .option('autopilot', {
          choices: ['user-driven', 'self-deploying'] as const,
          describe:
            'Windows: Autopilot enrolls it, by its --user or by itself; the stub finds its record by the serial number (convention)',
        })
        .option('state', {
          type: 'string',
          describe:
            'folder that remembers the device, and with it --ca, --push, --user, --skew, --lenient, --allow-http',
        })
        .option('ca', { type: 'string', describe: 'PEM file of the CA to trust' })
        .option('push', {
          type: 'string',
          describe: 'iOS, Windows: WebSocket for notifications; default: /push of --server',
        })
        .option('poll', { type: 'string', describe: 'check in by itself this often, such as 1m' })
        .option('clock', {
          type: 'string',
          describe:
            '"stub": the device’s time goes as that of the stub at --server, which may be moved (convention); default: real',
        })
        .option('skew', {
          type: 'string',
          describe: 'how wrong the device’s clock is, such as 2d (ahead) or --skew=-2d; certificates are judged by it',
        })
        .option('network', {
          type: 'string',
          describe: 'by what the device is online: wifi, cellular, or none, which nothing comes through',
        })
        .option('company-portal', {
          type: 'string',
          describe:
            'the Company Portal on the device, in which it enrolls (convention): a version such as 5.2410.1; broken, reinstall or none',
        })
        .option('start-in', {
          choices: ['portal', 'system'] as const,
          describe: 'where an enrollment starts; default: in the Company Portal, if the device has one',
        })
        .option('allow-http', {
          type: 'boolean',
          describe: 'accept http:// addresses of the server; Android does in any case',
        })
        .option('lenient', {
          type: 'string',
          describe: `lift what a real device is strict in: ${leniencies.join(',')}, or some of them; none`,
        })
        .option('serial', { type: 'string', describe: 'serial number of a new device' })
        .option('udid', {
          type: 'string',
          alias: 'number',
          describe: 'identifier of a new device (Windows: its DeviceID; Android: its device number)',
        })
        .option('model', {
          type: 'string',
          describe: 'such as iPhone15,2 or "iPhone 14 Pro"; "Latitude 5440"; SM-X210',
        })
        .option('os', { type: 'string', describe: 'version or build of the system, such as 18.1; "11 23H2"; 15' })
        .option('name', { type: 'string', describe: 'what its owner calls a new device' })
        .option('csr', {
          choices: ['strict', 'win10', 'win11'] as const,
          describe: 'Windows: form of the certificate request of a new device; default: what its build sends',
        })
        .option('management', {
          choices: ['fully-managed', 'work-profile', 'application'] as const,
          describe: 'Android: how a new device is managed; default: what its QR code says, else fully-managed',
        })
        .option('signatures', {
          choices: ['server', 'launcher-6.36'] as const,
          describe:
            'Android: requests signed as servers check them (default), or as launcher 6.36 does, mistakes included; the secret that servers share with launchers in ROLLCALL_HMDM_SECRET, where it is not the public one',
        })
        .option('mqtt-port', {
          type: 'number',
          describe:
            'Android: port of push messages (MQTT) at the server, compiled into the launcher; default: 31000, at a stub what its QR code says (convention)',
        })
        .option('mqtt-tls', { type: 'boolean', describe: 'Android: push messages over TLS; stock launchers have none' })
        .option('exact', {
          type: 'boolean',
          describe:
            'Android: do what launcher 6.36 does, where it stops or stays silent too; default: go on, and tell what it would have done',
        })
        .option('background', {
          type: 'boolean',
          describe:
            'Android: the launcher is not on the screen of a new device, which changes how it applies an update',
        })
        .option('seed', { type: 'string', describe: 'the same text gives the same new device' })
        .option('unsupervised', { type: 'boolean', default: false, describe: 'a new device is not supervised' })
        .option('automated', {
          type: 'boolean',
          describe:
            'iOS: a new device enrolls in Setup Assistant, as one that the organization bought (convention: a header says so)',
        })
        .option('replay', {
          type: 'string',
          describe:
            'RUN:INDEX: a device of an earlier fleet run (its folder, run.ndjson.gz or summary.json) goes through its steps again; at the server of the run, or at --server',
        })
        .option('token', {
          type: 'string',
          describe: 'with --replay: the administrator token of the stub at --server; also read from ROLLCALL_TOKEN',
        })
        .option('users', {
          type: 'string',
          describe: 'with --replay: the CSV file of the run’s people, where it is somewhere else now',
        })
        .option('once', {
          type: 'boolean',
          default: false,
          describe: 'enroll if need be, check in, print what it holds, end',
        })
        .option('stay', {
          type: 'boolean',
          default: false,
          describe: 'go on when standard input ends, as in a container',
        })
        .option('forget', {
          type: 'boolean',
          default: false,
          describe: 'remove the enrollment and what it installed from the device in --state, offline, and end',
        })
        .options(diagnosticsOptions('error'))
        .option('json', {
          type: 'boolean',
          default: false,
          describe: 'with --once or --forget: JSON on standard output, of a failure too',
        })
        .example(
          '$0 device --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example',
          'at the stub authority',
        )
        .example('$0 device --profile enroll.mobileconfig --state ./phone', 'at any MDM server')
        .example(
          '$0 device --platform windows --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example',
          'a PC with Windows at the stub authority',
        )
        .example(
          '$0 device --platform windows --user user1@contoso.example --state ./pc',
          'at the server that enterpriseenrollment.contoso.example leads to',
        )
        .example(
          '$0 device --platform windows --server https://localhost:8443 --ca .rollcall/ca.pem --autopilot self-deploying --serial 4KX2M93',
          'a PC that Autopilot knows by this serial number enrolls by itself, without a user',
        )
        .example(
          '$0 device --platform android --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example',
          'a device with the Headwind MDM launcher at the stub authority',
        )
        .example(
          '$0 device --platform android --profile qr.json --state ./tablet',
          'at a Headwind MDM server: qr.json is what its /rest/public/qr/json/KEY?create=1 answers, which --server takes too',
        )
        .example(
          '$0 device --platform android --server https://mdm.example --number h0001',
          'at a Headwind MDM server that knows this number, as typed into the launcher',
        )
        .example('$0 device --state ./phone --once --json', 'tomorrow: the same device checks in')
        .example('$0 device --server URL --seed 7 --model iPhone15,2 --os 18.1', 'this device, each time')
        .example('$0 device --state ./phone --stay --poll 1m', 'in a container')
        .example(
          '$0 device --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example --clock stub',
          'lives by the stub’s clock: 180 days pass when the stub is told so',
        )
        .example(
          '$0 device --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example --skew 800d',
          'its clock is wrong: the server’s certificate has expired for it (TLS_EXPIRED)',
        )
        .example(
          '$0 device --server https://localhost:8443 --ca .rollcall/ca.pem --user user1@contoso.example --company-portal 5.2301.0',
          'enrolls in an old Company Portal, which the authority refuses (E05)',
        )
        .example('$0 device --state ./phone --once --trace', 'what it sends and is sent, as it goes')
        .example(
          '$0 device --replay out/run:17 --trace',
          'what happened to device 17 of that run: its steps again, each request and answer, then its prompt',
        )
        .example(
          '$0 device --replay out/run:17 --server https://localhost:8443 --ca .rollcall/ca.pem --once --json',
          'the same at a stub that is running, for a script: exit code 99 where it fails again',
        )
        .example(
          '$0 device --state ./phone --forget',
          'its authority has lost it: enroll it anew, with the same id and serial',
        )
        .epilogue(
          'HTTPS_PROXY and NO_PROXY are obeyed. Errors and exit codes: docs/errors.md. Android speaks the Headwind MDM device protocol; Wi-Fi, client certificates, users and names of settings travel by a convention of this project: docs/wire/android.md',
        ) as Argv<DeviceCommandOptions>,
    handler: (options) =>
      run(async (signal) => {
        const { replay: place } = options;
        if (place !== undefined) return await replay({ ...options, replay: place }, signal);
        return await (await import('./device-command.js')).runDeviceCommand(options, signal);
      }),
  };
}
