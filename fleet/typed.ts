import { accessSync, constants } from 'node:fs';
import { emulated } from '../agent/index.js';
import {
  commandLineError,
  readAddress,
  readCertificates,
  readGivenText,
  readSocketAddress,
  readWhole,
  withFile,
} from '../base/command-line.js';
import { makeFolder } from '../base/folders.js';
import type { PlatformName } from '../protocol/vocabulary.js';
import { startEmbedded, type Target } from './engine/embedded.js';
import { defaultKeysFolder, type ReportOptions, type ScenarioOptions, type TargetOptions } from './options.js';
import { deviceTotal, type FleetPlan, readDeviceCounts, readFleetPlan } from './scenario/plan.js';

// What is made of what a person typed.

/** The scenario as the options change it. Throws FILE_UNUSABLE, SCENARIO_INVALID, USAGE. */
export function planOf({ scenario, devices, seed, keys }: ScenarioOptions): FleetPlan {
  const plan = readFleetPlan(readGivenText(scenario));
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
  makeFolder(path);
  accessSync(path, constants.W_OK);
}

/** The platforms of a smoke run. Throws USAGE for one that cannot be emulated. */
export function readPlatforms(wanted: readonly string[] | undefined): readonly PlatformName[] {
  if (wanted === undefined || wanted.length === 0) return emulated;
  return [...new Set(wanted)].map((word) => {
    const known = emulated.find((name) => name === word);
    if (known !== undefined) return known;
    throw commandLineError('USAGE', `--platform ${word} cannot be emulated`, {
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
    ...(options.ca === undefined ? {} : { ca: readCertificates(options.ca) }),
    userOf: (index) => `user${(index % users) + 1}@contoso.example`,
    close: async () => undefined,
  };
}
