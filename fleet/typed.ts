import { accessSync, constants } from 'node:fs';
import { readWhole, withFile } from '../base/command-line.js';
import { makeFolder } from '../base/folders.js';
import { defaultKeysFolder, type ReportOptions, type ScenarioOptions } from './options.js';
import { usersOf } from './place.js';
import { withDevices } from './scenario/devices.js';
import type { FleetPlan } from './scenario/model.js';
import { readScenarioAt } from './scenario/read.js';

// What is made of what a person typed.

/** The scenario as the options change it. Throws FILE_UNUSABLE, SCENARIO_INVALID, USAGE. */
export function planOf({
  scenario,
  devices,
  seed,
  keys,
  users,
}: ScenarioOptions & { readonly users?: string | undefined }): FleetPlan {
  const plan = readScenarioAt(scenario);
  return Object.freeze({
    ...plan,
    seed: seed ?? plan.seed,
    groups: devices === undefined ? plan.groups : withDevices(plan.groups, devices),
    users: users === undefined ? plan.users : usersOf(users),
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
