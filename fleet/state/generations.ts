// Where devices of a fleet lie in its state folder: a folder for each generation (a run) and shard, `devices/<generation>-<shard>`, each
// with a journal and a lock of the engine that writes it. Of a device that lies in several the newest generation has it as it is.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { agentError } from '../../agent/index.js';
import { withFile } from '../../base/command-line.js';
import { lockFolder } from '../../base/folder-lock.js';
import { syncFolderNow } from '../../base/folders.js';
import type { JournalErrors } from '../../base/journal/journal-store.js';

/** One engine's part of one run. */
export interface Generation {
  readonly generation: number;
  readonly shard: number;
  readonly folder: string;
}

/** What journals of devices throw. */
export const deviceErrors: JournalErrors = {
  damaged: (message, context) =>
    agentError('STATE_CORRUPT', message, {
      hint: 'The fleet of this folder cannot be used any more: take a copy of it, or another folder, or `rollcall fleet prepare` a new one.',
      ...context,
    }),
  unwritable: (message, context) => agentError('STATE_UNSAVED', message, context),
};

export const devicesFolder = (folder: string): string => join(folder, 'devices');
export const journalOf = (folder: string): string => join(folder, 'devices.journal');
export const folderOf = (folder: string, generation: number, shard: number): string =>
  join(devicesFolder(folder), `${generation}-${shard}`);

/** All that are there, the newest generation first. Throws FILE_UNUSABLE. */
export function generationsIn(folder: string): readonly Generation[] {
  const parent = devicesFolder(folder);
  if (!existsSync(parent)) return [];
  return withFile(parent, () => readdirSync(parent))
    .flatMap((name) => {
      const [, generation, shard] = /^(\d{1,9})-(\d{1,6})$/.exec(name) ?? [];
      if (generation === undefined || shard === undefined) return [];
      return [{ generation: Number(generation), shard: Number(shard), folder: join(parent, name) }];
    })
    .sort((one, other) => other.generation - one.generation || one.shard - other.shard);
}

/** Throws STATE_LOCKED while the engine of an earlier run still writes: its coordinator was killed, and it has not noticed yet. */
export function assertUnused(generations: readonly Generation[]): void {
  for (const { folder } of generations)
    lockFolder(folder, (message, context) => agentError('STATE_LOCKED', message, context))();
}

/** Removes generations before this one: what they hold lies in it too. */
export function removeBefore(folder: string, generation: number): void {
  for (const each of generationsIn(folder)) {
    if (each.generation >= generation) continue;
    withFile(each.folder, () => rmSync(each.folder, { recursive: true, force: true }));
  }
  withFile(devicesFolder(folder), () => syncFolderNow(devicesFolder(folder)));
}
