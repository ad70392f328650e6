// What the devices of one engine share: network, keys, the clock that they live by.
import {
  createPorts,
  followClock,
  type KeyPool,
  type Ports,
  type PortsOptions,
  type WakeObservation,
} from '../../agent/index.js';
import { realClock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import { MovableClock } from '../../base/movable-clock.js';
import { deviceTotal, type FleetPlan } from '../scenario/model.js';
import type { ShardJob } from './messages.js';
import { shardOf } from './shard.js';

/** Ports that are open; `close` ends them all. */
export interface EnginePorts {
  readonly ports: Ports;
  readonly keys: Pick<KeyPool, 'prepared' | 'ready' | 'publicKeys' | 'describe'>;
  /** How many keys are made in advance. */
  readonly pool: number;
  /** A phase begins: what the devices' clock shows from now on, and how fast it goes, where nobody else says so. */
  pace(scenarioAt: number, scale: number): void;
  close(): Promise<void>;
}

/** Real ports, as the job says. Throws what `followClock` does where the authority's clock cannot be followed. */
export async function openEnginePorts(
  job: ShardJob,
  log: Log,
  onWakeConnection: (observation: WakeObservation) => void = () => undefined,
  more: Pick<PortsOptions, 'trace'> = {},
): Promise<EnginePorts> {
  const { plan, target } = job;
  const pool = poolOf(job);
  const isTimed = isOtherTime(plan);
  const trust = target.ca === undefined ? {} : { ca: target.ca };
  const followed = isTimed && target.hasClock ? await followClock({ url: target.url, log, ...trust }) : undefined;
  const own = isTimed && followed === undefined ? new MovableClock() : undefined;
  const made = await createPorts({
    clock: followed ?? own ?? realClock,
    log,
    keys: {
      size: pool,
      mode: plan.keys === 'fresh' ? 'fresh' : 'pool',
      ...(job.keysFolder === undefined ? {} : { folder: job.keysFolder }),
    },
    http: { connections: plan.connections },
    ...(job.localAddresses.length === 0 ? {} : { localAddresses: job.localAddresses }),
    push: { observe: onWakeConnection },
    ...more,
    ...trust,
    ...(target.pushUrl === undefined ? {} : { pushUrl: target.pushUrl }),
    ...(target.allowHttp === undefined ? {} : { allowHttp: target.allowHttp }),
  });
  return {
    ports: made.ports,
    keys: made.keys,
    pool,
    pace(scenarioAt, scale) {
      if (own === undefined || (own.scale === scale && scale === 1)) return;
      own.show(scenarioAt);
      own.pace(scale);
    },
    async close() {
      await made.close();
      followed?.close();
      own?.pace(0);
    },
  };
}

/** Devices do not live in real time all along. */
const isOtherTime = ({ phases }: FleetPlan): boolean =>
  phases.some(({ scale, steps }) => scale !== 1 || steps.some(({ kind }) => kind === 'clock'));

/** Keys of this engine: its part of those that all engines share, or one for each of its devices. */
function poolOf(job: ShardJob): number {
  const { plan, shard } = job;
  const own = Math.max(1, job.only === undefined ? shardOf(job).size : Math.min(job.only.length, shardOf(job).size));
  if (plan.keys === 'fresh') return own;
  return Math.min(Math.ceil(Math.min(plan.keys.pool, deviceTotal(plan)) / shard.n), own);
}
