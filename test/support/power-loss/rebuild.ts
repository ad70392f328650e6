// The folders that a loss of power may leave behind, at one moment or at each.
import { hash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from '../../../agent/index.js';
import type { DataChange, Inode, RecordedDisk } from './disk.js';

const sector = 512;

/**
 * What becomes of what was not synced.
 * `names`: changes of names not followed by a sync of the folder: done in order, up to one of them.
 * `data`: `torn` takes each sector of 512 bytes as it was at some time, or as zeros where the file has grown, and some length of
 * those that the file had; `zeros` is a file that has grown and whose new data never came.
 */
export interface Fate {
  readonly name: string;
  readonly names: 'undone' | 'done' | 'some';
  readonly data: 'dropped' | 'kept' | 'torn' | 'zeros';
}

export const fates: readonly Fate[] = [
  { name: 'all dropped', names: 'undone', data: 'dropped' },
  { name: 'all kept', names: 'done', data: 'kept' },
  { name: 'torn', names: 'done', data: 'torn' },
  { name: 'grown without data', names: 'done', data: 'zeros' },
  { name: 'names undone', names: 'undone', data: 'kept' },
  { name: 'names done, data dropped', names: 'done', data: 'dropped' },
  { name: 'some names, torn', names: 'some', data: 'torn' },
];

/** A folder in memory: what lies under each relative path. */
export type Tree = ReadonlyMap<string, Buffer | 'folder' | { readonly target: string }>;

export interface Rebuilt {
  readonly fate: Fate;
  /** The last moment at which the power may have gone: everything up to this record had happened. */
  readonly moment: number;
  readonly tree: Tree;
}

/** The folder as it may be found when the power went right after the record at this position. */
export function rebuild(
  { root, names }: RecordedDisk,
  moment: number,
  { names: fate, data }: Fate,
  random: Random,
): Tree {
  const begun = names.filter(({ begin }) => begin <= moment);
  const open = begun.filter(({ safe }) => safe === undefined || safe > moment);
  const done = { undone: 0, done: open.length, some: random.integer(open.length + 1) }[fate];
  const isDone = new Set(open.slice(0, done));
  const namesIn = new Map<Inode, Map<string, Inode>>();
  const of = (folder: Inode): Map<string, Inode> => {
    const found = namesIn.get(folder) ?? new Map(folder.baseNames);
    namesIn.set(folder, found);
    return found;
  };
  for (const change of begun) {
    if (change.safe === undefined || change.safe > moment) if (!isDone.has(change)) continue;
    const { adds, removes } = change;
    if (removes !== undefined) of(removes.folder).delete(removes.name);
    if (adds !== undefined) of(adds.folder).set(adds.name, adds.inode);
  }
  const tree = new Map<string, Buffer | 'folder' | { target: string }>();
  const walk = (folder: Inode, path: string): void => {
    for (const [name, inode] of of(folder)) {
      const at = join(path, name);
      if (inode.kind === 'link') tree.set(at, { target: inode.base.toString() });
      else if (inode.kind === 'file') tree.set(at, contentOf(inode, moment, data, random));
      else {
        tree.set(at, 'folder');
        walk(inode, at);
      }
    }
  };
  walk(root, '');
  return tree;
}

function contentOf({ base, changes }: Inode, moment: number, fate: Fate['data'], random: Random): Buffer {
  const begun = changes.filter(({ begin }) => begin <= moment);
  const isSafe = ({ safe }: DataChange) => safe !== undefined && safe <= moment;
  const safe = begun.filter(isSafe).reduce(changed, base);
  const open = begun.filter((each) => !isSafe(each));
  if (open.length === 0 || fate === 'dropped') return safe;
  const versions = [safe];
  for (const each of open) versions.push(changed(versions.at(-1) ?? safe, each));
  const last = versions.at(-1) ?? safe;
  if (fate === 'kept') return last;
  if (fate === 'zeros') return last.length <= safe.length ? safe : changed(safe, { length: last.length });
  const length = versions[random.integer(versions.length)]?.length ?? 0;
  const torn = Buffer.alloc(length);
  for (let at = 0; at < length; at += sector) {
    const isNew = at >= safe.length;
    const version = versions[random.integer(versions.length + (isNew ? 1 : 0))]; // one more: zeros
    if (version !== undefined && at < version.length) version.copy(torn, at, at, Math.min(at + sector, length));
  }
  return torn;
}

/** A file's content after a change, as a new buffer. */
function changed(
  content: Buffer,
  change: { readonly offset: number; readonly data: Buffer } | { readonly length: number },
) {
  const length = 'length' in change ? change.length : Math.max(content.length, change.offset + change.data.length);
  const next = Buffer.alloc(length);
  content.copy(next, 0, 0, length);
  if ('data' in change) change.data.copy(next, change.offset);
  return next;
}

/**
 * Every folder that can be found: at each moment, in each variant. Folders that are alike are one, at the latest of their moments,
 * when the most was acknowledged. Where there are more than `most`, they are thinned evenly, each variant by itself; the seed says
 * which stay.
 */
export function rebuildAll(
  disk: RecordedDisk,
  { seed, most }: { readonly seed: string; readonly most: number },
): Rebuilt[] {
  const each = fates.map((fate, k) => {
    const latest = new Map<string, Rebuilt>();
    for (const moment of disk.moments) {
      const tree = rebuild(disk, moment, fate, seededRandom(seed, moment));
      latest.set(digestOf(tree), { fate, moment, tree });
    }
    const all = [...latest.values()].sort((one, other) => one.moment - other.moment);
    return thinned(all, Math.ceil(most / fates.length), seededRandom(seed, k));
  });
  const longest = Math.max(...each.map(({ length }) => length));
  // In turn, so that whoever stops early has seen some of each.
  return Array.from({ length: longest }, (_, k) => each.flatMap((some) => some.slice(k, k + 1))).flat();
}

function thinned<T>(all: readonly T[], most: number, random: Random): T[] {
  if (all.length <= most) return [...all];
  const step = all.length / most;
  const start = random.fraction() * step;
  return Array.from({ length: most }, (_, k) => all[Math.floor(start + k * step)]).filter((each) => each !== undefined);
}

function digestOf(tree: Tree): string {
  const parts = [...tree]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([path, what]) => {
      const content = Buffer.isBuffer(what) ? hash('sha1', what, 'hex') : typeof what === 'string' ? what : what.target;
      return `${path}\0${content}`;
    });
  return hash('sha1', parts.join('\0'), 'hex');
}

/** Writes it out, into a folder that is there and empty. */
export function writeTree(tree: Tree, folder: string): void {
  for (const [path, what] of tree) {
    const at = join(folder, path);
    if (what === 'folder') mkdirSync(at, { mode: 0o700 });
    else if (Buffer.isBuffer(what)) writeFileSync(at, what, { mode: 0o600 });
    else symlinkSync(what.target, at);
  }
}
