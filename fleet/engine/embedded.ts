import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Clock, realClock } from '../../base/clock.js';
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
  /** True for http:// addresses. */
  readonly allowHttp?: boolean;
  /** Where Android devices enroll, if not at `url` as at a stub: an address with `{id}`, `{index}` or `{user}` in it. */
  readonly androidEnroll?: string;
  /** The secret that it shares with launchers. Default: the public one. */
  readonly androidSecret?: string;
  /** Where Android devices wait for push messages (MQTT), unless their QR code says it. Default: the launcher's. */
  readonly mqttPort?: number;
  /** User principal names by device index. */
  readonly userOf: (index: number) => string;
  /** Aborted, with an error of ours as its reason, when the authority has ended before the run. */
  readonly lost?: AbortSignal;
  /** Started for this run alone, with a CA that nobody else knows: that no device would trust it is no finding. */
  readonly isEmbedded?: boolean;
  close(): Promise<void>;
}

/** One line of JSON that `rollcall server --json` prints when it is ready. */
const announcement = z.object({
  url: z.string(),
  pushUrl: z.string(),
  ca: z.string(),
  tokens: z.object({ administrator: z.string() }),
});

/** The stub's default tenant numbers its users from 1 and allows each of them fifteen devices. */
const devicesPerUser = 10;
const patienceMs = 5_000;
/** Until it has said where it listens. */
const startPatienceMs = 120_000;

/**
 * Starts the stub authority in a process of its own, so that its work does not delay the devices' clock. It gets a free
 * port, writes no files but what `serverOptions` ask for, and ends with this run, however that ends. Throws RUN_NOT_STARTED with
 * what it printed last.
 */
export async function startEmbedded(
  command: readonly string[],
  authority: Authority,
  deviceCount: number,
  signal: AbortSignal,
  clock: Clock = realClock,
  serverOptions: readonly string[] = [],
): Promise<Target> {
  const users = Math.max(1, Math.ceil(deviceCount / devicesPerUser));
  const ports = ['--port', '0', '--push-port', '0'];
  const content = ['--authority', authority, '--users', String(users)];
  const [program = '', ...args] = [
    ...command,
    'server',
    ...ports,
    ...content,
    ...serverOptions,
    '--log-level',
    'warn', // what each of its devices does is the run's to tell
    '--json',
    '--until-stdin-ends',
  ];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-2000);
  });
  child.stdin.on('error', () => undefined); // it has ended already
  const lost = new AbortController();
  let isWanted = true;
  const exited = new Promise<void>((resolve) => {
    const end = (why: string) => {
      if (isWanted) lost.abort(fleetError('AUTHORITY_LOST', `the embedded authority ${why}${lastLines(printed)}`));
      resolve();
    };
    child.once('close', (code, killer) =>
      end(killer === null ? `ended with exit code ${code}` : `was ended by ${killer}`),
    );
    child.once('error', (error) => end(`could not be started: ${error.message}`));
  });
  const endIt = () => {
    isWanted = false;
    child.stdin.end();
  };
  const close = async () => {
    signal.removeEventListener('abort', endIt);
    endIt();
    const cancel = clock.after(patienceMs, () => child.kill('SIGKILL'));
    await exited;
    cancel();
  };
  if (signal.aborted) endIt();
  else signal.addEventListener('abort', endIt, { once: true });
  const line = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).once('line', resolve);
  });
  let forget = (): void => undefined;
  const patience = new Promise<void>((resolve) => {
    forget = clock.after(startPatienceMs, resolve);
  });
  const first = readAnnouncement(await Promise.race([line, exited, patience]));
  forget();
  if (first === undefined) {
    await close();
    const why = lost.signal.aborted ? lost.signal.reason : new Error('it did not say where it listens');
    throw fleetError('RUN_NOT_STARTED', 'the embedded authority did not start', { cause: why });
  }
  return {
    url: first.url,
    pushUrl: first.pushUrl,
    ca: first.ca,
    adminToken: first.tokens.administrator,
    userOf: (index) => `user${(index % users) + 1}@contoso.example`,
    lost: lost.signal,
    isEmbedded: true,
    close,
  };
}

function readAnnouncement(line: unknown): z.infer<typeof announcement> | undefined {
  if (typeof line !== 'string') return undefined;
  try {
    return announcement.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function lastLines(printed: string): string {
  const lines = printed.trim().split('\n').slice(-5).join('\n  ');
  return lines === '' ? '' : `:\n  ${lines}`;
}
