import type { ChildProcessWithoutNullStreams } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Watched {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  readonly isRunning: boolean;
  /** Standard output and error until now. */
  readonly said: string;
  /** Resolves once standard output and error together match; rejects when the command ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Listens to all that a process says, from now on, until it has ended. Nothing of vitest in here: the torture script uses it too. */
export function watch(child: ChildProcessWithoutNullStreams): Watched {
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
    child.once('error', (error) => {
      err += error.message; // it could not be started
    });
    child.once('close', (code, signal) => {
      isRunning = false;
      done({ code, signal, out, err });
      heard();
    });
  });
  return {
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
}
