import { type Beside, createPacker, type DeviceState, type Packer, withBeside } from '../../agent/index.js';
import type { PlatformName } from '../../protocol/vocabulary.js';

const nothing: Beside = {};

/** Marks of a slot. */
export const marks = {
  /** Later steps leave it out. */
  failed: 1,
  /** It has no network. */
  away: 2,
  /** Woken, and not answered. */
  woken: 4,
  /** In its turn. */
  busy: 8,
  /** Its first failure was told. */
  told: 16,
  /** It had enrolled in an earlier run, whose fleet this one goes on with. */
  kept: 32,
} as const;
export type Mark = keyof typeof marks;

/** A state in the bytes of a packer. */
export interface Packed {
  readonly packed: Buffer;
  readonly packer: Packer;
}

/** As an octet numbers them. */
const mostPackers = 255;
/** Dictionaries that are made for one platform: devices come to hold more from session to session. */
const mostSamples = 16;

/**
 * What is known of many devices, in arrays: a device at rest is its packed bytes, a few small values that are newer than those, and
 * some bytes here. No object of its own.
 */
export class Slots {
  readonly #packed: (Buffer | undefined)[];
  readonly #beside: (Beside | undefined)[];
  readonly #packerOf: Uint8Array;
  readonly #nextActAt: Float64Array;
  readonly #turns: Uint32Array;
  readonly #marks: Uint8Array;
  /** Those by which anything may be packed: the first until a device with profiles is seen, then one for each platform. */
  readonly #first = createPacker();
  readonly #packers: Packer[] = [this.#first];
  readonly #packerByPlatform = new Map<PlatformName, number>();
  /** What the dictionary of each platform was made of: so many profiles, after so many others. */
  readonly #samples = new Map<PlatformName, { readonly holdings: number; readonly made: number }>();
  readonly #constants: () => readonly Uint8Array[];
  /** States that need not be unpacked: of devices whose connections are kept, beside which they weigh little. */
  readonly #held = new Map<number, DeviceState>();
  readonly #mostHeld: number;
  /** States as they were packed last, for whoever packs them too: what is kept on the disk are the same bytes. */
  readonly #packedAs = new WeakMap<DeviceState, Packed>();

  /** `mostHeld`: how many states are kept unpacked too; those unused for longest go first. */
  constructor(size: number, constants: () => readonly Uint8Array[] = () => [], mostHeld = 0) {
    this.#constants = constants;
    this.#mostHeld = mostHeld;
    this.#packed = new Array<Buffer | undefined>(size).fill(undefined);
    this.#beside = new Array<Beside | undefined>(size).fill(undefined);
    this.#packerOf = new Uint8Array(size);
    this.#nextActAt = new Float64Array(size).fill(Number.NaN);
    this.#turns = new Uint32Array(size);
    this.#marks = new Uint8Array(size);
  }

  /** The stored state; undefined where nothing was stored yet. */
  read(slot: number): DeviceState | undefined {
    const held = this.#held.get(slot);
    if (held !== undefined) return held;
    const packed = this.#packed[slot];
    const state = packed === undefined ? undefined : this.#packers[this.#packerOf[slot] ?? 0]?.unpack(packed);
    return state === undefined ? undefined : withBeside(state, this.#beside[slot] ?? nothing);
  }

  isStored(slot: number): boolean {
    return this.#packed[slot] !== undefined;
  }

  besideOf(slot: number): Beside {
    return this.#beside[slot] ?? nothing;
  }

  /** Newer than the packed state, so that a session in which nothing else changed does not cost a packing. */
  keepBeside(slot: number, beside: Beside): void {
    this.#beside[slot] = beside;
    this.#held.delete(slot);
  }

  /** `state` is what was stored last: it is given out as it is. */
  hold(slot: number, state: DeviceState): void {
    if (this.#mostHeld === 0) return;
    this.#held.delete(slot); // to the end
    this.#held.set(slot, state);
    const [oldest] = this.#held.size > this.#mostHeld ? this.#held.keys() : [];
    if (oldest !== undefined) this.#held.delete(oldest);
  }

  /** Packs it whole. */
  write(slot: number, state: DeviceState): void {
    this.put(slot, this.pack(state));
  }

  /** By what devices of its platform have in common, as soon as one with profiles is known; one with more of them is a better sample. */
  pack(state: DeviceState): Packed {
    const known = this.#packedAs.get(state);
    if (known !== undefined) return known;
    const { platform } = state.facts;
    const { holdings, made: samples } = this.#samples.get(platform) ?? { holdings: 0, made: 0 };
    if (state.holdings.length > holdings && samples < mostSamples) {
      this.#samples.set(platform, { holdings: state.holdings.length, made: samples + 1 });
      this.#packerByPlatform.set(platform, this.#numberOf(createPacker([state], this.#constants())));
    }
    const packer = this.#packers[this.#packerByPlatform.get(platform) ?? 0] ?? this.#first;
    const made = { packed: packer.pack(state), packer };
    this.#packedAs.set(state, made);
    return made;
  }

  /** Takes it as it was packed, here or in an earlier process. */
  put(slot: number, { packed, packer }: Packed, beside?: Beside): void {
    this.#packed[slot] = packed;
    this.#held.delete(slot);
    this.#packerOf[slot] = this.#numberOf(packer);
    this.#beside[slot] = beside;
  }

  /** What devices of this platform are packed by from now on. */
  packBy(platform: PlatformName, packer: Packer, { holdings }: DeviceState): void {
    const before = this.#samples.get(platform);
    if (before !== undefined && before.holdings >= holdings.length) return;
    this.#samples.set(platform, { holdings: holdings.length, made: 1 });
    this.#packerByPlatform.set(platform, this.#numberOf(packer));
  }

  #numberOf(packer: Packer): number {
    const at = this.#packers.indexOf(packer);
    if (at >= 0) return at;
    if (this.#packers.length > mostPackers) throw new RangeError('more dictionaries than are told apart');
    return this.#packers.push(packer) - 1;
  }

  /** Milliseconds on the devices' clock; undefined: never by itself. */
  nextActAt(slot: number): number | undefined {
    const at = this.#nextActAt[slot];
    return at === undefined || Number.isNaN(at) ? undefined : at;
  }

  setNextActAt(slot: number, at: number | undefined): void {
    this.#nextActAt[slot] = at ?? Number.NaN;
  }

  turns(slot: number): number {
    return this.#turns[slot] ?? 0;
  }

  /** Counts one more turn, and says which it is, from 0. */
  takeTurn(slot: number): number {
    const turn = this.turns(slot);
    this.#turns[slot] = turn + 1;
    return turn;
  }

  is(slot: number, mark: Mark): boolean {
    return ((this.#marks[slot] ?? 0) & marks[mark]) !== 0;
  }

  mark(slot: number, mark: Mark, isSo: boolean): void {
    const before = this.#marks[slot] ?? 0;
    this.#marks[slot] = isSo ? before | marks[mark] : before & ~marks[mark];
  }

  /** How many have a mark. */
  count(mark: Mark): number {
    return this.#marks.reduce((sum, each) => sum + ((each & marks[mark]) === 0 ? 0 : 1), 0);
  }

  /** How many were ever in a turn. */
  get started(): number {
    return this.#turns.reduce((sum, each) => sum + (each === 0 ? 0 : 1), 0);
  }

  packedBytes(): number {
    return this.#packed.reduce((sum, each) => sum + (each?.length ?? 0), 0);
  }
}
