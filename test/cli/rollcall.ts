import { type ChildProcessWithoutNullStreams, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/programs.js';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const cli = resolve(root, 'dist/cli.js');

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves once standard output and error together match; rejects when the command ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts the built command, in a folder of its own unless `cwd` says otherwise. It is killed when the test ends. */
export function start(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): Started {
  if (!existsSync(cli)) throw new Error('dist/ is missing: npm test builds it, or node setup.mjs build');
  const { CI: _, NO_COLOR: __, ROLLCALL_TOKEN: ___, ...env } = process.env;
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: options.cwd ?? temporaryFolder(),
    env: { ...env, ...options.env },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let out = '';
  let err = '';
  const listeners = new Set<() => void>();
  const heard = () => {
    for (const each of listeners) each();
  };
  child.stdin.on('error', () => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    heard();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    heard();
  });
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code) => {
      done({ code, out, err });
      heard();
    });
  });
  return {
    child,
    ended,
    says: (pattern) =>
      new Promise((found, never) => {
        const look = () => {
          const match = pattern.exec(`${out}\n${err}`);
          if (match === null && child.exitCode === null && child.signalCode === null) return;
          listeners.delete(look);
          if (match !== null) found(match);
          else never(new Error(`it ended without saying ${pattern}:\n${out}\n${err}`));
        };
        listeners.add(look);
        look();
      }),
  };
}

/** Runs the command to its end, with this on its standard input. */
export function rollcall(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  const started = start(args, options);
  started.child.stdin.end(options.input ?? '');
  return started.ended;
}

/** Runs commands that end by themselves side by side, for a `beforeAll`. */
export async function runAll(commands: readonly (readonly string[])[]): Promise<readonly Ended[]> {
  const cwd = mkdtempSync(join(tmpdir(), 'rollcall-test-'));
  try {
    return await Promise.all(
      commands.map(
        (args) =>
          new Promise<Ended>((done) => {
            const child = execFile(process.execPath, [cli, ...args], { cwd, timeout: 25_000 }, (_, out, err) =>
              done({ code: child.exitCode, out, err }),
            );
            child.stdin?.end();
          }),
      ),
    );
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** The processes that this one has started and that still run. */
export function childrenOf(pid: number | undefined): number[] {
  const rows = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/).map(Number))
    .flatMap(([id, parent]) => (parent === pid && id !== undefined ? [id] : []));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A running stub authority, by `rollcall server --json`. */
export async function startServer() {
  const started = start(['server', '--port', '0', '--json']);
  const [line] = await started.says(/^\{.*\}$/m);
  const announced = JSON.parse(line) as {
    url: string;
    pushUrl: string;
    apnsUrl: string;
    ca: string;
    tokens: { administrator: string; reader: string };
  };
  return { ...started, announced };
}
