import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, inject } from 'vitest';
import { realClock } from '../../base/clock.js';
import { silentLog } from '../../base/log.js';
import { type RunningAuthority, startAuthority } from '../../server-stub/index.js';
import { authorityKeys, readyKeysEnv } from '../support/keys.js';
import type { Within } from '../support/namespaces.js';
import { type Ended, type Watched, watch } from '../support/watched.js';
import { type HereOptions, rollcallHere } from './in-process.js';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const cli = resolve(root, 'dist/cli.js');

export type Started = Watched;

export interface StartOptions {
  /** Default: an empty folder of its own. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Surroundings that it runs in: see support/namespaces.ts. */
  readonly within?: Within;
}

export interface Announced {
  readonly url: string;
  readonly pushUrl: string;
  readonly apnsUrl: string;
  readonly ca: string;
  readonly tokens: { readonly administrator: string; readonly helpDesk: string; readonly reader: string };
}

/**
 * The built command, for one test file. Its tests may run side by side: what they start and the folders they ask for are
 * kept until all of them have ended.
 */
export function commandLine() {
  if (!existsSync(cli)) throw new Error('dist/ is missing: npm test builds it, or node setup.mjs build');
  const children = new Set<ChildProcessWithoutNullStreams>();
  const folders: string[] = [];
  const authorities: RunningAuthority[] = [];
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const each of authorities) await each.close();
    for (const path of folders) rmSync(path, { recursive: true, force: true });
  });

  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
    folders.push(path);
    return path;
  }

  /** A folder in which keys for a run lie ready; commands look for them there. */
  function folderWithKeys(): string {
    const path = folder();
    cpSync(inject('deviceKeyFolder'), join(path, '.rollcall/keys'), { recursive: true });
    return path;
  }

  /** The same, and the CA in ca.pem. */
  function folderThatTrusts(ca: string): string {
    const path = folderWithKeys();
    writeFileSync(join(path, 'ca.pem'), ca);
    return path;
  }

  function start(args: readonly string[], options: StartOptions = {}): Started {
    const { CI: _, NO_COLOR: __, ROLLCALL_TOKEN: ___, ...env } = process.env;
    const [command = process.execPath, ...words] = [...(options.within ?? []), process.execPath, cli, ...args];
    const child = spawn(command, words, {
      cwd: options.cwd ?? folder(),
      env: { ...env, ...readyKeysEnv(), ...options.env },
    });
    children.add(child);
    const started = watch(child);
    void started.ended.then(() => children.delete(child));
    return started;
  }

  /** Runs the command to its end, with this on its standard input. */
  function rollcall(args: readonly string[], options: StartOptions & { readonly input?: string } = {}): Promise<Ended> {
    const started = start(args, options);
    started.child.stdin.end(options.input ?? '');
    return started.ended;
  }

  /** A running stub authority, and a folder with its CA in ca.pem. */
  async function startServer(
    options: StartOptions = {},
  ): Promise<Started & { readonly announced: Announced; readonly cwd: string }> {
    const started = start(['server', '--port', '0', '--json'], options);
    const [line] = await started.says(/^\{.*\}$/m);
    const announced = JSON.parse(line) as Announced;
    return { ...started, announced, cwd: folderThatTrusts(announced.ca) };
  }

  /** The command within this process, one at a time: see in-process.ts. */
  const here = (args: readonly string[], options: HereOptions = {}): Promise<Ended> =>
    rollcallHere(args, { cwd: folder(), ...options, env: { ...readyKeysEnv(), ...options.env } });

  /** The authority of `rollcall server` within this process, and a folder with its CA in ca.pem. */
  async function authorityHere(): Promise<{
    readonly announced: Announced;
    readonly cwd: string;
    readonly authority: RunningAuthority;
  }> {
    const authority = await startAuthority({ port: 0, log: silentLog, newRsaKey: authorityKeys() });
    authorities.push(authority);
    const { url, pushUrl, apnsUrl, caPem: ca, adminTokens: tokens } = authority;
    return { announced: { url, pushUrl, apnsUrl, ca, tokens }, cwd: folderThatTrusts(ca), authority };
  }

  let shared: ReturnType<typeof authorityHere> | undefined;
  /** One for all tests of the file that only need some authority, and a folder of its own for each, with its CA in ca.pem. */
  async function sharedServer(): Promise<{ readonly announced: Announced; readonly cwd: string }> {
    shared ??= authorityHere();
    const { announced } = await shared;
    return { announced, cwd: folderThatTrusts(announced.ca) };
  }

  return { folder, folderWithKeys, start, rollcall, here, startServer, authorityHere, sharedServer };
}

/** The processes that this one has started and that still run. */
export function childrenOf(pid: number | undefined): number[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .flatMap(([id, parent]) => (parent === pid && id !== undefined ? [id] : []));
}

/** Resolves when the process is gone. It is not ours, so nothing tells us; looking without a pause would keep it from ending. */
export async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await realClock.sleep(10);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
