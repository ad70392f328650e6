// A stub authority is killed, or asked to end, at a random moment: after a restart everything it acknowledged is there, once.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from '../../agent/index.js';
import { realClock } from '../../base/clock.js';
import type { Loss, Observed } from './ledger.js';
import type { Programs } from './programs.js';
import { endStub, type Reached, type StubProcess, startStub } from './stub.js';
import type { RoundOptions, Tally } from './tally.js';
import { Workload } from './workload.js';

const users = 60;
/** Rounds on one folder, so that it grows old and does not grow without end. */
const roundsOnFolder = 10;
const enrollments = 24;

type Kind = 'under load' | 'idle' | 'under load with keys made for strangers';

export interface StubRoundOptions extends RoundOptions {
  /** How the stub is ended; one is chosen for each round. Default: mostly SIGKILL. */
  readonly signals?: readonly NodeJS.Signals[];
  /** What goes on meanwhile. */
  readonly kinds?: readonly Kind[];
}

const usualSignals: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM'];
const usualKinds: readonly Kind[] = [
  'under load',
  'under load',
  'under load',
  'idle',
  'under load with keys made for strangers',
];

/** Round after round, on the same folder for some, until the signal is aborted or as many as asked for are done. */
export async function stubRounds(options: StubRoundOptions): Promise<void> {
  const { programs, seed, findings, signal, rounds } = options;
  const random = seededRandom(seed, 0, 'stub rounds');
  const most = rounds ?? Number.POSITIVE_INFINITY;
  for (let done = 0; done < most && !signal.aborted; ) {
    const folder = programs.folder();
    const data = join(folder, 'data');
    const workload = new Workload({ seed: `${seed}/${done}`, users });
    let stub = await startStub(programs, { data, users });
    const { port } = stub;
    try {
      let isSound = true;
      for (let k = 0; isSound && k < roundsOnFolder && done < most && !signal.aborted; k++, done++) {
        const before = workload.ledger.acknowledged;
        const how = await crash(stub, workload, random, options);
        findings.tally.acknowledged += workload.ledger.acknowledged - before;
        cpSync(data, join(folder, 'as-left'), { recursive: true, force: true });
        const restarted = await restart(programs, { data, port, users });
        findings.tally.rounds++;
        if (typeof restarted === 'string') {
          findings.tally.unusable++;
          isSound = false;
          findings.found(`round ${done + 1}, ${how}: does not open again: ${restarted}; ${join(folder, 'as-left')}`);
          break;
        }
        stub = restarted;
        const wrong = await judge(stub, workload, findings.tally);
        isSound = wrong.length === 0;
        if (!isSound) findings.found(`round ${done + 1}, ${how}: ${wrong.join('; ')}; ${join(folder, 'as-left')}`);
        findings.note(`stub round ${done + 1}: ${how}, ${workload.ledger.acknowledged} acknowledged on this folder`);
      }
      if (!isSound) programs.keep(folder);
    } finally {
      await endStub(stub, 'SIGKILL');
      await workload.close();
      programs.remove(folder);
    }
  }
}

async function restart(programs: Programs, options: { data: string; port: number; users: number }) {
  try {
    return await startStub(programs, options);
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 400) : String(error);
  }
}

/** Puts the stub under load or leaves it idle, and ends it. Tells how. */
async function crash(
  stub: StubProcess,
  workload: Workload,
  random: Random,
  { signals = usualSignals, kinds = usualKinds }: StubRoundOptions,
): Promise<string> {
  await workload.reach(stub);
  const kind = kinds[random.integer(kinds.length)] ?? 'idle';
  const signal = signals[random.integer(signals.length)] ?? 'SIGKILL';
  if (kind === 'idle') {
    for (let left = 1 + random.integer(4); left > 0; left--)
      await (random.integer(3) === 0 ? workload.deviceStep(random.integer(4)) : workload.administratorStep());
    if (random.integer(2) === 0) await realClock.sleep(random.integer(4));
    await endStub(stub, signal);
    return `${signal} when idle`;
  }
  const ending = new AbortController();
  const lanes = [0, 1, 2, 3].flatMap((index) => [
    workload.lane('administrator', index, ending.signal),
    workload.lane('device', index, ending.signal),
  ]);
  if (kind !== 'under load') lanes.push(...Array.from({ length: enrollments }, () => askForKeys(stub, ending.signal)));
  const afterMs = 100 + random.integer(1200);
  await realClock.sleep(afterMs);
  await endStub(stub, signal);
  ending.abort();
  await Promise.all(lanes);
  return `${signal} ${kind} after ${afterMs} ms`;
}

/** Anybody may ask for an enrollment profile with a key in it. */
async function askForKeys(reached: StubProcess & Reached, signal: AbortSignal): Promise<void> {
  const path = '/enroll/ios?user=user1@contoso.example&identity=pkcs12';
  while (!signal.aborted && reached.program.isRunning)
    await reached.administrator.ask('GET', path).catch(() => undefined);
}

/** What is wrong, in words; counted too. What is there counts as acknowledged from now on. */
export async function judge(stub: StubProcess, workload: Workload, tally: Tally): Promise<string[]> {
  try {
    await workload.reach(stub);
    const observed = await workload.observe();
    const wrong = faults(workload, observed, tally);
    await workload.settle(observed);
    const device = await workload.checkInOnce().catch((error: Error) => {
      tally.unusable++;
      wrong.push(`an enrolled device cannot check in: ${error.message}`);
    });
    if (device === undefined || wrong.length > 0) return wrong;
    return [...wrong, ...faults(workload, await workload.observe(), tally)];
  } catch (error) {
    tally.unusable++;
    return [`cannot be used: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function faults(workload: Workload, observed: Observed, tally: Tally): string[] {
  const losses = workload.ledger.losses(observed);
  const doubled = [...observed.doubled, ...workload.repeated.splice(0)];
  tally.lost += losses.length;
  tally.doubled += doubled.length;
  return [...losses.map(lossInWords), ...doubled.map((thing) => `${thing} is there twice`)];
}

export const lossInWords = ({ thing, found, expected }: Loss): string =>
  `${thing} is ${found}, and was acknowledged as ${expected.join(' or ')}`;
