import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Authority } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';

/** An authority to run against: where it is, who may administer it, whom to trust. */
export interface Target {
  readonly url: string;
  /** WebSocket address at which devices receive notifications, if the authority has one. */
  readonly pushUrl?: string;
  readonly adminToken?: string;
  /** PEM of the CA to trust. */
  readonly ca?: string;
  /** User principal names by device index. */
  readonly userOf: (index: number) => string;
  close(): Promise<void>;
}

/** One line of JSON that `rollcall server --json` prints when it is ready. */
interface Announcement {
  readonly url: string;
  readonly pushUrl: string;
  readonly ca: string;
  readonly tokens: { readonly administrator: string };
}

/** The stub's default tenant numbers its users from 1 and allows each of them fifteen devices. */
const devicesPerUser = 10;

/**
 * Starts the stub authority in a process of its own, so that its work does not delay the devices' clock. It gets a free
 * port and ends with this run. Throws RUN_NOT_STARTED with what it printed last.
 */
export async function startEmbedded(
  command: readonly string[],
  authority: Authority,
  deviceCount: number,
  signal: AbortSignal,
): Promise<Target> {
  const users = Math.max(1, Math.ceil(deviceCount / devicesPerUser));
  const [program = '', ...args] = [
    ...command,
    'server',
    '--port',
    '0',
    '--push-port',
    '0',
    '--json',
    '--authority',
    authority,
    '--users',
    String(users),
    '--until-stdin-ends',
  ];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: false });
  let last = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    last = (last + text).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      last += error.message;
      resolve();
    });
  });
  const close = async () => {
    child.stdin.end();
    await exited;
  };
  const onAbort = () => child.stdin.end();
  signal.addEventListener('abort', onAbort, { once: true });
  const announced = new Promise<Announcement>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as Announcement));
  });
  const first = await Promise.race([announced, exited]);
  if (first === undefined) {
    signal.removeEventListener('abort', onAbort);
    throw fleetError('RUN_NOT_STARTED', `the embedded authority ended at once: ${last.trim()}`);
  }
  return {
    url: first.url,
    pushUrl: first.pushUrl,
    ca: first.ca,
    adminToken: first.tokens.administrator,
    userOf: (index) => `user${(index % users) + 1}@contoso.example`,
    close: async () => {
      signal.removeEventListener('abort', onAbort);
      await close();
    },
  };
}
