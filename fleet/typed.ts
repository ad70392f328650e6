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
import { filled, placeholders } from './engine/old-invitation.js';
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
  const users = readWhole('users', options.users ?? 10, 1, 1_000_000);
  if (options.server === undefined) {
    const stray = (['push', 'token', 'ca', 'android-enroll', 'mqtt-port'] as const).find(
      (name) => options[name] !== undefined,
    );
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
    ...androidOf(options),
    ...(adminToken === undefined || adminToken === '' ? {} : { adminToken }),
    ...(options.ca === undefined ? {} : { ca: readCertificates(options.ca) }),
    userOf: (index) => `user${(index % users) + 1}@contoso.example`,
    close: async () => undefined,
  };
}

/** Where Android devices enroll and wait at a server that is no stub. Throws USAGE. */
function androidOf(options: TargetOptions): Pick<Target, 'androidEnroll' | 'androidSecret' | 'mqttPort'> {
  const { 'android-enroll': template, 'mqtt-port': port } = options;
  const mqttPort = port === undefined ? {} : { mqttPort: readWhole('mqtt-port', port, 1, 65_535) };
  if (template === undefined) return mqttPort;
  const unknown = /\{[^{}]*\}/.exec(filled(template, { id: '1', index: '1', user: '1' }))?.[0];
  if (unknown !== undefined)
    throw commandLineError('USAGE', `--android-enroll: ${unknown} stands for nothing`, {
      hint: `Choose from ${placeholders.map((name) => `{${name}}`).join(', ')}.`,
    });
  const { origin, protocol } = readAddress('android-enroll', filled(template, { id: '1', index: '1', user: '1' }));
  if (protocol === 'http:' && !options['allow-http'])
    throw commandLineError('USAGE', `--android-enroll ${origin} has no TLS`, {
      hint: 'Add --allow-http if that is meant.',
    });
  const secret = process.env['ROLLCALL_HMDM_SECRET'];
  return {
    androidEnroll: template,
    ...mqttPort,
    ...(secret === undefined || secret === '' ? {} : { androidSecret: secret }),
  };
}
