// What a session costs the fleet engine as its population grows: the same number of check-ins, spread over all of the devices, of prepared
// fleets of several sizes. The engine is in this process, whose CPU is measured; the authority is in another.
import type { ShardJob } from '../fleet/engine/messages.js';
import { engineTargetOf } from '../fleet/engine/target.js';
import { deviceTotal, type FleetPlan, type Phase } from '../fleet/scenario/model.js';
import { cpuSeconds, median } from './cpu.js';
import { openEngine } from './engine.js';
import { type PreparedFleet, prepareBench, unwokenPorts } from './prepared.js';
import type { BenchPlatform } from './stage.js';

export interface ScaleReading {
  readonly devices: number;
  /** Of the engine, for one check-in: the median of the rounds. */
  readonly cpuMs: number;
  readonly rounds: readonly number[];
  /** Of the engine, from the job until it is ready, with all devices put back. */
  readonly readyCpuSeconds: number;
}

const sessions = 600;
const rounds = 3;

/** Sizes one after another, each after a warm-up of its own. */
export async function benchScale(
  platform: BenchPlatform,
  sizes: readonly number[],
  onNote: (text: string) => void,
): Promise<readonly ScaleReading[]> {
  const readings: ScaleReading[] = [];
  for (const size of sizes) {
    const devices = Math.max(sessions, Math.round(size));
    onNote(`${devices} ${platform} devices ...`);
    const fleet = await prepareBench(devices, platform);
    try {
      readings.push(await reading(fleet));
    } finally {
      fleet.remove();
    }
  }
  return readings;
}

async function reading(fleet: PreparedFleet): Promise<ScaleReading> {
  const target = await fleet.openStub();
  const plan = { ...fleet.plan, thresholds: [], phases: roundsOf() };
  try {
    const before = cpuSeconds();
    const engine = await openEngine(plan, engineTargetOf(target), { job: jobOf(plan, fleet), openPorts: unwokenPorts });
    const readyCpuSeconds = cpuSeconds() - before;
    try {
      const each: number[] = [];
      for (const [number, { name }] of plan.phases.entries()) {
        const cpuBefore = cpuSeconds();
        await engine.phase(number);
        each.push(((cpuSeconds() - cpuBefore) * 1000) / sessions);
        const passed = engine.totals.of({ step: name }).counter('passed');
        if (passed !== sessions) throw new Error(`${passed} of ${sessions} check-ins passed`);
      }
      await engine.finish();
      const [, ...measured] = each; // the first is the warm-up
      return { devices: deviceTotal(plan), cpuMs: median(measured), rounds: measured, readyCpuSeconds };
    } finally {
      await engine.close();
    }
  } finally {
    await target.close();
  }
}

const roundsOf = (): readonly Phase[] =>
  Array.from({ length: rounds + 1 }, (_, round): Phase => {
    const name = `round ${round}`;
    const pace = { kind: 'closed', users: 16 } as const;
    return { name, scale: 1, faults: [], steps: [{ kind: 'check-in', name, atMs: 0, expect: [], pace }] };
  });

/** Every so-manieth device takes part; all are there. */
function jobOf(plan: FleetPlan, { folder, nextGeneration }: PreparedFleet): Partial<ShardJob> {
  const stride = Math.floor(deviceTotal(plan) / sessions);
  return {
    only: Array.from({ length: sessions }, (_, k) => k * stride),
    keysFolder: `${folder}/keys`,
    stateFolder: folder,
    generation: nextGeneration(),
    isResumed: true,
  };
}
