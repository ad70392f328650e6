import type { Argv } from 'yargs';

// What a person types for `fleet` and `smoke`, and what is made of it.

export interface ScenarioOptions {
  readonly scenario: string;
  readonly devices?: string | undefined;
  readonly seed?: string | undefined;
  readonly keys?: string | undefined;
}
export interface TargetOptions {
  readonly server?: string | undefined;
  readonly push?: string | undefined;
  readonly token?: string | undefined;
  readonly ca?: string | undefined;
  readonly profile?: string | undefined;
  readonly discovery?: string | undefined;
  readonly 'enroll-token'?: string | undefined;
  readonly 'android-enroll'?: string | undefined;
  readonly 'mqtt-port'?: string | undefined;
  readonly entra?: string | undefined;
  readonly csr?: 'strict' | 'win10' | 'win11' | undefined;
  readonly signatures?: 'server' | 'launcher-6.36' | undefined;
  readonly 'mqtt-tls'?: boolean | undefined;
  readonly exact?: boolean | undefined;
  readonly background?: boolean | undefined;
  readonly users?: string | undefined;
  readonly 'allow-http': boolean;
  readonly lenient?: string | undefined;
}
export interface ReportOptions {
  readonly out?: string | undefined;
  readonly junit?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly 'keys-folder'?: string | undefined;
}

export interface EngineOptions {
  readonly processes?: string | undefined;
  readonly state?: string | undefined;
  readonly 'only-failed'?: string | undefined;
}

export type RunCommandOptions = ScenarioOptions & TargetOptions & ReportOptions & EngineOptions;
export type PlanOptions = ScenarioOptions &
  TargetOptions &
  Pick<EngineOptions, 'processes'> & { readonly json: boolean };
export type SmokeOptions = TargetOptions & ReportOptions & { readonly platform?: readonly string[] | undefined };

export const defaultKeysFolder = '.rollcall/keys';

export const scenarioOptions = <T>(yargs: Argv<T>) =>
  yargs
    .positional('scenario', { type: 'string', demandOption: true, describe: 'scenario file (YAML)' })
    .option('devices', { type: 'string', describe: 'totals of the whole run, such as ios:300,windows:200' })
    .option('seed', { type: 'string', describe: 'the same seed gives the same devices' })
    .option('keys', { type: 'string', describe: '"fresh" for a key per device, or the size of the shared pool' });

export const processesOption = <T>(yargs: Argv<T>) =>
  yargs.option('processes', {
    type: 'string',
    describe:
      'engines, each a process with its part of the devices; default: one for each processor, one of them left to an embedded stub, and fewer for small fleets',
  });

export const engineOptions = <T>(yargs: Argv<T>) =>
  processesOption(yargs)
    .option('state', {
      type: 'string',
      describe: 'folder that keeps the enrolled fleet; the next run goes on with the same devices',
    })
    .option('only-failed', {
      type: 'string',
      describe: 'only the devices that failed in an earlier run: its folder, summary.json or failed.csv',
    });

export const targetOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('server', {
      type: 'string',
      describe:
        'an authority that is running; without it an embedded stub is started. With a path it is where the devices of the one platform enroll',
    })
    .option('profile', {
      type: 'string',
      describe: 'where iOS devices enroll at a server of others: file or address of its enrollment profile',
    })
    .option('discovery', {
      type: 'string',
      describe: 'where Windows devices enroll at a server of others: its discovery service, letter by letter',
    })
    .option('android-enroll', {
      type: 'string',
      describe:
        'where Android devices enroll at a Headwind MDM server: file or address of a QR code in JSON (ROLLCALL_HMDM_SECRET: the secret that the server shares with launchers). In these three addresses, and in that file, {id}, {index}, {serial}, {user} and columns of the users file stand for what is each device’s own',
    })
    .option('users', {
      type: 'string',
      describe:
        'whose devices they are: a CSV file with a column user (password, token and others as you need them), or a number: user1 to userN@contoso.example. A password for all: ROLLCALL_PASSWORD',
    })
    .option('enroll-token', {
      type: 'string',
      describe:
        'Windows: a token in the place of user and password, where the same may stand in braces; also read from ROLLCALL_ENROLL_TOKEN',
    })
    .option('entra', {
      type: 'string',
      describe:
        'Windows: each device joins Entra first, at this token service (a stub: https://localhost:8443/entra), which says where to enroll if nothing else does',
    })
    .option('csr', {
      choices: ['strict', 'win10', 'win11'] as const,
      describe: 'Windows: form of the certificate request of new devices; default: what their build sends',
    })
    .option('push', {
      type: 'string',
      describe: 'WebSocket for notifications to iOS and Windows devices; default at a stub: wss://SERVER/push',
    })
    .option('mqtt-port', {
      type: 'string',
      describe: 'with --server: port of push messages to Android devices; default: 31000, at a stub what it says',
    })
    .option('mqtt-tls', { type: 'boolean', describe: 'Android: push messages over TLS; stock launchers have none' })
    .option('signatures', {
      choices: ['server', 'launcher-6.36'] as const,
      describe: 'Android: requests signed as servers check them (default), or as launcher 6.36 does, mistakes included',
    })
    .option('exact', {
      type: 'boolean',
      describe: 'Android: do what launcher 6.36 does, where it stops or stays silent too; default: go on, and tell',
    })
    .option('background', { type: 'boolean', describe: 'Android: the launcher is not on the screen of new devices' })
    .option('token', { type: 'string', describe: 'its administrator token; also read from ROLLCALL_TOKEN' })
    .option('ca', { type: 'string', describe: 'PEM file of the CA to trust' })
    .option('allow-http', { type: 'boolean', default: false, describe: 'accept http:// addresses' })
    .option('lenient', {
      type: 'string',
      describe: 'take what a real device refuses: tls, plist, scep, with commas; the report says what was taken',
    })
    .requiresArg(['csr', 'signatures'])
    .group(
      ['server', 'profile', 'discovery', 'android-enroll', 'ca', 'allow-http', 'lenient', 'token'],
      'Where it goes:',
    )
    .group(['users', 'enroll-token', 'entra'], 'Who enrolls:')
    .group(
      ['push', 'mqtt-port', 'mqtt-tls', 'csr', 'signatures', 'exact', 'background'],
      'What devices are, beside what the scenario says:',
    );

export const reportOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('keys-folder', {
      type: 'string',
      describe: `where the key pool is kept between runs; default: ${defaultKeysFolder}`,
    })
    .option('out', { type: 'string', describe: 'folder for the event log, summary.json, junit.xml and failed.csv' })
    .option('junit', { type: 'string', describe: 'file for the result as JUnit XML' })
    .option('json', {
      type: 'boolean',
      default: false,
      describe: 'the result as JSON on standard output, instead of the table',
    })
    .option('quiet', { type: 'boolean', default: false, describe: 'no progress' });
