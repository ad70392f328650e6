import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import { emulated } from '../agent/index.js';
import {
  commandLineError,
  readAddress,
  readCertificates,
  readSocketAddress,
  readWhole,
  withFile,
} from '../protocol/command-line.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import { startEmbedded, type Target } from './engine/embedded.js';
import { deviceTotal, type FleetPlan, readDeviceCounts, readFleetPlan } from './scenario/plan.js';

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
  readonly users: number;
  readonly 'allow-http': boolean;
}
export interface ReportOptions {
  readonly out?: string | undefined;
  readonly junit?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly 'keys-folder'?: string | undefined;
}

const defaultKeysFolder = '.rollcall/keys';

export const scenarioOptions = <T>(yargs: Argv<T>) =>
  yargs
    .positional('scenario', { type: 'string', demandOption: true, describe: 'scenario file (YAML)' })
    .option('devices', { type: 'string', describe: 'totals of the whole run, such as ios:300' })
    .option('seed', { type: 'string', describe: 'the same seed gives the same devices' })
    .option('keys', { type: 'string', describe: '"fresh" for a key per device, or the size of the shared pool' });

export const targetOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('server', {
      type: 'string',
      describe: 'an authority that is running; without it an embedded stub is started',
    })
    .option('push', { type: 'string', describe: 'its WebSocket for notifications; default: wss://SERVER/push' })
    .option('token', { type: 'string', describe: 'its administrator token; also read from ROLLCALL_TOKEN' })
    .option('ca', { type: 'string', describe: 'PEM file of the CA to trust' })
    .option('allow-http', { type: 'boolean', default: false, describe: 'accept http:// addresses' })
    .option('users', {
      type: 'number',
      default: 10,
      describe: 'with --server: devices enroll as user1 to userN@contoso.example',
    });

export const reportOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option('keys-folder', {
      type: 'string',
      describe: `where the key pool is kept between runs; default: ${defaultKeysFolder}`,
    })
    .option('out', { type: 'string', describe: 'folder for report.json and junit.xml' })
    .option('junit', { type: 'string', describe: 'file for the result as JUnit XML' })
    .option('json', {
      type: 'boolean',
      default: false,
      describe: 'the result as JSON on standard output, instead of the table',
    })
    .option('quiet', { type: 'boolean', default: false, describe: 'no progress' });

const readText = (path: string) => readFileSync(path, 'utf8');

/** The scenario as the options change it. Throws FILE_UNUSABLE, SCENARIO_INVALID, USAGE. */
export function planOf({ scenario, devices, seed, keys }: ScenarioOptions): FleetPlan {
  const plan = readFleetPlan(withFile(scenario, readText));
  return Object.freeze({
    ...plan,
    seed: seed ?? plan.seed,
    devices: devices === undefined ? plan.devices : readDeviceCounts(devices),
    keys: keys === undefined ? plan.keys : keys === 'fresh' ? 'fresh' : { pool: readWhole('keys', keys, 1, 10_000) },
  });
}

/** The folder that was asked for, or ours; where that cannot be written the keys live in memory, and `note` is told. */
export function keysFolderOf(
  { 'keys-folder': asked }: ReportOptions,
  note: (text: string) => void,
): string | undefined {
  if (asked !== undefined) {
    withFile(asked, assertWritableFolder);
    return asked;
  }
  try {
    assertWritableFolder(defaultKeysFolder);
    return defaultKeysFolder;
  } catch (error) {
    note(`keys are not kept for the next run: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function assertWritableFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  accessSync(path, constants.W_OK);
}

/** The platforms of a smoke run. Throws USAGE for one that cannot be emulated. */
export function readPlatforms(wanted: readonly string[] | undefined): readonly PlatformName[] {
  if (wanted === undefined || wanted.length === 0) return emulated;
  return [...new Set(wanted)].map((word) => {
    const known = emulated.find((name) => name === word);
    if (known !== undefined) return known;
    throw commandLineError('USAGE', `--platform ${word} cannot be emulated yet`, {
      hint: `Choose from ${emulated.join(', ')}.`,
    });
  });
}

/** The authority of --server, or an embedded stub that is started. */
export async function targetOf(
  options: TargetOptions,
  plan: FleetPlan,
  self: readonly string[],
  signal: AbortSignal,
): Promise<Target> {
  const users = readWhole('users', options.users, 1, 1_000_000);
  if (options.server === undefined) {
    const stray = (['push', 'token', 'ca'] as const).find((name) => options[name] !== undefined);
    if (stray !== undefined) throw commandLineError('USAGE', `--${stray} says nothing without --server`);
    return startEmbedded(self, plan.authority, deviceTotal(plan), signal);
  }
  const url = readAddress('server', options.server);
  if (url.protocol === 'http:' && !options['allow-http'])
    throw commandLineError('USAGE', `--server ${url.origin} has no TLS`, {
      hint: 'Add --allow-http if that is meant.',
    });
  const adminToken = options.token ?? process.env['ROLLCALL_TOKEN'];
  const pushUrl =
    options.push === undefined
      ? `${url.protocol === 'http:' ? 'ws' : 'wss'}://${url.host}/push`
      : readSocketAddress('push', options.push);
  return {
    url: url.origin,
    pushUrl,
    allowHttp: options['allow-http'],
    ...(adminToken === undefined || adminToken === '' ? {} : { adminToken }),
    ...(options.ca === undefined ? {} : { ca: readCertificates(options.ca, readText) }),
    userOf: (index) => `user${(index % users) + 1}@contoso.example`,
    close: async () => undefined,
  };
}
