// How the generator itself is: a load engine that stalls measures itself.
import { readdirSync, readFileSync } from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { monotonicMs } from '../../base/clock.js';
import type { Health } from './delta.js';

/** How often the event loop's delay is looked at, in ms. */
const loopEveryMs = 10;
/** Counting what is open takes longer the more it is. */
const countEveryMs = 5000;
/** Of lateness: enough for a p99 of a second; the rest of a burst is thinned out. */
const mostLate = 4096;

/** Measures this process from when it is opened. */
export interface HealthMeter {
  /** A start was so much behind its time because of this process, real ms. */
  late(ms: number): void;
  /** What was measured since the last call. */
  take(): Health;
  close(): void;
}

/**
 * Measures this process: delay of its event loop, processor time, memory, descriptors, sockets, garbage collection.
 *
 * @example
 * const meter = openHealth();
 * clock.after(1000, () => post(meter.take()));
 */
export function openHealth(): HealthMeter {
  const loop = monitorEventLoopDelay({ resolution: loopEveryMs });
  loop.enable();
  let gcMs = 0;
  const collections = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMs += duration;
  });
  collections.observe({ entryTypes: ['gc'] });
  const late = new Float64Array(mostLate);
  let lateCount = 0;
  let cpu = process.cpuUsage();
  let since = monotonicMs();
  let opened = openOfThisProcess();
  let countedAt = since;
  return {
    late(ms) {
      // The first ones are kept, then each takes the place of another at a fixed distance: what is late at the end counts too.
      late[lateCount < mostLate ? lateCount : (lateCount * 769) % mostLate] = ms;
      lateCount++;
    },
    take() {
      const now = monotonicMs();
      const used = process.cpuUsage(cpu);
      const memory = process.memoryUsage();
      if (now - countedAt >= countEveryMs) {
        opened = openOfThisProcess();
        countedAt = now;
      }
      const taken: Health = {
        ...delaysOf(loop),
        lateP99Ms: p99(late.subarray(0, Math.min(lateCount, mostLate))),
        cpu: now > since ? (used.user + used.system) / 1000 / (now - since) : 0,
        rssBytes: memory.rss,
        heapBytes: memory.heapUsed,
        ...opened,
        gcMs,
      };
      loop.reset();
      lateCount = 0;
      gcMs = 0;
      cpu = process.cpuUsage();
      since = now;
      return taken;
    },
    close() {
      loop.disable();
      collections.disconnect();
    },
  };
}

/** Node records the distance of its looks: what is more than was meant is delay. */
function delaysOf(loop: IntervalHistogram): Pick<Health, 'loopP99Ms' | 'loopMaxMs'> {
  const ms = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e6 - loopEveryMs) : 0;
  return loop.count === 0
    ? { loopP99Ms: 0, loopMaxMs: 0 }
    : { loopP99Ms: ms(loop.percentile(99)), loopMaxMs: ms(loop.max) };
}

function p99(values: Float64Array): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
}

/** Descriptors of this process, and sockets of TCP in its network, those included that only wait for their port to be free again. */
function openOfThisProcess(): Pick<Health, 'descriptors' | 'sockets'> {
  return { descriptors: counted('/proc/self/fd'), sockets: socketsOf(textOf('/proc/net/sockstat')) };
}

function counted(folder: string): number {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0; // no such system
  }
}

/** Sockets in use and in TIME_WAIT, by /proc/net/sockstat. */
export function socketsOf(sockstat: string): number {
  const line = /^TCP:.*$/m.exec(sockstat)?.[0] ?? '';
  const of = (name: string): number => Number(new RegExp(` ${name} (\\d+)`).exec(line)?.[1] ?? 0);
  return of('inuse') + of('tw');
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** How many descriptors this process may have open; undefined where the system does not say. */
export function descriptorLimit(limits = textOf('/proc/self/limits')): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
}

/** How many ports connections may go out from, for each local address; undefined where the system does not say. */
export function portsPerAddress(range = textOf('/proc/sys/net/ipv4/ip_local_port_range')): number | undefined {
  const [from, to] = range.trim().split(/\s+/).map(Number);
  return from !== undefined && to !== undefined && to >= from ? to - from + 1 : undefined;
}

const ticksPerSecond = 100;

/**
 * Processor time that another process has used, in ms, and its memory in bytes; undefined where there is none of that id or the
 * system does not say. By /proc/PID/stat, whose second field may have anything in it.
 */
export function usedBy(
  pid: number,
  stat = textOf(`/proc/${pid}/stat`),
): { cpuMs: number; rssBytes: number } | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, pages] = [fields[11], fields[12], fields[21]].map(Number);
  if (user === undefined || system === undefined || pages === undefined || !Number.isFinite(user + system + pages))
    return undefined;
  return { cpuMs: ((user + system) * 1000) / ticksPerSecond, rssBytes: pages * 4096 };
}
