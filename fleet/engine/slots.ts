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
} as const;
export type Mark = keyof typeof marks;

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
  readonly #packers: Packer[] = [createPacker()];
  readonly #packerByPlatform = new Map<PlatformName, number>();
  readonly #constants: () => readonly Uint8Array[];

  constructor(size: number, constants: () => readonly Uint8Array[] = () => []) {
    this.#constants = constants;
    this.#packed = new Array<Buffer | undefined>(size).fill(undefined);
    this.#beside = new Array<Beside | undefined>(size).fill(undefined);
    this.#packerOf = new Uint8Array(size);
    this.#nextActAt = new Float64Array(size).fill(Number.NaN);
    this.#turns = new Uint32Array(size);
    this.#marks = new Uint8Array(size);
  }

  /** The stored state; undefined where nothing was stored yet. */
  read(slot: number): DeviceState | undefined {
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
  }

  /** Packs it whole: by what devices of its platform have in common, as soon as one with profiles is known. */
  write(slot: number, state: DeviceState): void {
    const { platform } = state.facts;
    if (!this.#packerByPlatform.has(platform) && state.holdings.length > 0) {
      this.#packers.push(createPacker([state], this.#constants()));
      this.#packerByPlatform.set(platform, this.#packers.length - 1);
    }
    const packer = this.#packerByPlatform.get(platform) ?? 0;
    this.#packed[slot] = this.#packers[packer]?.pack(state);
    this.#packerOf[slot] = packer;
    this.#beside[slot] = undefined;
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
