import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Readable } from 'node:stream';
import { format } from 'node:util';
import { main } from '../../main.js';
import type { Ended } from '../support/watched.js';

class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit code ${code}`);
  }
}

export interface HereOptions {
  /** Default: the folder of the test run. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** All of its standard input. */
  readonly input?: string;
}

/** The command lines within this process run one after another: folder, environment and streams are the process's own. */
let before: Promise<unknown> = Promise.resolve();

/**
 * The command line within this process, for what needs no process of its own: words that are refused, help, one device that does
 * something and ends. A start of the built command costs as much as ten of these; that it does the same, with the exit code and
 * the streams of a process, is shown for each command by one that is started. An embedded stub is a process of the built command here too.
 * Not for several engines, and not for what goes on until it is stopped.
 */
export function rollcallHere(args: readonly string[], options: HereOptions = {}): Promise<Ended> {
  const own = before.then(() => runHere(args, options));
  before = own.catch(() => undefined);
  return own;
}

const { writeSync } = fs;
const built = new URL('../../dist/', import.meta.url);

async function runHere(args: readonly string[], { cwd, env, input }: HereOptions): Promise<Ended> {
  const written = { out: '', err: '' };
  const putBack: (() => void)[] = [];
  /** Not by a spy: those are all taken back when any test of the file begins. */
  const replace = <T extends object, K extends keyof T>(owner: T, name: K, value: T[K]): void => {
    const was = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { value, configurable: true, writable: true });
    putBack.push(() => {
      if (was === undefined) delete owner[name];
      else Object.defineProperty(owner, name, was);
    });
  };
  const catchIn =
    (name: 'out' | 'err') =>
    (text: string | Uint8Array, ...more: unknown[]) => {
      written[name] += String(text);
      const done = more.at(-1);
      if (typeof done === 'function') queueMicrotask(() => done());
      return true;
    };
  const { CI: _, NO_COLOR: __, ROLLCALL_TOKEN: ___, ...environment } = process.env;
  replace(process, 'env', { ...environment, ...env });
  replace(process, 'argv', [process.execPath, 'rollcall', ...args]);
  replace(process.stdout, 'write', catchIn('out'));
  replace(process.stderr, 'write', catchIn('err'));
  replace(console, 'log', (...words: unknown[]) => {
    written.out += `${format(...words)}\n`; // help
  });
  const writeHere = (fd: number, ...more: readonly unknown[]): number => {
    const [bytes, offset = 0] = more;
    if (fd !== 2 || !Buffer.isBuffer(bytes)) return Reflect.apply(writeSync, fs, [fd, ...more]);
    written.err += bytes.subarray(Number(offset)).toString(); // a line of the log
    return bytes.length - Number(offset);
  };
  replace(fs, 'writeSync', writeHere as typeof fs.writeSync);
  replace(process, 'exit', (code) => {
    throw new Exit(Number(code));
  });
  if (input !== undefined) replace(process, 'stdin', Readable.from([input]) as unknown as typeof process.stdin);
  putBack.push(keepListeners(process, ['SIGINT', 'SIGTERM']));
  for (const stream of [process.stdout, process.stderr]) putBack.push(keepListeners(stream, ['error']));
  const { exitCode } = process;
  const from = process.cwd();
  try {
    syncBuiltinESMExports();
    if (cwd !== undefined) process.chdir(cwd);
    process.exitCode = undefined;
    const code = await main('0.0.0', built).then(
      () => Number(process.exitCode ?? 0),
      (error: unknown) => {
        if (error instanceof Exit) return error.code;
        throw error;
      },
    );
    return { code, signal: null, ...written };
  } finally {
    for (const each of putBack.reverse()) each();
    syncBuiltinESMExports();
    process.chdir(from);
    process.exitCode = exitCode;
  }
}

/** Gives what takes away the listeners that have come since. */
function keepListeners(emitter: NodeJS.EventEmitter, names: readonly string[]): () => void {
  const before = new Set(names.flatMap((name) => emitter.listeners(name)));
  return () => {
    for (const name of names)
      for (const each of emitter.listeners(name))
        if (!before.has(each)) emitter.removeListener(name, each as () => void);
  };
}
