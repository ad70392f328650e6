// A scenario: YAML text in, a frozen plan out, or every mistake at once. docs/scenarios.md describes it key by key.
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readGivenText } from '../../base/command-line.js';
import { RollcallError } from '../../base/errors.js';
import { deepFreeze } from '../../base/freeze.js';
import type { Report } from '../../base/placed-text.js';
import { withImplied } from '../metrics/demands.js';
import { isMistake, readThreshold } from '../metrics/grammar.js';
import { groupsOf } from './devices.js';
import type { DeviceGroup, FleetPlan, Users } from './model.js';
import { readPhases } from './phases.js';
import { judge, readScenarioText, scenarioInvalid } from './problems.js';
import { checkSense } from './sense.js';
import { readUsers } from './users.js';
import { faultOf } from './words/faults.js';
import { type TopWords, topWords } from './words/top.js';

export interface ScenarioOptions {
  /** What the file is called in messages. Default: `scenario`. */
  readonly file?: string;
  /** Where paths in it begin. Default: the working directory. */
  readonly folder?: string;
}

/**
 * Reads a scenario. Throws SCENARIO_INVALID with all mistakes, each with line and column, in its message and in `details.problems`.
 *
 * @example
 * const plan = readScenario('name: mine\ndevices: { ios: 20 }\nphases: [{ enroll: { over: 5s } }, { leave: {} }]');
 */
export function readScenario(text: string, { file = 'scenario', folder = '.' }: ScenarioOptions = {}): FleetPlan {
  const { raw, report, problems } = readScenarioText(text, file);
  const plan = planOf(raw, folder, report);
  if (plan === undefined || problems.length > 0) throw scenarioInvalid(file, problems);
  return deepFreeze(plan);
}

/** The scenario at this path. Throws FILE_UNUSABLE, SCENARIO_INVALID. */
export const readScenarioAt = (path: string): FleetPlan =>
  readScenario(readGivenText(path), { file: path, folder: dirname(path) });

function planOf(raw: unknown, folder: string, report: Report): FleetPlan | undefined {
  const top = judge(topWords, raw, [], report);
  // Even when the rest is wrong, steps are looked at, if they are a list.
  const groups = top === undefined ? undefined : groupsOf(top.devices, report);
  const { word, entries } = entriesOf(raw, report);
  const { phases, placed, names } = readPhases(
    entries,
    [word],
    groups ?? anyGroups,
    groups === undefined ? withoutGroups(report) : report,
  );
  if (groups !== undefined) checkSense(placed, groups, top?.authority, report);
  const steps = placed.map(({ step }) => step);
  checkThresholds(
    raw,
    names.map((each) => ({ name: each })),
    groups,
    report,
  );
  if (top === undefined || groups === undefined) return undefined;
  const {
    name,
    about,
    seed = 'rollcall',
    authority = 'intune',
    concurrency = 64,
    dropAfter,
    connections = 'per-session',
  } = top;
  const faults = (top.faults ?? []).map(faultOf);
  const tenant = tenantOf(top, folder, report);
  return {
    version: 1,
    name,
    ...(about === undefined ? {} : { about }),
    seed,
    groups,
    users: usersOf(top, folder, report),
    authority: tenant === undefined ? authority : 'unknown', // which the tenant's file says
    ...(tenant === undefined ? {} : { tenant }),
    keys: keysOf(top, report),
    concurrency,
    ...(dropAfter === undefined ? {} : { dropAfterMs: dropAfter }),
    connections,
    phases: faults.length === 0 ? phases : phases.map((phase) => ({ ...phase, faults: [...faults, ...phase.faults] })),
    thresholds: withImplied(top.thresholds ?? [], steps),
    abortOn: top.abortOn ?? [],
    omitted: [],
  };
}

/** What steps are judged by where the devices could not be read. */
const anyGroups: readonly DeviceGroup[] = (['ios', 'windows', 'android'] as const).map((platform) => ({
  name: platform,
  platform,
  count: 1_000_000,
}));

/** Names of groups say nothing then. */
const withoutGroups =
  (report: Report): Report =>
  (path, message, where) => {
    if (path.at(-2) !== 'groups') report(path, message, where);
  };

const fieldOf = (raw: unknown, key: string): unknown =>
  typeof raw === 'object' && raw !== null && Object.hasOwn(raw, key) ? Reflect.get(raw, key) : undefined;

function entriesOf(raw: unknown, report: Report): { readonly word: string; readonly entries: readonly unknown[] } {
  const given = ['phases', 'steps'].filter((key) => fieldOf(raw, key) !== undefined);
  const [word = 'phases', other] = given;
  if (other !== undefined) report([other], 'says otherwise than phases: write one of them', 'key');
  if (given.length === 0)
    report([], 'phases: is missing: expected what happens, such as [{ enroll: { over: 5s } }, { leave: {} }]');
  const entries = fieldOf(raw, word);
  return { word, entries: Array.isArray(entries) ? entries : [] };
}

function checkThresholds(
  raw: unknown,
  steps: readonly { readonly name: string }[],
  groups: readonly DeviceGroup[] | undefined,
  report: Report,
): void {
  const platforms = groups === undefined ? undefined : [...new Set(groups.map(({ platform }) => platform))];
  for (const key of ['thresholds', 'abortOn']) {
    const lines = fieldOf(raw, key);
    if (!Array.isArray(lines)) continue;
    for (const [index, line] of lines.entries()) {
      if (typeof line !== 'string') continue;
      const read = readThreshold(line, { steps, ...(platforms === undefined ? {} : { platforms }) });
      if (isMistake(read)) report([key, index], read.problem, read.column - 1);
    }
  }
}

function usersOf({ devices, users: former }: TopWords, folder: string, report: Report): Users {
  if (former !== undefined && devices.users !== undefined) report(['users'], 'is said by devices.users too', 'key');
  const at = devices.users === undefined ? ['users'] : ['devices', 'users'];
  const given = devices.users ?? former ?? { devicesEach: 10 };
  if (!('csv' in given)) return given;
  try {
    return readUsers(resolve(folder, given.csv));
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    report([...at, 'csv'], error.message);
    return { devicesEach: 10 };
  }
}

function keysOf({ devices, keys: former }: TopWords, report: Report): FleetPlan['keys'] {
  if (former !== undefined && devices.keys !== undefined) report(['keys'], 'is said by devices.keys too', 'key');
  return devices.keys ?? former ?? { pool: 64 };
}

function tenantOf({ tenant, authority }: TopWords, folder: string, report: Report): string | undefined {
  if (tenant === undefined) return undefined;
  if (authority !== undefined) report(['authority'], 'is said by the tenant file', 'key');
  const path = resolve(folder, tenant);
  if (!existsSync(path)) report(['tenant'], `there is no file ${path}`);
  return path;
}
