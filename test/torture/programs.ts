// The built program in processes, and the folders they use: all of it gone when the script ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Within } from '../support/namespaces.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** True until it has ended. */
  readonly isRunning: boolean;
  /** What it has said until now, on standard output and standard error. */
  readonly said: string;
  /** Resolves once what it has said matches; throws when it ends before, with what it said. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface StartOptions {
  readonly within?: Within;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a script starts and makes. `cli` is the built program; without `mayKeep` no folder stays behind. */
export class Programs {
  readonly #cli: string;
  readonly #running = new Set<Program>();
  readonly #folders = new Set<string>();

  readonly #mayKeep: boolean;

  constructor(cli: string, { mayKeep = true }: { readonly mayKeep?: boolean } = {}) {
    this.#mayKeep = mayKeep;
    this.#cli = cli;
  }

  /** Runs a command of the built program. */
  start(args: readonly string[], { within = [], env = {} }: StartOptions = {}): Program {
    const [command = process.execPath, ...words] = [...within, process.execPath, this.#cli, ...args];
    const child = spawn(command, words, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    let isRunning = true;
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
      child.once('close', (code, signal) => {
        isRunning = false;
        this.#running.delete(program);
        done({ code, signal, out, err });
        heard();
      });
      child.once('error', (error) => {
        err += error.message;
      });
    });
    const program: Program = {
      child,
      ended,
      get isRunning() {
        return isRunning;
      },
      get said() {
        return `${out}\n${err}`;
      },
      says: (pattern) =>
        new Promise((found, never) => {
          const look = () => {
            const match = pattern.exec(`${out}\n${err}`);
            if (match === null && isRunning) return;
            listeners.delete(look);
            if (match !== null) found(match);
            else never(new Error(`it ended without saying ${pattern}:\n${out}\n${err}`));
          };
          listeners.add(look);
          look();
        }),
    };
    this.#running.add(program);
    return program;
  }

  /** A new empty folder. */
  folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'rollcall-torture-'));
    this.#folders.add(path);
    return path;
  }

  /** Leaves this folder to whoever wants to look into it. */
  keep(folder: string): void {
    if (this.#mayKeep) this.#folders.delete(folder);
  }

  /** Removes it, unless it is kept. */
  remove(folder: string): void {
    if (!this.#folders.delete(folder)) return;
    rmSync(folder, { recursive: true, force: true });
  }

  /** Kills what runs and removes what was made. */
  async close(): Promise<void> {
    const running = [...this.#running];
    for (const { child } of running) child.kill('SIGKILL');
    await Promise.all(running.map(({ ended }) => ended));
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
    this.#folders.clear();
  }
}
