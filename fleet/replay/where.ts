// Where a device of a run is repeated: at the run's own authority, or at another that is named.
import { existsSync } from 'node:fs';
import { commandLineError } from '../../base/command-line.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { startEmbedded } from '../coordinator/embedded.js';
import type { Target } from '../engine/target.js';
import type { TargetOptions } from '../options.js';
import { placeOf, usersOf } from '../place.js';
import type { FleetPlan, Users } from '../scenario/model.js';
import { readUsers } from '../scenario/users.js';
import { isOrigin, wayOptions } from '../ways-in.js';
import type { RecordedRun } from './recorded.js';

/** What a person says beside RUN:INDEX; values are no part of a run's log. */
export interface WhereOptions {
  readonly server?: string | undefined;
  readonly profile?: string | undefined;
  readonly ca?: string | undefined;
  readonly push?: string | undefined;
  readonly token?: string | undefined;
  readonly users?: string | undefined;
  readonly 'enroll-token'?: string | undefined;
  readonly 'mqtt-port'?: number | undefined;
  readonly 'allow-http'?: boolean | undefined;
}

/** The people of the run; rows of a file are read again, for their secrets are nowhere else. Throws FILE_UNUSABLE, USAGE. */
export function usersIn({ users }: FleetPlan, given: string | undefined): Users {
  if (given !== undefined) return usersOf(given);
  if (!('rows' in users)) return users;
  if (existsSync(users.file)) return readUsers(users.file);
  throw commandLineError('FILE_UNUSABLE', `the run's people were read from ${users.file}, which is not there`, {
    hint: 'Names, passwords and tokens are no part of a log: name the file with --users FILE.csv.',
  });
}

/**
 * The authority of the run, a stub of the same tenant and settings where the run had one of its own, or the one that is named.
 * Throws USAGE, FILE_UNUSABLE, RUN_NOT_STARTED.
 */
export async function targetOf(
  options: WhereOptions,
  { target }: Pick<RecordedRun, 'target'>,
  plan: FleetPlan,
  platform: PlatformName,
  self: readonly string[],
  signal: AbortSignal,
): Promise<Target> {
  const said = saidOf(options, platform);
  const isPlaced = said.server !== undefined || Object.values(wayOptions).some((way) => said[way] !== undefined);
  if (target.isEmbedded && !isPlaced) {
    const stray = (['ca', 'push', 'token', 'mqtt-port', 'enroll-token'] as const).find(
      (name) => options[name] !== undefined,
    );
    if (stray !== undefined)
      throw commandLineError('USAGE', `--${stray} says nothing without --server: the run had a stub of its own`);
    return await startEmbedded({ self, plan, signal });
  }
  if (!isPlaced) assertWayGiven(target, platform);
  const own = { ...plan, groups: plan.groups.filter((group) => group.platform === platform) };
  const place = placeOf(isPlaced ? said : { ...said, server: target.url }, own);
  if (place === undefined) throw new Error('an authority that was named is no place'); // placeOf answers so without one alone
  return place;
}

/** As `fleet run` takes it: `--profile` is each platform's own way in. */
function saidOf({ profile, 'mqtt-port': port, ...rest }: WhereOptions, platform: PlatformName): TargetOptions {
  if (profile !== undefined && platform === 'windows')
    throw commandLineError(
      'USAGE',
      '--profile is not for a PC: give the address of its discovery service with --server',
    );
  return {
    ...rest,
    'allow-http': rest['allow-http'] === true,
    ...(port === undefined ? {} : { 'mqtt-port': String(port) }),
    ...(profile === undefined ? {} : { [wayOptions[platform]]: profile }),
  };
}

/** Without its way in a device of a server of others would enroll as at a stub. */
function assertWayGiven({ url, given = [] }: RecordedRun['target'], platform: PlatformName): void {
  const way = `--${wayOptions[platform]}`;
  if (!given.includes(way) && isOrigin(url)) return;
  const again =
    platform === 'windows'
      ? '--server URL'
      : platform === 'ios'
        ? '--profile FILE|URL'
        : '--profile FILE, or --server URL';
  throw commandLineError('USAGE', `the run at ${url} was told by ${way} where its devices enroll; say it again`, {
    hint: `Give ${again}, as the run had it; values of options are no part of a log.`,
  });
}

/** What the run was told of its authority and this command was not: options, and variables with secrets. */
export function missingOf(options: WhereOptions, { target }: Pick<RecordedRun, 'target'>): readonly string[] {
  const { given = [] } = target;
  const ways: readonly string[] = Object.values(wayOptions).map((way) => `--${way}`);
  const isSaid = (name: string): boolean => {
    if (!name.startsWith('--')) return (process.env[name] ?? '') !== '';
    return Object.entries(options).some(
      ([key, value]) => `--${key}` === name && value !== undefined && value !== false,
    );
  };
  return given.filter((name) => !ways.includes(name) && !isSaid(name));
}
