// The devices of one engine on the disk, packed as they are in memory. Written before the server is told, read by any number of engines.
import {
  agentError,
  type Beside,
  besideOf,
  type DeviceState,
  type DeviceStore,
  type Packer,
  packerOf,
} from '../../agent/index.js';
import { lockFolder } from '../../base/folder-lock.js';
import { makeFolder } from '../../base/folders.js';
import { JournalStore } from '../../base/journal/journal-store.js';
import type { Log } from '../../base/log.js';
import type { Shard } from '../engine/shard.js';
import { deviceErrors, folderOf, type Generation, generationsIn, journalOf } from './generations.js';
import { readBeside, readDevice, readDictionary } from './records.js';

interface FleetStoreOptions {
  /** The state folder, which the coordinator holds. */
  readonly folder: string;
  /** Of this run: greater than all that are there. */
  readonly generation: number;
  /** Which part of the run this engine is. */
  readonly part: number;
  /** Which devices it has. */
  readonly shard: Pick<Shard, 'has'>;
  readonly log: Pick<Log, 'warn'>;
}

/** A device as it lies in memory and on the disk: what `packer` packed, and small values that are newer. */
export interface PackedDevice {
  readonly packed: Buffer;
  readonly packer: Packer;
  readonly beside: Beside;
}

/** Packs a state for memory; the store keeps the same bytes. */
type Pack = (state: DeviceState) => Omit<PackedDevice, 'beside'>;

const devices = 'device';
const besides = 'beside';
const dictionaries = 'dictionary';
/** Devices that are copied into the new generation at once. */
const copiedAtOnce = 500;

/**
 * The devices that one engine keeps. Opening it copies those of its shard out of earlier generations into its own journal; the earlier
 * ones stay until `FleetState.settle`. A device is on the disk when `DeviceStore.save` resolves, with others that were saved meanwhile.
 *
 * @example
 * const store = await openFleetStore({ folder: './fleet', generation: 2, part: 0, shard, log });
 * for (const [index, { packed, packer }] of store.kept()) population.put(index, packed, packer);
 * await store.storeFor(7, before, {}, pack).save(device.state);
 * await store.close();
 */
export async function openFleetStore(options: FleetStoreOptions): Promise<FleetStore> {
  const { folder, generation, part, log } = options;
  const own = folderOf(folder, generation, part);
  makeFolder(own);
  const lock = lockFolder(own, (message, context) => agentError('STATE_LOCKED', message, context));
  let journal: JournalStore | undefined;
  try {
    journal = new JournalStore({
      path: journalOf(own),
      errors: deviceErrors,
      assertOwned: () => lock.assertHeld(),
      onFailure: (reason) => log.warn('STATE_UNSAVED', { path: own, reason }),
      onTorn: () => undefined, // a generation is new
    });
    const store = new FleetStore(journal, lock, generation);
    await store.copy(generationsIn(folder), options);
    return store;
  } catch (error) {
    await journal?.close();
    lock();
    throw error;
  }
}

/** See `openFleetStore`. */
export class FleetStore {
  readonly #journal: JournalStore;
  readonly #unlock: () => void;
  /** Numbers of the dictionaries in this journal, by their bytes and by the packer that has them. */
  readonly #numbers = new Map<string, number>();
  readonly #numberOf = new WeakMap<Packer, number>();
  readonly #packers: Packer[] = [];
  /** Devices whose last save failed: what was put is written later on, while the device went back to what it was. */
  readonly #ahead = new Set<number>();

  /** Of this run: 1 in the first. */
  readonly generation: number;

  constructor(journal: JournalStore, unlock: () => void, generation: number) {
    this.generation = generation;
    this.#journal = journal;
    this.#unlock = unlock;
  }

  /** How many devices there are. */
  get size(): number {
    return this.#journal.keys(devices).length;
  }

  /** All devices that were kept, by index. Throws STATE_CORRUPT for what cannot be read. */
  *kept(): Generator<readonly [index: number, device: PackedDevice]> {
    for (const key of this.#journal.keys(devices)) {
      const device = readDevice(this.#journal.value(devices, key), `device ${key}`);
      const packer = this.#packers[device.by];
      if (packer === undefined)
        throw agentError('STATE_CORRUPT', `device ${key} was packed by a dictionary that is missing`);
      yield [Number(key), { packed: device.packed, packer, beside: besideIn(this.#journal, key) }] as const;
    }
  }

  /** Where device `index` is saved in one turn: it was read as `before`, with `beside`. Undefined: it was never stored. */
  storeFor(index: number, before: DeviceState | undefined, beside: Beside, pack: Pack): DeviceStore {
    const save = (state: DeviceState): Promise<void> => this.#save(String(index), state, pack);
    let base = this.#ahead.has(index) ? undefined : before;
    let newer = beside;
    const written = async (writing: Promise<void>): Promise<void> => {
      this.#ahead.add(index);
      await writing;
      this.#ahead.delete(index);
    };
    return {
      isDurable: true,
      load: () => undefined, // a fleet's devices are read all at once
      ids: () => [],
      save: async (state) => {
        const small = base === undefined ? undefined : besideOf(base, state, newer);
        base = state;
        newer = small ?? {};
        if (small === undefined) return written(save(state));
        this.#journal.put(besides, String(index), small);
        await written(this.#journal.durable());
      },
      delete: async () => {
        base = undefined;
        this.#journal.put(devices, String(index), undefined);
        this.#journal.put(besides, String(index), undefined);
        await this.#journal.durable();
      },
      close: async () => undefined,
    };
  }

  /** Keeps a device that was made rather than enrolled. On the disk when `durable` resolves. */
  put(index: number, { packed, packer }: Omit<PackedDevice, 'beside'>): void {
    this.#put(String(index), packed, packer, {});
  }

  durable(): Promise<void> {
    return this.#journal.durable();
  }

  /** Writes what is not on the disk yet. Throws STATE_UNSAVED where that cannot be. */
  async close(): Promise<void> {
    const isEnded = await this.#journal.close();
    if (isEnded) this.#unlock(); // else a write is still under way
    await this.#journal.durable();
  }

  /** Copies what earlier generations have of this shard, the newest of each device. */
  async copy(all: readonly Generation[], { generation, shard, log }: FleetStoreOptions): Promise<void> {
    const seen = new Set<string>();
    for (const each of all) {
      if (each.generation >= generation) continue;
      await this.#copyOut(each, shard, seen, log);
    }
  }

  async #copyOut(
    from: Generation,
    shard: Pick<Shard, 'has'>,
    seen: Set<string>,
    log: Pick<Log, 'warn'>,
  ): Promise<void> {
    const path = journalOf(from.folder);
    const torn = (bytes: number) =>
      log.warn('STATE_TORN', { path, bytes, about: 'the last write of a run that was killed; nobody was told of it' });
    const journal = new JournalStore({
      path,
      errors: deviceErrors,
      isHeld: true,
      onFailure: () => undefined,
      onTorn: torn,
    });
    try {
      const packers = new Map<number, Packer>();
      for (const [key, value] of journal.entries(dictionaries))
        packers.set(Number(key), packerOf(readDictionary(value, `dictionary ${key} in ${path}`)));
      let copied = 0;
      for (const key of journal.keys(devices)) {
        if (seen.has(key) || !shard.has(Number(key))) continue;
        seen.add(key);
        const device = readDevice(journal.value(devices, key), `device ${key} in ${path}`);
        const packer = packers.get(device.by);
        if (packer === undefined)
          throw deviceErrors.damaged(`device ${key} in ${path} was packed by a dictionary that is missing`);
        this.#put(key, device.packed, packer, besideIn(journal, key));
        if (++copied % copiedAtOnce === 0) await this.#journal.durable();
      }
      await this.#journal.durable();
    } finally {
      await journal.close();
    }
  }

  async #save(key: string, state: DeviceState, pack: Pack): Promise<void> {
    const { packed, packer } = pack(state);
    this.#put(key, packed, packer, {});
    await this.#journal.durable();
  }

  #put(key: string, packed: Buffer, packer: Packer, beside: Beside): void {
    this.#journal.put(devices, key, { packed, by: this.#known(packer) });
    const isEmpty = Object.keys(beside).length === 0;
    this.#journal.put(besides, key, isEmpty ? undefined : beside);
  }

  /** The number of a packer's dictionary, which is in the journal then, or in the same write. */
  #known(packer: Packer): number {
    const known = this.#numberOf.get(packer);
    if (known !== undefined) return known;
    const content = Buffer.from(packer.dictionary).toString('latin1');
    const number = this.#numbers.get(content) ?? this.#packers.push(packer) - 1;
    if (!this.#numbers.has(content)) this.#journal.put(dictionaries, String(number), packer.dictionary);
    this.#numbers.set(content, number);
    this.#numberOf.set(packer, number);
    return number;
  }
}

function besideIn(journal: JournalStore, key: string): Beside {
  return readBeside(journal.value(besides, key), `device ${key}`);
}
