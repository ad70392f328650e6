// What a disk may hold after the power went, from a record of calls: each change of data and of names, and since when it is safe.
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Call, CallRecord } from './calls.js';

interface Change {
  readonly begin: number;
  /** When the call had returned; undefined: it never did. */
  end: number | undefined;
  /** From when on a loss of power takes it away no more: a sync that began after it had ended has ended well. */
  safe: number | undefined;
}

/** Data that is written, or another length. */
export type DataChange = Change & ({ readonly offset: number; data: Buffer } | { readonly length: number });

/** A name that comes, goes, or both at once (a rename). */
export interface NameChange extends Change {
  readonly adds?: { readonly folder: Inode; readonly name: string; readonly inode: Inode };
  readonly removes?: { readonly folder: Inode; readonly name: string };
}

/** A file, a folder or a symbolic link: what a name stands for. */
export interface Inode {
  readonly kind: 'file' | 'folder' | 'link';
  /** What was in it when the recording began (of a link, its target); it counts as safe. */
  readonly base: Buffer;
  readonly changes: DataChange[];
  /** Of a folder: what was in it when the recording began. */
  readonly baseNames: ReadonlyMap<string, Inode>;
}

/** The folder when the recording begins. */
export interface Baseline {
  /** A real path. */
  readonly path: string;
  readonly root: Inode;
  readonly byFile: ReadonlyMap<string, Inode>;
}

/** A folder with everything that was changed in it. */
export interface RecordedDisk {
  readonly path: string;
  readonly root: Inode;
  /** In the order in which they began. */
  readonly names: readonly NameChange[];
  /** The positions at which something began or ended: the moments at which the power may go. */
  readonly moments: readonly number[];
}

const nothing = Buffer.alloc(0);
const inodeOf = (kind: Inode['kind'], base = nothing, baseNames: ReadonlyMap<string, Inode> = new Map()): Inode => ({
  kind,
  base,
  changes: [],
  baseNames,
});

/** Reads a folder as it is. */
export function readBaseline(path: string): Baseline {
  const byFile = new Map<string, Inode>();
  const read = (at: string): Inode => {
    const { dev, ino } = lstatSync(at, { bigint: true });
    const file = `${dev}:${ino}`;
    const known = byFile.get(file); // another hard link to it
    if (known !== undefined) return known;
    const stat = lstatSync(at);
    const inode = stat.isDirectory()
      ? inodeOf('folder', nothing, new Map(readdirSync(at).map((name) => [name, read(join(at, name))])))
      : stat.isSymbolicLink()
        ? inodeOf('link', Buffer.from(readlinkSync(at)))
        : inodeOf('file', stat.isFile() ? readFileSync(at) : nothing);
    byFile.set(file, inode);
    return inode;
  };
  return { path, root: read(path), byFile };
}

/** Follows the calls from the folder as it was. Throws where something happened that cannot be recorded. */
export function follow({ path, root, byFile: first }: Baseline, { steps, unrecordable }: CallRecord): RecordedDisk {
  if (unrecordable.length > 0) throw new Error(`what the program does cannot be recorded: ${unrecordable.join(', ')}`);
  const byFile = new Map(first);
  const names: NameChange[] = [];
  const present = new Map<Inode, Map<string, Inode>>();
  const changeOf = new Map<Call, DataChange>();
  const namesIn = (folder: Inode): Map<string, Inode> => {
    const known = present.get(folder) ?? new Map(folder.baseNames);
    present.set(folder, known);
    return known;
  };
  const at = (where: string): Inode | undefined => {
    if (where === path) return root;
    const folder = at(dirname(where));
    return folder === undefined ? undefined : namesIn(folder).get(basename(where));
  };
  const folderOf = (where: string): Inode => {
    const folder = at(dirname(where));
    if (folder === undefined) throw new Error(`${dirname(where)} was never seen to come into being`);
    return folder;
  };
  const become = (call: Call, add: [where: string, inode: Inode] | undefined, remove?: string): void => {
    const change: NameChange = {
      begin: call.begin,
      end: call.end,
      safe: undefined,
      ...(add === undefined ? {} : { adds: { folder: folderOf(add[0]), name: basename(add[0]), inode: add[1] } }),
      ...(remove === undefined ? {} : { removes: { folder: folderOf(remove), name: basename(remove) } }),
    };
    names.push(change);
    if (call.end === undefined) return; // nobody knows whether it was done
    if (change.removes !== undefined) namesIn(change.removes.folder).delete(change.removes.name);
    if (change.adds !== undefined) namesIn(change.adds.folder).set(change.adds.name, change.adds.inode);
  };
  const made = (call: Call & { readonly file: string; readonly path: string }, kind: 'file' | 'folder') => {
    const inode = inodeOf(kind);
    byFile.set(call.file, inode);
    become(call, [call.path, inode]);
  };
  const known = (where: string): Inode => {
    const inode = at(where);
    if (inode === undefined) throw new Error(`${where} was never seen to come into being`);
    return inode;
  };

  /** A call that changes names: when it has ended, or never will. */
  const rename = (call: Call): void => {
    switch (call.kind) {
      case 'open': {
        if (call.isMade) made(call, 'file');
        const { begin, end } = call;
        if (call.isEmptied) byFile.get(call.file)?.changes.push({ begin, end, safe: undefined, length: 0 });
        break;
      }
      case 'mkdir':
        made(call, 'folder');
        break;
      case 'symlink':
        become(call, [call.path, inodeOf('link', Buffer.from(call.to))]);
        break;
      case 'link':
        become(call, [call.to, known(call.path)]);
        break;
      case 'rename':
        if (at(call.to) !== known(call.path)) become(call, [call.to, known(call.path)], call.path);
        break;
      case 'unlink':
      case 'rmdir':
        become(call, undefined, call.path);
        break;
    }
  };
  const change = (call: Call & { readonly kind: 'write' | 'truncate' }): void => {
    const inode = byFile.get(call.file);
    if (inode === undefined) throw new Error(`file ${call.file} was never seen to come into being`);
    const { begin, end } = call;
    const about = call.kind === 'write' ? { offset: call.offset, data: call.data } : { length: call.length };
    const made: DataChange = { begin, end, safe: undefined, ...about };
    changeOf.set(call, made);
    inode.changes.push(made);
  };
  const synced = (call: Call & { readonly kind: 'sync' }): void => {
    const inode = byFile.get(call.file);
    const isSafe = (each: Change) => each.safe === undefined && each.end !== undefined && each.end < call.begin;
    for (const each of inode?.changes ?? []) if (isSafe(each)) each.safe = call.end;
    for (const each of names) {
      const folder = each.adds?.folder ?? each.removes?.folder;
      if (folder === inode && isSafe(each)) each.safe = call.end;
    }
  };

  for (const { call, phase } of steps) {
    const isDone = call.end === undefined || (call.result ?? -1) >= 0;
    if (!isDone) continue;
    if (call.kind === 'write' || call.kind === 'truncate') {
      if (phase === 'begin') change(call);
      const changed = changeOf.get(call);
      if (changed !== undefined && 'data' in changed && call.result !== undefined)
        changed.data = changed.data.subarray(0, call.result); // as many as were taken
    } else if (call.kind === 'sync') {
      if (phase === 'end') synced(call);
    } else if (phase === 'end' || call.end === undefined) {
      if (call.end !== undefined || (call.kind !== 'open' && call.kind !== 'mkdir')) rename(call); // else nobody wrote into it
    }
  }
  names.sort((one, other) => one.begin - other.begin);
  return { path, root, names, moments: steps.map((step) => step.at) };
}
