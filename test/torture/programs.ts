// The built program in processes, and the folders they use: all of it gone when the script ends.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Within } from '../support/namespaces.js';
import { type Watched, watch } from '../support/watched.js';

export type Program = Watched;

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
    const program = watch(child);
    void program.ended.then(() => this.#running.delete(program));
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
