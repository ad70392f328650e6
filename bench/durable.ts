// Enrollments per second of a stub that has each of its answers on the disk before it is sent, against one that keeps nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicMs } from '../base/clock.js';
import { median } from './cpu.js';
import { type BenchStage, openBenchStage } from './stage.js';

interface DurableFigure {
  /** Enrollments per second, by the wall clock. */
  readonly stored: number;
  readonly kept: number;
  /** Median of the ratios, pair by pair: stored over kept. */
  readonly ratio: number;
  readonly ratios: readonly number[];
}

/** Devices that enroll at a time: of a fleet many do, and their changes share a write. */
const wide = 16;

/** Two stubs in processes of their own, measured in turn after one warm-up of each. The folder lies where temporary files do. */
export async function benchDurable(enrollments: number, pairs: number): Promise<DurableFigure> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const stages: BenchStage[] = [];
  try {
    const devices = enrollments * (pairs + 1);
    const stored = await openBenchStage(devices, ['--data', join(folder, 'data')]);
    stages.push(stored);
    const kept = await openBenchStage(devices);
    stages.push(kept);
    const measured: { readonly stored: number; readonly kept: number }[] = [];
    for (let pair = 0; pair <= pairs; pair++) {
      const from = pair * enrollments;
      const first = await perSecond(stored, from, enrollments);
      measured.push({ stored: first, kept: await perSecond(kept, from, enrollments) });
    }
    const counted = measured.slice(1);
    const ratios = counted.map((each) => each.stored / each.kept);
    return {
      stored: median(counted.map((each) => each.stored)),
      kept: median(counted.map((each) => each.kept)),
      ratio: median(ratios),
      ratios,
    };
  } finally {
    for (const stage of stages) await stage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function perSecond(stage: BenchStage, from: number, count: number): Promise<number> {
  const began = monotonicMs();
  let next = 0;
  const lane = async () => {
    while (next < count) await stage.enroll(from + next++);
  };
  await Promise.all(Array.from({ length: wide }, lane));
  return (count * 1000) / (monotonicMs() - began);
}
