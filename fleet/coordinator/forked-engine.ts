import { fork } from 'node:child_process';
import type { FromEngine } from '../engine/messages.js';
import type { EngineLink } from './link.js';

export interface ForkOptions {
  /** The compiled entry of an engine (fleet/coordinator/engine-process.ts). */
  readonly program: string;
  /** Its whole environment: secrets are in it, and nowhere else. */
  readonly env: NodeJS.ProcessEnv;
  /** Hears what it prints, which only a process that fails does: lines, control characters and all. */
  readonly onPrinted?: (text: string) => void;
}

/** What is kept of what an engine printed, to say why it ended. */
const lastPrinted = 2000;

/** Starts an engine in a process of its own, which ends with this one, however that ends. */
export function forkEngine({ program, env, onPrinted }: ForkOptions): EngineLink {
  const child = fork(program, [], {
    env,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
  });
  const end = () => void child.kill('SIGKILL'); // one that was halted would not see that its channel is gone
  process.once('exit', end);
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-lastPrinted);
      onPrinted?.(text);
    });
  const isDisconnected = new Promise<void>((resolve) => child.once('disconnect', resolve)); // after its last message
  const ended = new Promise<string>((resolve) => {
    child.once('close', async (code, killer) => {
      process.off('exit', end);
      await isDisconnected;
      const said = printed.trim().split('\n').slice(-5).join('\n  ');
      const how = killer === null ? `its process ended with exit code ${code}` : `its process was ended by ${killer}`;
      resolve(said === '' ? how : `${how}:\n  ${said}`);
    });
    child.once('error', (error) => resolve(`its process could not be started: ${error.message}`));
  });
  return {
    ended,
    post: (message) => {
      if (child.connected) child.send(message, () => undefined); // who is gone is told by `ended`
    },
    listen: (listener) => void child.on('message', (message) => listener(message as FromEngine)),
    close: () => {
      if (child.connected) child.disconnect();
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
