import {
  type Beside,
  besideOf,
  createDevice,
  createPacker,
  type Device,
  type DeviceEvent,
  type DeviceFacts,
  type DeviceState,
  type Leniency,
  type Packer,
  type Ports,
  platforms,
  seededRandom,
  type WakeOwner,
  withBeside,
} from '../../agent/index.js';
import type { RollcallError } from '../../base/errors.js';
import type { PlatformName } from '../../protocol/vocabulary.js';

/** One place in the fleet. While nothing is due its device is `packed` bytes, without timer, socket or object of its own. */
interface Slot {
  readonly platform: PlatformName;
  packed: Buffer | undefined;
  packer: Packer | undefined;
  /** Newer than the packed state, so that a session in which nothing else changed does not cost a packing. */
  beside: Beside;
  /** When it next has to act by itself, in milliseconds on the devices' clock; kept beside the packed state for a scheduler. */
  nextActAt: number | undefined;
  /** Ends when the slot's present turn ends: a device does one thing at a time. */
  turn: Promise<void> | undefined;
  /** How many turns it has had: each draws its own randomness, so that no nonce comes twice. */
  turns: number;
  failed: boolean;
}

export interface PopulationOptions {
  readonly seed: string;
  readonly devices: Readonly<Partial<Record<PlatformName, number>>>;
  /** Shared by all; each device gets its own randomness. */
  readonly ports: Omit<Ports, 'random'>;
  /** Bytes that many devices have in them, such as the pool's public keys: said once for all. */
  readonly constants?: () => readonly Uint8Array[];
  /** What of the platforms' strictness is lifted, for every device. Default: nothing. */
  readonly lenient?: readonly Leniency[];
  /** What only the platform knows of its devices, beside what is invented. */
  readonly native?: Readonly<Partial<Record<PlatformName, DeviceFacts['native']>>>;
  /** Hears what happens on the devices while they are unpacked. */
  readonly onEvent?: (event: DeviceEvent) => void;
  /** Hears that a device is not to be woken for now, or for good, packed as it is. */
  readonly onWakeLost?: (error: RollcallError) => void;
}

const nothing: Beside = {};

/** All devices of a run by index. The same seed and counts give the same devices. */
export class Population {
  readonly #options: PopulationOptions;
  readonly #slots: Slot[] = [];
  readonly #wakeListeners = new Set<(index: number) => void>();
  /** By platform: devices of one have little in common with those of another. */
  readonly #packers = new Map<PlatformName, Packer>();
  /** Until a device with profiles is seen there is no sample to pack the others by. */
  readonly #firstPacker = createPacker();

  constructor(options: PopulationOptions) {
    this.#options = options;
    for (const [platform, count] of Object.entries(options.devices) as [PlatformName, number][])
      for (let k = 0; k < count; k++)
        this.#slots.push({
          platform,
          packed: undefined,
          packer: undefined,
          beside: nothing,
          nextActAt: undefined,
          turn: undefined,
          turns: 0,
          failed: false,
        });
  }

  get size(): number {
    return this.#slots.length;
  }

  platformOf(index: number): PlatformName {
    return this.#slot(index).platform;
  }

  /** Once a step has failed for a device the later ones are not tried: their figures would say nothing. */
  hasFailed(index: number): boolean {
    return this.#slot(index).failed;
  }

  markFailed(index: number): void {
    this.#slot(index).failed = true;
  }

  /** Calls back with the device's index for each wake-up that comes while it is packed; the function returned ends that. */
  onWake(listener: (index: number) => void): () => void {
    this.#wakeListeners.add(listener);
    return () => this.#wakeListeners.delete(listener);
  }

  /**
   * When device `index` next has to act by itself (`Device.actIfDue` in its turn), in milliseconds on the devices' clock;
   * undefined: never. Read without unpacking it, as of the end of its last turn.
   */
  nextActAt(index: number): number | undefined {
    return this.#slot(index).nextActAt;
  }

  /** Unpacks device `index`, lets `act` use it, packs it again. Turns of the same device queue up. */
  async turn<T>(index: number, act: (device: Device) => Promise<T>): Promise<T> {
    const slot = this.#slot(index);
    while (slot.turn !== undefined) await slot.turn;
    const { promise, done } = gate();
    slot.turn = promise;
    try {
      const device = this.#hydrate(index, slot);
      const before = device.state;
      try {
        return await act(device);
      } finally {
        this.#keep(slot, before, device.state);
        await device.close();
        slot.nextActAt = device.nextActAt;
      }
    } finally {
      slot.turn = undefined;
      done();
    }
  }

  /** The stored state of a device, without waking it. */
  peek(index: number): DeviceState | undefined {
    return unpacked(this.#slot(index));
  }

  /** What all devices' states take together, in bytes. */
  packedBytes(): number {
    return this.#slots.reduce((sum, slot) => sum + (slot.packed?.length ?? 0), 0);
  }

  #keep(slot: Slot, before: DeviceState, after: DeviceState): void {
    const beside = slot.packed === undefined ? undefined : besideOf(before, after, slot.beside);
    if (beside !== undefined) {
      slot.beside = beside;
      return;
    }
    if (!this.#packers.has(slot.platform) && after.holdings.length > 0)
      this.#packers.set(slot.platform, createPacker([after], this.#options.constants?.() ?? []));
    slot.packer = this.#packers.get(slot.platform) ?? this.#firstPacker;
    slot.packed = slot.packer.pack(after);
    slot.beside = nothing;
  }

  #hydrate(index: number, slot: Slot): Device {
    const { ports, seed, lenient, onEvent, onWakeLost } = this.#options;
    const own: Ports = {
      ...ports,
      random: seededRandom(seed, index, slot.turns === 0 ? '' : `turn ${slot.turns}`),
      ...(ports.wake === undefined
        ? {}
        : { wake: ports.wake.ownedBy(new Place(index, this.#wakeListeners, onWakeLost)) }),
    };
    slot.turns++;
    const state = unpacked(slot);
    const device = createDevice({
      platform: slot.platform,
      ports: own,
      ...(state === undefined ? this.#wished(index, slot) : { state }),
      ...(lenient === undefined ? {} : { lenient }),
    });
    if (onEvent !== undefined) device.onEvent(onEvent);
    return device;
  }

  /** A new device is the one that its seed gives, changed by `native`. */
  #wished(index: number, { platform: name }: Slot): { facts?: DeviceFacts } {
    const native = this.#options.native?.[name];
    const facts = platforms.find((each) => each.name === name)?.describe(seededRandom(this.#options.seed, index, ''));
    if (native === undefined || facts === undefined) return {};
    return { facts: { ...facts, native: { ...facts.native, ...native } } };
  }

  #slot(index: number): Slot {
    const slot = this.#slots[index];
    if (slot === undefined) throw new RangeError(`no device ${index} in a fleet of ${this.#slots.length}`);
    return slot;
  }
}

/** Where a device of the fleet lives, for the wake-up port to tell. */
class Place implements WakeOwner {
  readonly #index: number;
  readonly #listeners: ReadonlySet<(index: number) => void>;

  readonly #lost: ((error: RollcallError) => void) | undefined;

  constructor(
    index: number,
    listeners: ReadonlySet<(index: number) => void>,
    lost: ((error: RollcallError) => void) | undefined,
  ) {
    this.#index = index;
    this.#listeners = listeners;
    this.#lost = lost;
  }

  lost(error: RollcallError): void {
    this.#lost?.(error);
  }

  woken(): void {
    for (const listener of this.#listeners) listener(this.#index);
  }
}

function unpacked({ packed, packer, beside }: Slot): DeviceState | undefined {
  const state = packed === undefined ? undefined : packer?.unpack(packed);
  return state === undefined ? undefined : withBeside(state, beside);
}

function gate(): { promise: Promise<void>; done: () => void } {
  let done: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, done };
}
