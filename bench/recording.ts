// What an engine spends on its due times, on what it measures and on telling it each second to a coordinator in another process (this
// one), as a share of all that it computes: one engine, watched by a sampling profiler while its devices check in. Time of its main thread
// alone counts: what other threads do would only lower it.
import { fileURLToPath } from 'node:url';
import { startEmbedded } from '../fleet/coordinator/embedded.js';
import { forkEngine } from '../fleet/coordinator/forked-engine.js';
import { engineTargetOf } from '../fleet/engine/target.js';
import type { FleetPlan } from '../fleet/scenario/model.js';
import { jobOf, Led, phaseOf, planOf } from './led.js';
import type { Shares } from './shares.js';
import { type BenchPlatform, benchGroups } from './stage.js';

export interface RecordingFigure extends Shares {
  /** All three together. */
  readonly share: number;
  readonly checkIns: number;
  /** Samples in the figures of the check-ins: steps passed and requests made, each counted. */
  readonly calls: number;
  readonly deltas: number;
}

export interface RecordingSize {
  readonly devices: number;
  /** For so long, each device checks in each two seconds. */
  readonly seconds: number;
}

/** One run: its devices enroll, and are watched afterwards. */
export async function benchRecording(platform: BenchPlatform, size: RecordingSize): Promise<RecordingFigure> {
  const plan = checkingIn(platform, size);
  const self = [process.execPath, fileURLToPath(new URL('../cli.js', import.meta.url))];
  const target = await startEmbedded({ self, plan, signal: new AbortController().signal });
  const program = fileURLToPath(new URL('./recording-engine.js', import.meta.url));
  const link = forkEngine({ program, env: process.env });
  const led = new Led(link, link.ended);
  const endPings = led.pings();
  try {
    led.tell({ type: 'job', job: jobOf(plan, engineTargetOf(target)) });
    await led.hears('ready');
    await led.goesThrough(0);
    await led.goesThrough(1);
    const shares: Shares = JSON.parse((await led.hears('note')).text);
    const sums = led.of('check-in');
    const checkIns = sums.counter('passed');
    if (checkIns === 0) throw new Error('no device has checked in');
    return {
      ...shares,
      share: shares.scheduler + shares.recorder + shares.messages,
      checkIns,
      calls: checkIns + sums.counter('requests'),
      deltas: led.said.filter(({ type }) => type === 'delta').length,
    };
  } finally {
    endPings();
    link.kill();
    await link.ended;
    await target.close();
  }
}

function checkingIn(platform: BenchPlatform, { devices, seconds }: RecordingSize): FleetPlan {
  const every = { kind: 'every', everyMs: 2000, jitter: 0.1, forMs: seconds * 1000 } as const;
  return planOf({
    name: 'recording',
    seed: 'bench',
    groups: benchGroups(devices, platform),
    users: { devicesEach: 10 },
    authority: 'intune',
    keys: { pool: 16 },
    phases: [
      phaseOf('enroll', [{ kind: 'enroll', name: 'enroll', atMs: 0, pace: { kind: 'closed', users: 8 } }]),
      phaseOf('check-in', [{ kind: 'check-in', name: 'check-in', atMs: 0, pace: every, expect: [] }]),
    ],
    thresholds: ['check-in.p95 < 1s after 1s'],
  });
}
