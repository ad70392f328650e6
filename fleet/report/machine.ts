import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../../base/clock.js';
import { monotonicMs, settle } from '../../base/clock.js';
import { descriptorLimit, portsPerAddress } from '../metrics/health.js';

/** What there is of a machine, as far as the system says. */
export interface Machine {
  readonly node: string;
  readonly cpu: string;
  /** That this process may use. */
  readonly cores: number;
  /** Memory that is free or can be made so, within what a container allows. */
  readonly memoryBytes: number;
  /** Descriptors of one process. */
  readonly descriptors?: number;
  /** Ports that connections may go out from, of each local address. */
  readonly ports?: number;
  /** Where reports go by default. */
  readonly diskBytes?: number;
  /** RSA-2048 signatures in a second of one core: most of what a device costs. */
  readonly signatures: number;
  /** p99 of the event loop's delay while nothing was done, ms. */
  readonly loopP99Ms: number;
  /** How far the time of day went from the monotonic clock meanwhile, ms: something sets the clock. */
  readonly clockStepMs: number;
  /** Processes that want a core, on average of the last minute, over the cores. */
  readonly load: number;
}

const signMs = 200;
const idleMs = 1000;
const loopEveryMs = 10;

/** Looks at this machine; takes a second and a quarter, most of it to see whether others let it be. */
export async function measureMachine(clock: Clock): Promise<Machine> {
  const signatures = signaturesPerSecond();
  const idle = await idleFigures(clock);
  const [descriptors, ports, diskBytes] = [descriptorLimit(), portsPerAddress(), freeDisk()];
  const cores = availableParallelism();
  return {
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    memoryBytes: availableMemory(),
    ...(descriptors === undefined ? {} : { descriptors }),
    ...(ports === undefined ? {} : { ports }),
    ...(diskBytes === undefined ? {} : { diskBytes }),
    signatures,
    ...idle,
    load: (loadavg()[0] ?? 0) / cores,
  };
}

/** By processor time, so that what else runs does not count. */
function signaturesPerSecond(): number {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = Buffer.alloc(300);
  const until = monotonicMs() + signMs;
  const before = process.cpuUsage();
  let count = 0;
  do {
    sign('sha256', text, privateKey);
    count++;
  } while (monotonicMs() < until);
  const { user, system } = process.cpuUsage(before);
  return Math.round((count * 1e6) / Math.max(1, user + system));
}

async function idleFigures(clock: Clock): Promise<Pick<Machine, 'loopP99Ms' | 'clockStepMs'>> {
  await settle();
  const loop = monitorEventLoopDelay({ resolution: loopEveryMs });
  const [wall, steady] = [clock.now(), monotonicMs()];
  loop.enable();
  await clock.sleep(idleMs);
  loop.disable();
  const p99 = loop.count === 0 ? 0 : Math.max(0, loop.percentile(99) / 1e6 - loopEveryMs);
  return { loopP99Ms: p99, clockStepMs: Math.abs(clock.now() - wall - (monotonicMs() - steady)) };
}

/** MemAvailable, and what the control group leaves. */
export function availableMemory(read: (path: string) => string | undefined = textOf): number {
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1];
  const machine = available === undefined ? freemem() : Number(available) * 1024;
  const limit = Number(read('/sys/fs/cgroup/memory.max')?.trim());
  const used = Number(read('/sys/fs/cgroup/memory.current')?.trim());
  if (!Number.isFinite(limit) || !Number.isFinite(used)) return Math.min(machine, totalmem());
  return Math.min(machine, Math.max(0, limit - used));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // no such system
  }
}

function freeDisk(): number | undefined {
  try {
    const { bavail, bsize } = statfsSync('.');
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
