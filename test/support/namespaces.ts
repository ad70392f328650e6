// Commands that run another command in surroundings of its own: a small disk, another PID namespace, few descriptors. Linux, as
// root. Whether it may be done here is a question of `outside.ts`: `describeIf(has('unshare -m'), 'unshare -m')`, and so on.
// Nothing of vitest in here: the torture script uses it too.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The beginning of a command line; what it is to run comes behind it. Without words of its own: nothing is wrapped. */
export type Within = readonly string[];

/** What must be possible here for each of the surroundings; asked once a run (outside-setup.ts). */
export const rights = {
  'unshare -m': () =>
    worked('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /tmp && nsenter -t $$ -m -- true']),
  'unshare -p': () => worked('unshare', ['-p', '-f', '--mount-proc', '--kill-child', 'true']),
  prlimit: () => worked('prlimit', ['--nofile=256:256', 'true']),
} as const satisfies Readonly<Record<string, () => boolean>>;

export type Right = keyof typeof rights;

const worked = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/**
 * Runs what follows with this bound of open descriptors, soft and hard. It is executed in place: the process that is started is
 * the command.
 *
 * @example
 * start(['server', '--port', '0'], { within: descriptors(256) });
 */
export const descriptors = (most: number): Within => ['prlimit', `--nofile=${most}:${most}`];

/**
 * Runs what follows as process 1 of a PID namespace of its own, with a /proc of its own, as a container has them. The process that
 * is started is `unshare`, which ends as the command ends and takes it along when it is killed outright. It hears no SIGTERM and no
 * SIGINT: send those to `insideOf(child.pid)`.
 */
export const pidNamespace: Within = ['unshare', '-p', '-f', '--mount-proc', '--kill-child'];

/** The process (by its id out here) that `unshare` has started in a PID namespace; undefined while or when there is none. */
export function insideOf(unshare: number | undefined): number | undefined {
  try {
    const first = readFileSync(`/proc/${unshare}/task/${unshare}/children`, 'utf8').trim().split(' ')[0];
    return first === undefined || first === '' ? undefined : Number(first);
  } catch {
    return undefined;
  }
}

/**
 * A tmpfs of a bounded size in a mount namespace of its own: a disk that can be full. It lasts until `close`, or until this process
 * ends in whatever way; the commands that run on it come and go.
 *
 * @example
 * const disk = await smallDisk(64 * 1024);
 * onTestFinished(() => disk.close());
 * const stub = start(['server', '--port', '0', '--data', join(disk.path, 'data')], { within: disk.within });
 * disk.fill(4096);
 * readdirSync(join(disk.outside, 'data'));
 */
export interface SmallDisk {
  /** Where it is for the commands that run `within`. */
  readonly path: string;
  /** Where it is for everybody else, this process too. */
  readonly outside: string;
  /** Runs what follows where the disk is; in the folder that it was started in. The process that is started is the command. */
  readonly within: Within;
  /** Bytes that can still be written; a file takes whole pages of 4096. */
  free(): number;
  /** Takes away all of the room but so many bytes (rounded down to pages), by a file `filler` at the top. */
  fill(leave?: number): void;
  /** Gives the room back that `fill` took. */
  makeRoom(): void;
  /** Ends the disk, once nothing runs on it any more. */
  close(): Promise<void>;
}

/** Throws when it cannot be mounted: see `rights`. */
export async function smallDisk(bytes: number): Promise<SmallDisk> {
  const path = mkdtempSync(join(tmpdir(), 'rollcall-disk-'));
  const mount = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && echo mounted && exec cat'; // cat ends with the pipe from this process
  const holder = spawn('unshare', ['-m', 'sh', '-c', mount, 'sh', String(bytes), path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((done) => holder.once('close', () => done()));
  holder.stdin.on('error', () => undefined);
  try {
    await said(holder, ended);
  } catch (error) {
    rmdirSync(path);
    throw error;
  }
  const outside = `/proc/${holder.pid}/root${path}`;
  const filler = join(outside, 'filler');
  const free = () => {
    const { bavail, bsize } = statfsSync(outside);
    return bavail * bsize;
  };
  return {
    path,
    outside,
    // A process that enters a mount namespace stands at its root: it goes back to where it was.
    within: ['sh', '-c', `exec nsenter -t ${holder.pid} -m -- sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"`, 'sh'],
    free,
    fill(leave = 0) {
      rmSync(filler, { force: true });
      const pages = Math.floor(Math.max(0, free() - leave) / 4096);
      writeFileSync(filler, Buffer.alloc(pages * 4096));
    },
    makeRoom: () => rmSync(filler, { force: true }),
    async close() {
      holder.stdin.end();
      await ended;
      rmdirSync(path);
    },
  };
}

/** Resolves when the holder says that it has mounted; rejects when it ends before. */
function said(holder: ChildProcess, ended: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    holder.once('error', reject);
    holder.stdout?.once('data', () => resolve());
    void ended.then(() =>
      reject(new Error('a small disk could not be mounted: unshare -m and mount need the right to')),
    );
  });
}
