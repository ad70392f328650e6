// Resident memory of one idle enrolled device: no open connection, profiles received, nothing due. The devices are a prepared fleet's, put
// back as each run with --state does it; what keeps them on the disk is closed by then.
import { createPorts } from '../agent/index.js';
import { silentLog } from '../base/log.js';
import { Population } from '../fleet/engine/population.js';
import { shardOf } from '../fleet/engine/shard.js';
import { interleave } from '../fleet/scenario/interleave.js';
import { openFleetStore } from '../fleet/state/store.js';
import { cpuSeconds } from './cpu.js';
import { prepareBench } from './prepared.js';
import { settledRss } from './settled.js';
import type { BenchPlatform } from './stage.js';

interface MemoryFigure {
  readonly devices: number;
  readonly bytesPerDevice: number;
  /** Length of the packed state alone, the mean over all devices. */
  readonly packedBytes: number;
  /** CPU of this process for putting all of them back, judged to the last field. */
  readonly restoreCpuSeconds: number;
}

export async function benchMemory(
  platform: BenchPlatform,
  devices: number,
  onNote: (text: string) => void,
): Promise<MemoryFigure> {
  const warm = Math.min(1000, Math.ceil(devices / 10));
  const fleet = await prepareBench(devices + warm, platform);
  const { ports, close } = await createPorts({ log: silentLog, keys: { size: 1, mode: 'pool' } });
  const { wake: _, ...unwoken } = ports;
  const { plan, folder } = fleet;
  const cast = interleave(plan);
  const restored = async (from: number, to: number): Promise<Population> => {
    const shard = shardOf({ shard: { i: 0, n: 1 }, devices: { from, to } });
    const generation = fleet.nextGeneration();
    const store = await openFleetStore({ folder, generation, part: from === 0 ? 0 : 1, shard, log: silentLog });
    const population = new Population({ ...plan, cast, shard, ports: unwoken, store });
    const enrolled = await population.restore(new AbortController().signal);
    if (enrolled !== to - from) throw new Error(`${enrolled} of ${to - from} devices are enrolled`);
    await store.close();
    return population;
  };
  try {
    const first = await restored(0, warm); // code and caches are there before the first reading
    const before = await settledRss();
    const cpuBefore = cpuSeconds();
    const population = await restored(warm, warm + devices);
    const restoreCpuSeconds = cpuSeconds() - cpuBefore;
    const after = await settledRss();
    onNote(`put back in ${restoreCpuSeconds.toFixed(1)} s of CPU, beside ${first.size} that were there before`);
    return {
      devices,
      bytesPerDevice: (after - before) / devices,
      packedBytes: population.packedBytes() / devices,
      restoreCpuSeconds,
    };
  } finally {
    await close();
    fleet.remove();
  }
}
