// Resident memory of one idle enrolled device: no open connection, profiles received, nothing due.
import { settledRss } from './settled.js';
import { type BenchPlatform, openBenchStage } from './stage.js';

interface MemoryFigure {
  readonly devices: number;
  readonly bytesPerDevice: number;
  /** Length of the packed state alone, the mean over all devices. */
  readonly packedBytes: number;
  readonly enrollmentsPerSecond: number;
}

export async function benchMemory(
  platform: BenchPlatform,
  devices: number,
  onProgress: (done: number) => void,
): Promise<MemoryFigure> {
  const warm = Math.min(1000, Math.ceil(devices / 10));
  const stage = await openBenchStage(devices + warm, [], platform);
  try {
    const enrollAll = async (from: number, to: number) => {
      let next = from;
      const lane = async () => {
        while (next < to) {
          const index = next++;
          await stage.enroll(index, true);
          if (index % 500 === 0) onProgress(index);
        }
      };
      await Promise.all(Array.from({ length: 8 }, lane));
    };
    await enrollAll(0, warm); // code, pools and caches are there before the first reading
    const before = await settledRss();
    const began = performance.now();
    await enrollAll(warm, warm + devices);
    const seconds = (performance.now() - began) / 1000;
    const after = await settledRss();
    return {
      devices,
      bytesPerDevice: (after - before) / devices,
      packedBytes: stage.population.packedBytes() / (devices + warm),
      enrollmentsPerSecond: devices / seconds,
    };
  } finally {
    await stage.close();
  }
}
