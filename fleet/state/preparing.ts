// A state folder while `fleet prepare` fills it: marked from its first file to its last, so that half a fleet is never taken for one.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineError, withFile } from '../../base/command-line.js';
import { syncFolderNow } from '../../base/folders.js';
import { writeWholeFile } from '../../base/whole-file.js';
import { fleetError } from '../errors.js';

const markName = 'preparing';
const markOf = (folder: string): string => join(folder, markName);
/** All that preparing makes, the keys excepted: they are as good for the next try. */
const made = ['authority', 'devices', 'fleet.json'] as const;

export const isUnfinished = (folder: string): boolean => existsSync(markOf(folder));

/** Throws FLEET_UNFINISHED. */
export function assertFinished(folder: string): void {
  if (isUnfinished(folder))
    throw fleetError('FLEET_UNFINISHED', `the fleet in ${folder} was being prepared, and that did not come to its end`);
}

/** Throws FILE_UNUSABLE for what is not of a fleet and has the name of what preparing makes: `discard` would remove it. */
export function assertNothingOfOthers(folder: string): void {
  const [name] = made.filter((each) => existsSync(join(folder, each)));
  if (name === undefined) return;
  throw commandLineError('FILE_UNUSABLE', `${join(folder, name)} is there already, and ${folder} is no whole fleet`, {
    hint: 'Prepare in a new folder. What a run left there that came to nothing can be removed by hand.',
  });
}

/** From now on the folder is no fleet. Throws FILE_UNUSABLE. */
export const beginPreparing = (folder: string): Promise<void> =>
  writeWholeFile(markOf(folder), 'rollcall fleet prepare is at work here, or was stopped\n', { mode: 0o600 });

/** From now on it is one: all of it is on the disk. */
export function endPreparing(folder: string): void {
  withFile(folder, () => {
    rmSync(markOf(folder), { force: true });
    syncFolderNow(folder);
  });
}

/** Removes what was made of a fleet that is not whole; the mark goes last. */
export function discard(folder: string): void {
  withFile(folder, () => {
    for (const name of made) rmSync(join(folder, name), { recursive: true, force: true });
    rmSync(markOf(folder), { force: true });
  });
}
