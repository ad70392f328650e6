// Runs a command so that what it does to a folder is recorded call by call: see preload.c. Nothing of vitest in here.
import { execFileSync } from 'node:child_process';
import { hash, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../../../agent/index.js';
import type { Within } from '../namespaces.js';
import { readCalls, type Sent } from './calls.js';
import { follow, type RecordedDisk, readBaseline } from './disk.js';
import { rebuild, type Tree } from './rebuild.js';

/** A recording of one folder, over as many commands as are run `within` it, one after another. */
export interface Recording {
  /** Runs what follows so that it is recorded. The process that is started is the command. */
  readonly within: Within;
  /**
   * Everything that was done to the folder, once the command has ended. Throws where something happened that cannot be recorded,
   * and where the folder is not what the record makes it: then a call was overlooked.
   */
  read(): Recorded;
  /** Removes the record. */
  close(): void;
}

export interface Recorded extends RecordedDisk {
  /**
   * The position from which on an answer counts as given: where its last byte began to go out to the client's port. `ns` is when
   * the client had it in full, by `process.hrtime.bigint()`, with nothing else asked on that connection meanwhile. Throws where
   * nothing was sent to that port.
   */
  answered(port: number, ns: bigint): number;
}

/** TLS's own messages (a closing, a key update) are no answer: an encrypted record of at least a byte of HTTP is longer. */
const leastAnswerBytes = 64;

/** Begins with the folder as it is, which counts as safe. Needs gcc. */
export function record(folder: string): Recording {
  const root = realpathSync(folder);
  const library = build();
  const own = mkdtempSync(join(tmpdir(), 'rollcall-record-'));
  const log = join(own, 'calls');
  const baseline = readBaseline(root);
  return {
    within: ['env', `LD_PRELOAD=${library}`, `POWER_LOSS_ROOT=${root}`, `POWER_LOSS_LOG=${log}`],
    read() {
      const calls = readCalls(existsSync(log) ? readFileSync(log) : Buffer.alloc(0));
      const disk = follow(baseline, calls);
      compare(disk, calls.length, root);
      return { ...disk, answered: (port, ns) => answered(calls.sent, port, ns) };
    },
    close: () => rmSync(own, { recursive: true, force: true }),
  };
}

function answered(sent: readonly Sent[], port: number, ns: bigint): number {
  const last = sent.findLast((each) => each.port === port && each.ns <= ns && each.bytes >= leastAnswerBytes);
  if (last === undefined) throw new Error(`nothing was sent to port ${port}`);
  return last.at;
}

/** Calls that were under way when the process was killed may have been done or not: files that they concern are passed over. */
function compare(disk: RecordedDisk, end: number, root: string): void {
  const kept = { name: '', names: 'done', data: 'kept' } as const;
  if (disk.names.some((change) => change.end === undefined)) return;
  const expected = rebuild(disk, end, kept, seededRandom('', 0));
  const there = rebuild({ ...disk, root: readBaseline(root).root, names: [] }, end, kept, seededRandom('', 0));
  const uncertain = namesOfUncertain(disk);
  const same = (one: ReturnType<Tree['get']>, other: ReturnType<Tree['get']>) =>
    Buffer.isBuffer(one) && Buffer.isBuffer(other) ? one.equals(other) : JSON.stringify(one) === JSON.stringify(other);
  const differing = [...new Set([...expected.keys(), ...there.keys()])].filter(
    (path) => !uncertain.has(path.split('/').at(-1) ?? '') && !same(expected.get(path), there.get(path)),
  );
  if (differing.length > 0) throw new Error(`a call was overlooked: ${differing.join(', ')} is not what was recorded`);
}

function namesOfUncertain({ names, root }: RecordedDisk): Set<string> {
  const of = new Set<string>();
  const look = (name: string, inode: RecordedDisk['root']): void => {
    if (inode.changes.some(({ end }) => end === undefined)) of.add(name);
    for (const [inner, each] of inode.baseNames) look(inner, each);
  };
  look('', root);
  for (const { adds } of names) if (adds !== undefined) look(adds.name, adds.inode);
  return of;
}

/** The library, built once for each text of it. */
function build(): string {
  const source = join(sourceFolder(), 'preload.c');
  const library = join(tmpdir(), `rollcall-power-loss-${hash('sha256', readFileSync(source), 'hex').slice(0, 16)}.so`);
  if (existsSync(library)) return library;
  const draft = `${library}.${randomUUID()}`;
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-Wall', '-o', draft, source, '-ldl']);
  renameSync(draft, library);
  return library;
}

/** Beside this file, or where this file was built from. */
function sourceFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return existsSync(join(here, 'preload.c')) ? here : here.replace(/([\\/])dist([\\/]test[\\/]support)/, '$1$2');
}
