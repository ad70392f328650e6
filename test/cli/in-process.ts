import { vi } from 'vitest';
import { main } from '../../main.js';
import type { Ended } from '../support/watched.js';

class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit code ${code}`);
  }
}

/**
 * The command line within this process, one at a time, for what needs no process of its own: words that are refused before anything
 * is started. A start of the built command costs a hundred times as much.
 */
export async function rollcallHere(args: readonly string[]): Promise<Ended> {
  const written = { out: '', err: '' };
  const writeTo = (name: 'out' | 'err') => (text: string | Uint8Array) => {
    written[name] += String(text);
    return true;
  };
  const { argv, exitCode } = process;
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const before = new Set(signals.flatMap((name) => process.listeners(name)));
  const streams = [process.stdout, process.stderr];
  const errorsBefore = new Set(streams.flatMap((stream) => stream.listeners('error')));
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(writeTo('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(writeTo('err')),
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Exit(Number(code));
    }),
  ];
  try {
    process.argv = [process.execPath, 'rollcall', ...args];
    process.exitCode = undefined;
    const code = await main('0.0.0').then(
      () => Number(process.exitCode ?? 0),
      (error: unknown) => {
        if (error instanceof Exit) return error.code;
        throw error;
      },
    );
    return { code, signal: null, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.argv = argv;
    process.exitCode = exitCode;
    for (const name of signals)
      for (const each of process.listeners(name)) if (!before.has(each)) process.removeListener(name, each);
    for (const stream of streams)
      for (const each of stream.listeners('error'))
        if (!errorsBefore.has(each)) stream.removeListener('error', each as () => void);
  }
}
