// What a device takes of the stub's memory while the stub runs, and after a restart with a data folder. Both in processes of their
// own; the devices are made straight at the tenant: nobody enrolls over the wire, no key is made.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RestoreReading } from './restore-process.js';

interface RestoreFigure {
  readonly devices: number;
  readonly live: RestoreReading;
  readonly restored: RestoreReading;
  /** Restored over live. */
  readonly ratio: number;
}

const run = promisify(execFile);
const program = fileURLToPath(new URL('./restore-process.js', import.meta.url));

/** How long `devices` take to be there after a start, and how much more or less memory than before it. */
export async function benchRestore(devices: number): Promise<RestoreFigure> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const measure = async (mode: 'live' | 'restored'): Promise<RestoreReading> => {
    const { stdout } = await run(process.execPath, ['--expose-gc', program, mode, folder, String(devices)]);
    return JSON.parse(stdout) as RestoreReading;
  };
  try {
    const live = await measure('live');
    const restored = await measure('restored');
    return { devices, live, restored, ratio: restored.bytesPerDevice / live.bytesPerDevice };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
