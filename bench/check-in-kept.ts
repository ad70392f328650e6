// What a check-in over a kept connection costs a fleet's engine, in RSA-2048 signatures: both in processor time of this process, user and
// system, of all its threads; the server's is its own. The device signs each message, so that one signature is the least.
import { fork } from 'node:child_process';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FleetPlan, Phase, Step } from '../fleet/scenario/model.js';
import { cpuSeconds, median } from './cpu.js';
import { type LedEngine, openEngine } from './engine.js';
import { benchGroups } from './stage.js';

export interface KeptFigure {
  /** Signatures that a check-in costs: median over the pairs. */
  readonly signatures: number;
  readonly pairs: readonly number[];
  /** Milliseconds of processor time, medians. */
  readonly checkInMs: number;
  readonly signatureMs: number;
  readonly checkIns: number;
  /** Connections that were opened while it was measured; none where all were kept. */
  readonly connections: number;
}

export interface KeptSize {
  readonly devices: number;
  readonly pairs: number;
  /** File with the enrollment profile of a server of others. Default: a server of the bench's own, in another process. */
  readonly profile?: string | undefined;
}

/** What the server's process says when it listens. */
export interface FromKeptServer {
  /** In base64. */
  readonly profile: string;
}

const everyMs = 2000;
/** Not measured: until the code that runs is compiled. */
const roundsFirst = 8;
const roundsEach = 3;
const signaturesAtOnce = 200;

/**
 * `devices` iPhones enroll, check in for a while, and are measured then: each checks in every two seconds, in three rounds for each pair,
 * with signatures of this process before and after.
 */
export async function benchCheckInKept({ devices, pairs, profile }: KeptSize): Promise<KeptFigure> {
  const own = profile === undefined ? fork(fileURLToPath(new URL('./kept-server.js', import.meta.url))) : undefined;
  try {
    const document =
      own === undefined
        ? readFileSync(profile ?? '').toString('base64')
        : await new Promise<string>((resolve, reject) => {
            own.once('message', (message: FromKeptServer) => resolve(message.profile));
            own.once('exit', () => reject(new Error('the server has ended')));
          });
    const engine = await openEngine(planOf(devices, pairs), {
      url: 'http://127.0.0.1',
      allowHttp: true,
      hasClock: false,
      isEmbedded: false,
      invitations: { ios: { authority: 'bench', document } },
    });
    try {
      return await measured(engine, pairs);
    } finally {
      await engine.close();
    }
  } finally {
    own?.disconnect();
  }
}

async function measured(engine: LedEngine, pairs: number): Promise<KeptFigure> {
  const passed = (): number => engine.totals.of({}).counter('passed');
  const connections = (): number => engine.totals.of({ operation: 'Idle' }).counter('connections');
  await engine.phase(0);
  await engine.phase(1);
  const signature = signatures();
  signature();
  const opened = connections();
  const before = passed();
  const all: { readonly checkInMs: number; readonly signatureMs: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const first = signature();
    const done = passed();
    const began = cpuSeconds();
    await engine.phase(2 + pair);
    const took = cpuSeconds() - began;
    const made = passed() - done;
    if (made === 0) throw new Error('no device has checked in');
    all.push({ checkInMs: (took / made) * 1000, signatureMs: (first + signature()) / 2 });
  }
  await engine.finish();
  const failures = engine.totals.of({}).counter('failures');
  if (failures > 0) throw new Error(`${failures} of the devices failed`);
  const ratios = all.map(({ checkInMs, signatureMs }) => checkInMs / signatureMs);
  return {
    signatures: median(ratios),
    pairs: ratios,
    checkInMs: median(all.map((each) => each.checkInMs)),
    signatureMs: median(all.map((each) => each.signatureMs)),
    checkIns: passed() - before,
    connections: connections() - opened,
  };
}

/** A function that makes signatures, and says how many milliseconds one took. */
function signatures(): () => number {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const message = randomBytes(300);
  return () => {
    const began = cpuSeconds();
    for (let k = 0; k < signaturesAtOnce; k++) sign('sha256', message, privateKey);
    return ((cpuSeconds() - began) / signaturesAtOnce) * 1000;
  };
}

function planOf(devices: number, pairs: number): FleetPlan {
  const phase = (step: Step): Phase => ({ name: step.name, scale: 1, steps: [step], faults: [] });
  const checkIn = (name: string, rounds: number): Phase => {
    const pace = { kind: 'every', everyMs, jitter: 0.1, forMs: rounds * everyMs } as const;
    return phase({ kind: 'check-in', name, atMs: 0, pace, expect: [] });
  };
  return {
    version: 1,
    name: 'check-in-kept',
    seed: 'bench',
    groups: benchGroups(devices, 'ios'),
    users: { devicesEach: 10 },
    authority: 'unknown',
    keys: { pool: 16 },
    concurrency: 64,
    connections: 'shared',
    phases: [
      phase({ kind: 'enroll', name: 'enroll', atMs: 0, pace: { kind: 'closed', users: 8 } }),
      checkIn('first', roundsFirst),
      ...Array.from({ length: pairs }, (_, pair) => checkIn(`check-in ${pair}`, roundsEach)),
    ],
    thresholds: [],
    abortOn: [],
    omitted: [],
  };
}
