import type { Ports } from '../../../agent/index.js';
import type { Clock } from '../../../base/clock.js';
import { silentLog } from '../../../base/log.js';
import type { EnginePorts } from '../../../fleet/engine/engine-ports.js';

const noNetwork = () => {
  throw new Error('nothing is to be sent');
};

/** For devices that never go near a network. */
export const idlePorts = (clock: Clock): Ports =>
  ({
    clock,
    random: undefined,
    http: { open: noNetwork },
    keys: { take: noNetwork, open: noNetwork, adopt: noNetwork },
    log: silentLog,
  }) as unknown as Ports; // what a device does alone needs none of the rest

/** The same as an engine's. */
export const idleEnginePorts = (clock: Clock): EnginePorts => ({
  ports: idlePorts(clock),
  pool: 1,
  keys: {
    prepared: 1,
    ready: async () => undefined,
    publicKeys: () => [],
    describe: () => ({ keys: 1, devices: 0, reuse: true }),
  },
  pace: () => undefined,
  close: async () => undefined,
});
