import {
  agentError,
  besideOf,
  createDevice,
  type Device,
  type DeviceFacts,
  type DeviceState,
  type Ports,
  seededRandom,
} from '../../agent/index.js';
import { throwIfInterrupted } from '../../base/abort.js';
import { isRollcallError } from '../../base/errors.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import type { DeviceGroup } from '../scenario/model.js';
import type { PackedDevice } from '../state/store.js';
import type { PopulationOptions } from './population-options.js';
import { type Shard, wholeOf } from './shard.js';
import { type Mark, Slots } from './slots.js';
import { factsOf, type Traits, traitsOf } from './traits.js';
import { WakePlace } from './wake-place.js';

/** The event loop is given back in between. */
const restoredAtOnce = 50;
/** Devices that ask to be woken at the same time: each waits for an answer. */
const restoreLanes = 64;

/** How one turn reaches the world: the ports of all, observed, disturbed. */
export type Through = (ports: Ports) => Ports;

/** The devices of a run, or of one shard of it, by their index in the run. The same seed and groups give the same devices. */
export class Population {
  readonly #options: PopulationOptions;
  readonly #shard: Shard;
  readonly #slots: Slots;
  readonly #traits: Traits;
  /** Of those that are in their turn: ends with it. A device does one thing at a time. */
  readonly #turns = new Map<number, Promise<void>>();
  readonly #wakeListeners = new Set<(index: number) => void>();

  constructor(options: PopulationOptions) {
    const { cast, groups, seed, constants, mostHeld } = options;
    this.#options = options;
    this.#shard = options.shard ?? wholeOf(cast.total);
    this.#slots = new Slots(this.#shard.size, constants, mostHeld);
    this.#traits = traitsOf(cast, groups, seed, this.#shard);
  }

  /** How many are here. */
  get size(): number {
    return this.#shard.size;
  }

  /** Their places and indexes. */
  get shard(): Shard {
    return this.#shard;
  }

  /** How many were ever in a turn; how many later steps leave out. */
  get started(): number {
    return this.#slots.started;
  }
  get failed(): number {
    return this.#slots.count('failed');
  }

  groupOf(index: number): DeviceGroup {
    return this.#options.cast.groupOf(index);
  }

  platformOf(index: number): PlatformName {
    return this.groupOf(index).platform;
  }

  /** How it enrolls, where its group has several ways. */
  enrolledAs(index: number): string | undefined {
    return this.#traits.enrolledAs(this.#shard.slotOf(index));
  }

  /** Once a step has failed for a device the later ones are not tried: their figures would say nothing. */
  hasFailed(index: number): boolean {
    return this.is(index, 'failed');
  }

  markFailed(index: number): void {
    this.mark(index, 'failed', true);
  }

  is(index: number, mark: Mark): boolean {
    return this.#slots.is(this.#shard.slotOf(index), mark);
  }

  mark(index: number, mark: Exclude<Mark, 'busy'>, isSo: boolean): void {
    this.#slots.mark(this.#shard.slotOf(index), mark, isSo);
  }

  /** How many turns it has had. */
  turnsOf(index: number): number {
    return this.#slots.turns(this.#shard.slotOf(index));
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
    return this.#slots.nextActAt(this.#shard.slotOf(index));
  }

  /** Unpacks device `index`, lets `act` use it, packs it again. Turns of the same device queue up. */
  async turn<T>(index: number, act: (device: Device) => Promise<T>, through?: Through): Promise<T> {
    const slot = this.#shard.slotOf(index);
    for (let busy = this.#turns.get(slot); busy !== undefined; busy = this.#turns.get(slot)) await busy;
    const { promise, done } = gate();
    this.#turns.set(slot, promise);
    this.#slots.mark(slot, 'busy', true);
    try {
      const device = this.#hydrate(index, slot, this.#streamOf(slot), through);
      const before = device.state;
      try {
        return await act(device);
      } finally {
        this.#keep(slot, before, device.state);
        await device.close();
        this.#slots.setNextActAt(slot, device.nextActAt);
      }
    } finally {
      this.#turns.delete(slot);
      this.#slots.mark(slot, 'busy', false);
      done();
    }
  }

  /**
   * Puts the devices in their places that the store has of an earlier run, checked to the last field, and has them wait to be woken as
   * they did. Says how many of them are enrolled: they carry the mark `kept`. Throws STATE_CORRUPT, INTERRUPTED.
   */
  async restore(signal: AbortSignal, onProgress: (done: number, total: number) => void = () => {}): Promise<number> {
    const { store } = this.#options;
    const kept = store?.kept() ?? [];
    const total = store?.size ?? 0;
    let [done, enrolled] = [0, 0];
    const stopping = new AbortController();
    const asking = AbortSignal.any([signal, stopping.signal]);
    const lane = async () => {
      for (const [index, device] of kept) {
        throwIfInterrupted(asking);
        if (await this.#restoreOne(index, device, asking)) enrolled++;
        if (++done % restoredAtOnce !== 0) continue;
        onProgress(done, total);
        await new Promise(setImmediate);
      }
    };
    const lanes = Array.from({ length: restoreLanes }, async () => {
      try {
        await lane();
      } catch (error) {
        stopping.abort(error);
        throw error;
      }
    });
    await Promise.allSettled(lanes);
    if (stopping.signal.aborted) throw stopping.signal.reason;
    onProgress(done, done);
    return enrolled;
  }

  /** True where it is enrolled. */
  async #restoreOne(index: number, { packed, packer, beside }: PackedDevice, signal: AbortSignal): Promise<boolean> {
    const slot = this.#shard.slotOf(index);
    const state = corruptAs(index, () => packer.read(packed));
    const { facts, holdings, lifecycle } = state;
    if (facts.platform !== this.platformOf(index))
      throw agentError(
        'STATE_CORRUPT',
        `device ${index} is of ${facts.platform}, and the run's is of ${this.platformOf(index)}`,
      );
    if (holdings.length > 0) this.#slots.packBy(facts.platform, packer, state);
    this.#slots.put(slot, { packed, packer }, beside);
    const isEnrolled = lifecycle === 'enrolled';
    this.#slots.mark(slot, 'kept', isEnrolled);
    if (!isEnrolled) return false;
    const device = this.#hydrate(index, slot, 'restored');
    await device.askToBeWoken(signal);
    this.#slots.setNextActAt(slot, device.nextActAt);
    await device.close();
    return true;
  }

  /** The stored state of a device, without waking it. */
  peek(index: number): DeviceState | undefined {
    return this.#slots.read(this.#shard.slotOf(index));
  }

  /** What all devices' states take together, in bytes. */
  packedBytes(): number {
    return this.#slots.packedBytes();
  }

  #keep(slot: number, before: DeviceState, after: DeviceState): void {
    const newer = this.#slots.isStored(slot) ? besideOf(before, after, this.#slots.besideOf(slot)) : undefined;
    if (newer === undefined) this.#slots.write(slot, after);
    else this.#slots.keepBeside(slot, newer);
    this.#slots.hold(slot, after);
  }

  #hydrate(index: number, slot: number, stream: string, through?: Through): Device {
    const { ports, seed, lenient, store: kept, onEvent, onWakeLost } = this.#options;
    const identity = this.#options.identityOf?.(index) ?? index;
    const own: Ports = {
      ...ports,
      random: seededRandom(seed, stream === '' ? identity : index, stream),
      ...(ports.wake === undefined
        ? {}
        : { wake: ports.wake.ownedBy(new WakePlace(index, this.#wakeListeners, onWakeLost)) }),
    };
    const state = this.#slots.read(slot);
    const store = kept?.storeFor(index, state, this.#slots.besideOf(slot), (each) => this.#slots.pack(each));
    const device = createDevice({
      platform: this.platformOf(index),
      ports: through === undefined ? own : through(own),
      ...(state === undefined ? this.#invented(index, slot, identity) : { state }),
      ...(store === undefined ? {} : { store }),
      ...(lenient === undefined ? {} : { lenient }),
    });
    if (onEvent !== undefined) device.onEvent((event) => onEvent(event, index));
    return device;
  }

  /** Each turn draws its own randomness, so that no nonce comes twice: those of an earlier run neither. */
  #streamOf(slot: number): string {
    const turn = this.#slots.takeTurn(slot);
    const { generation = 0 } = this.#options.store ?? {};
    if (turn === 0 && !this.#slots.isStored(slot)) return '';
    return generation <= 1 ? `turn ${turn}` : `run ${generation}, turn ${turn}`;
  }

  /** A new device is the one that its seed gives, as its group wishes. */
  #invented(index: number, slot: number, identity: number): { facts?: DeviceFacts } {
    const { seed, native } = this.#options;
    const group = this.groupOf(index);
    const traits = { supervised: this.#traits.supervised(slot), as: this.#traits.enrolledAs(slot) };
    const facts = factsOf(group, seed, identity, traits, native?.[group.platform]);
    return facts === undefined ? {} : { facts };
  }
}

/** Says of which device a state cannot be read. */
function corruptAs<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isRollcallError(cause, 'STATE_CORRUPT')) throw cause;
    throw agentError('STATE_CORRUPT', `device ${index}: ${cause.message}`, { cause, hint: cause.hint });
  }
}

function gate(): { promise: Promise<void>; done: () => void } {
  let done: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, done };
}
