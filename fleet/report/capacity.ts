import { showDuration } from '../../base/duration.js';
import { deviceTotal, type FleetPlan } from '../scenario/model.js';
import { showBytes } from './end-table.js';
import type { Forecast } from './forecast.js';
import type { Machine } from './machine.js';

/** Whether there is enough of one thing. */
export interface Check {
  readonly name: string;
  /** `short`: a run would be judged by its own machine, or break off. `tight`: it may. */
  readonly state: 'ok' | 'tight' | 'short';
  readonly found: string;
  /** What is to be done about it. */
  readonly remedy?: string;
}

/** How many devices, and how they connect: what a machine is judged for. */
interface Need {
  readonly devices: number;
  readonly android: number;
  /** Sessions at the same time. */
  readonly concurrency: number;
  readonly processes: number;
  /** The authority runs on this machine, too. */
  readonly isEmbedded: boolean;
}

export const needOf = (plan: FleetPlan, isEmbedded: boolean, processes: number): Need => ({
  devices: deviceTotal(plan),
  android: plan.groups.reduce((sum, { platform, count }) => sum + (platform === 'android' ? count : 0), 0),
  concurrency: plan.concurrency,
  processes,
  isEmbedded,
});

/** docs/performance.md: an idle device, one that waits at a broker, a session with its connection, a process by itself. */
const bytesOf = { device: 4096, waiting: 18_000, session: 100_000, process: 150e6, atAuthority: 11_000 };
const spareDescriptors = 200;
/** From how much of it on it is tight, and short. */
const bounds = { tight: 0.8, short: 1 };
/** An engine that uses more than this of its core is late. */
const soundCpu = 0.85;

const stateOf = (used: number, of: number): Check['state'] =>
  used > of * bounds.short ? 'short' : used > of * bounds.tight ? 'tight' : 'ok';

/** What a machine has, for so many devices. */
export function resourceChecks(machine: Machine, need: Need): Check[] {
  const { devices, android, concurrency, processes, isEmbedded } = need;
  const sessions = Math.min(devices, concurrency);
  const memory =
    bytesOf.process * processes +
    bytesOf.device * devices +
    bytesOf.waiting * android +
    bytesOf.session * sessions +
    (isEmbedded ? bytesOf.process + bytesOf.atAuthority * devices : 0);
  const sockets = android + 2 * sessions + spareDescriptors;
  return [
    check('memory', memory, machine.memoryBytes, showBytes, 'Fewer devices, or a machine with more memory.'),
    ...(machine.descriptors === undefined
      ? []
      : [
          check(
            'descriptors',
            sockets,
            machine.descriptors,
            String,
            `Raise the limit: ulimit -n ${Math.ceil(sockets * 2)}`,
          ),
        ]),
    ...(machine.ports === undefined ? [] : [portCheck(sockets, machine.ports)]),
  ];
}

function check(name: string, used: number, of: number, show: (value: number) => string, remedy: string): Check {
  const state = stateOf(used, of);
  return { name, state, found: `needs ${show(used)} of ${show(of)}`, ...(state === 'ok' ? {} : { remedy }) };
}

function portCheck(used: number, ports: number): Check {
  const state = stateOf(used, ports);
  return {
    name: 'ports',
    state: state === 'short' ? 'tight' : state,
    found: `needs ${used} of ${ports} of each local address`,
    ...(state === 'ok'
      ? {}
      : {
          remedy:
            'At an authority on this machine connections go out from several addresses; elsewhere widen net.ipv4.ip_local_port_range.',
        }),
  };
}

/** Whether this machine bears the busiest second of each phase; only those that it may not are told one by one. */
export function cpuChecks({ phases }: Forecast, { cores, signatures }: Machine, need: Need): Check[] {
  const free = Math.max(1, Math.min(need.processes, cores));
  return phases.map(({ name, peakPerSecond, peakSignatures }) => {
    const engine = peakSignatures.engine / signatures;
    const authority = need.isEmbedded ? peakSignatures.authority / signatures : 0;
    const short = engine > free * soundCpu || engine + authority > cores;
    const tight = engine > free * soundCpu * bounds.tight || engine + authority > cores * soundCpu;
    const backlog = Math.max(engine / free, (engine + authority) / cores);
    const what = `${rounded(peakPerSecond)} a second need ${engine.toFixed(2)} of ${free} cores${need.isEmbedded ? ` and ${authority.toFixed(2)} for the authority` : ''}`;
    if (!short && !tight) return { name: `CPU, ${name}`, state: 'ok', found: what };
    return {
      name: `CPU, ${name}`,
      state: short ? 'short' : 'tight',
      found: short ? `${what}; the busiest second takes about ${showDuration(1000 * backlog)}` : what,
      remedy: 'Sessions would wait for this machine: the run is generator-bound. Spread them, or take more cores.',
    };
  });
}

const rounded = (rate: number): string => (rate < 10 ? rate.toFixed(1) : String(Math.round(rate)));

/** How a machine is by itself, whatever is run. */
export function healthChecks(machine: Machine): Check[] {
  const { cores, cpu, signatures, loopP99Ms, clockStepMs, load, diskBytes, node } = machine;
  const quiet = 'Something else uses this machine: end it, or times measured here are partly its own.';
  return [
    { name: 'node', state: 'ok', found: node },
    {
      name: 'cores',
      state: cores > 1 ? 'ok' : 'tight',
      found: `${cores} (${cpu}), ${signatures} RSA-2048 signatures a second each`,
      ...(cores > 1 ? {} : { remedy: 'The embedded authority and the load engine share one core.' }),
    },
    {
      name: 'event loop',
      state: loopP99Ms > 5 ? 'tight' : 'ok',
      found: `p99 ${showDuration(loopP99Ms)} late while idle`,
      ...(loopP99Ms > 5 ? { remedy: quiet } : {}),
    },
    {
      name: 'load',
      state: load > 1 ? 'tight' : 'ok',
      found: `${Math.round(100 * load)}% of the cores in the last minute`,
      ...(load > 1 ? { remedy: quiet } : {}),
    },
    {
      name: 'clock',
      state: clockStepMs > 50 ? 'tight' : 'ok',
      found: `moved ${showDuration(clockStepMs)} against the monotonic one in a second`,
      ...(clockStepMs > 50 ? { remedy: 'Something sets the clock: phases begin by it.' } : {}),
    },
    ...(diskBytes === undefined
      ? []
      : [
          {
            name: 'disk',
            state: diskBytes < 100e6 ? ('short' as const) : diskBytes < 1e9 ? ('tight' as const) : ('ok' as const),
            found: `${showBytes(diskBytes)} free here`,
            ...(diskBytes < 1e9 ? { remedy: 'The log of a long run takes some hundred MB.' } : {}),
          },
        ]),
  ];
}
