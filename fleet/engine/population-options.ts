// What the devices of a run are made of, and who hears of them.
import type { DeviceEvent, DeviceFacts, Leniency, Ports } from '../../agent/index.js';
import type { RollcallError } from '../../base/errors.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import type { DeviceGroup } from '../scenario/model.js';
import type { FleetStore } from '../state/store.js';
import type { Cast } from './selection.js';
import type { Shard } from './shard.js';

/** What keeps devices on the disk (fleet/state/store.ts). */
export type PopulationStore = Pick<FleetStore, 'kept' | 'size' | 'storeFor' | 'generation'>;

export interface PopulationOptions {
  readonly seed: string;
  /** Of the whole run; their counts are those of `cast`. */
  readonly groups: readonly DeviceGroup[];
  /** Who belongs to which group (fleet/scenario/interleave.ts). */
  readonly cast: Cast;
  /** Which of the run's devices are here. Default: all. */
  readonly shard?: Shard;
  /** Shared by all; each device gets its own randomness. */
  readonly ports: Omit<Ports, 'random'>;
  /** Bytes that many devices have in them, such as the pool's public keys: said once for all. */
  readonly constants?: () => readonly Uint8Array[];
  /** What of the platforms' strictness is lifted, for every device. Default: nothing. */
  readonly lenient?: readonly Leniency[];
  /** What only the platform knows of its devices, beside what is invented. */
  readonly native?: Readonly<Partial<Record<PlatformName, DeviceFacts['native']>>>;
  /** Whose identity device `index` has. Default: its own. */
  readonly identityOf?: (index: number) => number;
  /** How many devices' states stay unpacked between turns. Default: none, which is 4 KiB for each device and no more. */
  readonly mostHeld?: number;
  /** Keeps the devices beside memory, durably. */
  readonly store?: PopulationStore;
  /** Hears what happens on the devices while they are unpacked. */
  readonly onEvent?: (event: DeviceEvent, index: number) => void;
  /** Hears that a device is not to be woken for now, or for good, packed as it is. */
  readonly onWakeLost?: (error: RollcallError) => void;
}
