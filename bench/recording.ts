// What an engine spends on its due times and on what it measures, as a share of all that it computes: one engine in this process, watched
// by a sampling profiler while its devices check in. Time of its main thread alone counts: what other threads do would only lower it.
import { type Profiler, Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { startEmbedded } from '../fleet/coordinator/embedded.js';
import { engineTargetOf } from '../fleet/engine/target.js';
import type { FleetPlan, Phase, Step } from '../fleet/scenario/model.js';
import { type LedEngine, openEngine } from './engine.js';
import { type BenchPlatform, benchGroups } from './stage.js';

export interface RecordingFigure {
  /** Of 1, of the time in which the engine's main thread was not idle: both together. */
  readonly share: number;
  readonly scheduler: number;
  readonly recorder: number;
  readonly checkIns: number;
  /** Samples in the figures of the check-ins: steps passed and requests made, each counted. */
  readonly calls: number;
  /** Seconds of its main thread that it was not idle. */
  readonly busySeconds: number;
}

export interface RecordingSize {
  readonly devices: number;
  /** For so long, each device checks in each two seconds. */
  readonly seconds: number;
}

const samplingMicroseconds = 200;

/** One run: its devices enroll, and are watched afterwards. */
export async function benchRecording(platform: BenchPlatform, size: RecordingSize): Promise<RecordingFigure> {
  const plan = planOf(platform, size);
  const self = [process.execPath, fileURLToPath(new URL('../cli.js', import.meta.url))];
  const target = await startEmbedded({ self, plan, signal: new AbortController().signal });
  try {
    const engine = await openEngine(plan, engineTargetOf(target));
    try {
      await engine.phase(0);
      return await watched(engine);
    } finally {
      await engine.close();
    }
  } finally {
    await target.close();
  }
}

/** The second phase, seen by the profiler. */
async function watched(engine: LedEngine): Promise<RecordingFigure> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: samplingMicroseconds });
  await session.post('Profiler.start');
  await engine.phase(1);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  await engine.finish();
  const sums = engine.totals.of({ step: 'check-in' });
  const checkIns = sums.counter('passed');
  if (checkIns === 0) throw new Error('no device has checked in');
  return { ...sharesOf(profile), checkIns, calls: checkIns + sums.counter('requests') };
}

function planOf(platform: BenchPlatform, { devices, seconds }: RecordingSize): FleetPlan {
  const phase = (step: Step): Phase => ({ name: step.name, scale: 1, steps: [step], faults: [] });
  const every = { kind: 'every', everyMs: 2000, jitter: 0.1, forMs: seconds * 1000 } as const;
  return {
    version: 1,
    name: 'recording',
    seed: 'bench',
    groups: benchGroups(devices, platform),
    users: { devicesEach: 10 },
    authority: 'intune',
    keys: { pool: 16 },
    concurrency: 64,
    connections: 'per-session',
    phases: [
      phase({ kind: 'enroll', name: 'enroll', atMs: 0, pace: { kind: 'closed', users: 8 } }),
      phase({ kind: 'check-in', name: 'check-in', atMs: 0, pace: every, expect: [] }),
    ],
    thresholds: ['check-in.p95 < 1s after 1s'],
    abortOn: [],
    omitted: [],
  };
}

type Part = 'scheduler' | 'recorder' | 'other';

/** Whose time a sample is: of the innermost function of ours, with what that calls in others' code. */
function partOf(url: string, before: Part): Part {
  if (/\/fleet\/engine\/(scheduler|due-heap|sources|pacing|postponed|retries)\.js$/.test(url)) return 'scheduler';
  if (/\/fleet\/metrics\//.test(url)) return 'recorder';
  return /\/(fleet|agent|protocol|bench)\//.test(url) ? 'other' : before;
}

function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const took = new Map<number, number>();
  for (const [at, id] of samples.entries()) took.set(id, (took.get(id) ?? 0) + Math.max(0, timeDeltas[at + 1] ?? 0));
  const sums = { scheduler: 0, recorder: 0, other: 0 };
  const walk = (id: number, before: Part): void => {
    const node = byId.get(id);
    if (node === undefined || node.callFrame.functionName === '(idle)') return;
    const part = partOf(node.callFrame.url, before);
    sums[part] += took.get(id) ?? 0;
    for (const child of node.children ?? []) walk(child, part);
  };
  walk(nodes[0]?.id ?? 0, 'other');
  const busy = sums.scheduler + sums.recorder + sums.other;
  return {
    share: (sums.scheduler + sums.recorder) / busy,
    scheduler: sums.scheduler / busy,
    recorder: sums.recorder / busy,
    busySeconds: busy / 1e6,
  };
}
