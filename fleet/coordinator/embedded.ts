import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Clock, realClock } from '../../base/clock.js';
import { print } from '../../base/terminal.js';
import type { Target } from '../engine/target.js';
import { fleetError } from '../errors.js';
import type { FleetPlan } from '../scenario/model.js';
import { deviceTotal } from '../scenario/model.js';

export interface EmbeddedOptions {
  /** The command that starts this program. */
  readonly self: readonly string[];
  readonly plan: Pick<FleetPlan, 'authority' | 'tenant' | 'users' | 'groups'>;
  /** While the authority starts: aborted, it ends. Afterwards `close` ends it. */
  readonly signal: AbortSignal;
  /** Folder in which the authority keeps what it knows; absent: in memory. */
  readonly data?: string;
  /** Where it listens: what its devices remember. Default: where there is room. */
  readonly ports?: { readonly https: number; readonly mqtt?: number | undefined };
  readonly clock?: Clock;
  /** Further options of `rollcall server`. */
  readonly serverOptions?: readonly string[];
}

/** The authority of one run, in a process of its own. */
export interface EmbeddedTarget extends Target {
  readonly pid: number;
}

/** One line of JSON that `rollcall server --json` prints when it is ready. */
const announcement = z.object({
  url: z.string(),
  pushUrl: z.string(),
  ca: z.string(),
  tokens: z.object({ administrator: z.string() }),
  announced: z.exactOptional(z.object({ android: z.exactOptional(z.object({ mqtt: z.exactOptional(z.string()) })) })),
});

const patienceMs = 5_000;
/** Until it has said where it listens. */
const startPatienceMs = 120_000;

const unemulated = z.object({
  msg: z.literal('TENANT_WORD_NOT_EMULATED'),
  file: z.string(),
  line: z.number(),
  word: z.string(),
  why: z.string(),
});

/** Of a line of the authority's log: which word of the tenant file has no effect. Nobody reads that log, and whoever runs the fleet is told. */
export function unemulatedIn(text: string): string | undefined {
  if (!text.includes('TENANT_WORD_NOT_EMULATED')) return undefined;
  const { success, data } = unemulated.safeParse(parsed(text));
  return success ? `${data.file}:${data.line}: ${data.word} ${data.why}` : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How many people a plan has devices for: the stub's default tenant numbers them from 1. */
function peopleOf({ users, groups }: EmbeddedOptions['plan']): number {
  const devices = deviceTotal({ groups });
  if ('count' in users) return users.count;
  if ('devicesEach' in users) return Math.max(1, Math.ceil(devices / users.devicesEach));
  return 1; // of a file: the tenant has to know them
}

/**
 * Starts the stub authority in a process of its own, so that its work does not delay the devices' clock, and apart from the terminal's
 * Ctrl-C, so that sessions can end in good order. It gets a free port, writes no files but what was asked for, and ends with this
 * process, however that ends. Throws RUN_NOT_STARTED with what it printed last.
 */
export async function startEmbedded({
  self,
  plan,
  signal,
  data,
  ports = { https: 0 },
  clock = realClock,
  serverOptions = [],
}: EmbeddedOptions): Promise<EmbeddedTarget> {
  const content =
    plan.tenant === undefined
      ? ['--authority', plan.authority, '--users', String(peopleOf(plan))]
      : ['--tenant', plan.tenant];
  const [program = '', ...args] = [
    ...self,
    'server',
    ...['--port', String(ports.https), '--push-port', '0'],
    ...(ports.mqtt === undefined ? [] : ['--mqtt-port', String(ports.mqtt)]),
    ...content,
    ...(data === undefined ? [] : ['--data', data]),
    ...serverOptions,
    '--log-level',
    'warn', // what each of its devices does is the run's to tell
    '--json',
    '--until-stdin-ends',
  ];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-2000);
  });
  createInterface({ input: child.stderr }).on('line', (text) => {
    const told = unemulatedIn(text);
    if (told !== undefined) print(process.stderr, `${told}\n`);
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
  signal.removeEventListener('abort', endIt); // from now on devices end their sessions before it does
  if (first === undefined || child.pid === undefined) {
    const why = lost.signal.aborted ? lost.signal.reason : new Error('it did not say where it listens');
    await close();
    throw fleetError('RUN_NOT_STARTED', 'the embedded authority did not start', { cause: why });
  }
  const mqtt = first.announced?.android?.mqtt;
  return {
    url: first.url,
    pushUrl: first.pushUrl,
    ...(mqtt === undefined ? {} : { mqttPort: Number(new URL(mqtt).port) }),
    ca: first.ca,
    adminToken: first.tokens.administrator,
    places: [first.url],
    invitations: {},
    secrets: {},
    hasClock: true,
    isEmbedded: true,
    lost: lost.signal,
    pid: child.pid,
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
