import {
  createDevice,
  createPacker,
  type Device,
  type DeviceState,
  type Packer,
  type Ports,
  type Push,
  seededRandom,
} from '../../agent/index.js';
import type { PlatformName } from '../../protocol/vocabulary.js';

/** One place in the fleet. While nothing is due its device is `packed` bytes, without timer, socket or object of its own. */
interface Slot {
  readonly platform: PlatformName;
  packed: Buffer | undefined;
  packer: Packer | undefined;
  /** Kept beside the packed state, so that a session in which nothing else changed does not cost a packing. */
  lastCheckInAt: number | undefined;
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
}

/** All devices of a run by index. The same seed and counts give the same devices. */
export class Population {
  private readonly slots: Slot[] = [];
  private readonly ownerOf = new Map<string, number>();
  /** Until a device with profiles is seen there is no sample to pack the others by. */
  private packer = createPacker();
  private hasSample = false;

  constructor(private readonly options: PopulationOptions) {
    for (const [platform, count] of Object.entries(options.devices) as [PlatformName, number][])
      for (let k = 0; k < count; k++)
        this.slots.push({
          platform,
          packed: undefined,
          packer: undefined,
          lastCheckInAt: undefined,
          turn: undefined,
          turns: 0,
          failed: false,
        });
  }

  get size(): number {
    return this.slots.length;
  }

  platformOf(index: number): PlatformName {
    return this.slot(index).platform;
  }

  /** Once a step has failed for a device the later ones are not tried: their figures would say nothing. */
  hasFailed(index: number): boolean {
    return this.slot(index).failed;
  }

  markFailed(index: number): void {
    this.slot(index).failed = true;
  }

  /** Which device a push token belongs to. */
  indexOfToken(tokenHex: string): number | undefined {
    return this.ownerOf.get(tokenHex);
  }

  /** Wakes device `index`, lets `act` use it, packs it again. Turns of the same device queue up. */
  async turn<T>(index: number, act: (device: Device) => Promise<T>): Promise<T> {
    const slot = this.slot(index);
    while (slot.turn !== undefined) await slot.turn;
    const { promise, done } = gate();
    slot.turn = promise;
    try {
      const device = this.hydrate(index, slot);
      const before = device.state;
      try {
        return await act(device);
      } finally {
        this.keep(slot, before, device.state);
        await device.close();
      }
    } finally {
      slot.turn = undefined;
      done();
    }
  }

  /** The stored state of a device, without waking it. */
  peek(index: number): DeviceState | undefined {
    return unpacked(this.slot(index));
  }

  /** What all devices' states take together, in bytes. */
  packedBytes(): number {
    return this.slots.reduce((sum, slot) => sum + (slot.packed?.length ?? 0), 0);
  }

  private keep(slot: Slot, before: DeviceState, after: DeviceState): void {
    slot.lastCheckInAt = after.lastCheckInAt;
    if (slot.packed !== undefined && differsOnlyInTime(before, after)) return;
    if (!this.hasSample && after.holdings.length > 0) {
      this.hasSample = true;
      this.packer = createPacker([after], this.options.constants?.() ?? []);
    }
    slot.packer = this.packer;
    slot.packed = this.packer.pack(after);
  }

  private hydrate(index: number, slot: Slot): Device {
    const { ports, seed } = this.options;
    const own: Ports = {
      ...ports,
      random: seededRandom(seed, index, slot.turns === 0 ? '' : `turn ${slot.turns}`),
      ...(ports.push === undefined ? {} : { push: this.watched(ports.push, index) }),
    };
    slot.turns++;
    const state = unpacked(slot);
    return createDevice({ platform: slot.platform, ports: own, ...(state === undefined ? {} : { state }) });
  }

  private watched(push: Push, index: number): Push {
    return {
      register: (token, signal) => {
        this.ownerOf.set(Buffer.from(token).toString('hex'), index);
        return push.register(token, signal);
      },
      unregister: (token) => {
        this.ownerOf.delete(Buffer.from(token).toString('hex'));
        return push.unregister(token);
      },
      notifications: (token, signal) => push.notifications(token, signal),
      ...(push.answered === undefined ? {} : { answered: (token: Uint8Array) => push.answered?.(token) }),
    };
  }

  private slot(index: number): Slot {
    const slot = this.slots[index];
    if (slot === undefined) throw new RangeError(`no device ${index} in a fleet of ${this.slots.length}`);
    return slot;
  }
}

function unpacked({ packed, packer, lastCheckInAt }: Slot): DeviceState | undefined {
  const state = packed === undefined ? undefined : packer?.unpack(packed);
  return state === undefined || lastCheckInAt === undefined ? state : { ...state, lastCheckInAt };
}

/** States are replaced, not changed, so what is the same object has the same content. */
function differsOnlyInTime(before: DeviceState, after: DeviceState): boolean {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof DeviceState>;
  keys.delete('lastCheckInAt');
  for (const key of keys) if (before[key] !== after[key]) return false;
  return true;
}

function gate(): { promise: Promise<void>; done: () => void } {
  let done: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, done };
}
