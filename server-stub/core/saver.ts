import type { Log } from '../../base/log.js';
import { misfit } from '../../protocol/vocabulary/misfit.js';
import type { Profile } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { contentsOfAnswered } from './answered.js';
import { contentKeyOf } from './contents.js';
import { descriptions, versions } from './descriptions.js';
import type { TenantDevice } from './device-state.js';
import type { Persistence, Table } from './persistence.js';
import { storeDevice } from './stored.js';

/** Contents that are stored before it is looked which of them are still in use. */
const fewContents = 2000;

/**
 * Tells the persistence what changed; a device that changes several times within one request is written once. What does not fit
 * its description is a bug: it is logged and not written, and what was stored before stays, so that the folder opens again.
 */
export class Saver {
  readonly #persistence: Persistence | undefined;
  readonly #log: Pick<Log, 'error'>;
  readonly #allDevices: () => Iterable<TenantDevice>;
  readonly #devices = new Set<TenantDevice>();
  #contents = new Set<string>();
  /** Those that lay in the store at the start. */
  #first = new Set<string>();
  #sweepAt = fewContents;

  constructor(
    persistence: Persistence | undefined,
    log: Pick<Log, 'error'>,
    allDevices: () => Iterable<TenantDevice> = () => [],
  ) {
    this.#persistence = persistence;
    this.#log = log;
    this.#allDevices = allDevices;
  }

  /**
   * The contents that lie in the store at the start; those that no device refers to are forgotten. While a device's record is set
   * aside, none of them is: it may refer to them.
   */
  restored(contents: Iterable<string>): void {
    this.#contents = new Set(contents);
    this.#first = new Set(this.#contents);
    this.#sweep();
  }

  /**
   * Throws STORE_UNWRITABLE while changes cannot be stored: asked by whatever is about to change something at somebody's request,
   * before it does.
   */
  requireWritable(): void {
    const failure = this.#persistence?.failure;
    if (failure !== undefined) throw stubError('STORE_UNWRITABLE', `Changes cannot be stored at present: ${failure}`);
  }

  /** The device changed: whoever is told of it waits until that is stored. */
  device(device: TenantDevice): void {
    this.#persistence?.changed();
    this.seen(device);
  }

  /** Nothing of the device changed but when it was seen: it is stored, and no answer waits for that. */
  seen(device: TenantDevice): void {
    if (this.#persistence === undefined) return;
    if (this.#devices.size === 0) queueMicrotask(() => this.flush());
    this.#devices.add(device);
  }

  /**
   * What somebody finds of the device who asks, or a deadline: it waits as a change does. While nothing can be stored it is told all the
   * same, for reading goes on, and is stored when there is room.
   */
  found(device: TenantDevice): void {
    if (this.#persistence?.failure === undefined) this.device(device);
    else this.seen(device);
  }

  /**
   * Somebody is told again of what was changed before, which may not be stored yet, or could not be: they wait as those did who
   * changed it.
   */
  toldAgain(): void {
    this.#persistence?.changed();
  }

  deviceGone(device: TenantDevice): void {
    this.#devices.delete(device);
    this.#persistence?.changed();
    this.#persistence?.save('device', device.record.deviceId, undefined);
  }

  /** `undefined` forgets the record. */
  record(table: Exclude<Table, 'device' | 'content'>, key: string, value: unknown): void {
    this.#persistence?.changed();
    if (value === undefined) this.#persistence?.save(table, key, undefined);
    else this.#save(table, key, value);
  }

  /** Resolves once all that was changed until now is on the disk; undefined where nothing is stored. Throws STORE_UNWRITABLE. */
  durable(): Promise<void> | undefined {
    return this.#persistence?.durable();
  }

  flush(): void {
    for (const device of this.#devices) {
      for (const profile of installed(device)) this.#content(profile);
      this.#save('device', device.record.deviceId, storeDevice(device));
    }
    this.#devices.clear();
    if (this.#contents.size >= this.#sweepAt) this.#sweep();
  }

  async close(): Promise<void> {
    this.flush();
    await this.#persistence?.close();
  }

  /** Written with the device that refers to it, in one batch. */
  #content(profile: Profile): void {
    const key = contentKeyOf(profile);
    if (this.#contents.has(key)) return;
    if (this.#save('content', key, profile)) this.#contents.add(key);
  }

  #sweep(): void {
    const inUse = new Set<string>();
    for (const device of this.#allDevices()) {
      for (const profile of installed(device)) inUse.add(contentKeyOf(profile));
      for (const key of contentsOfAnswered(device.queue.keptText ?? '')) inUse.add(key);
    }
    const isDeviceAside = this.#persistence?.aside.some(({ table }) => table === 'device') === true;
    for (const key of this.#contents) {
      if (inUse.has(key) || (isDeviceAside && this.#first.has(key))) continue;
      this.#contents.delete(key);
      this.#persistence?.save('content', key, undefined);
    }
    this.#sweepAt = Math.max(fewContents, 2 * this.#contents.size);
  }

  #save(table: Table, key: string, value: unknown): boolean {
    if (this.#persistence === undefined) return false;
    let reason = misfit(descriptions[table], value);
    if (reason === undefined) {
      try {
        this.#persistence.save(table, key, { version: versions[table], value });
        return true;
      } catch (error) {
        reason = String(error); // what cannot be copied: a function, an object of another's
      }
    }
    this.#log.error('RECORD_INVALID', { table, record: key, reason });
    return false;
  }
}

/** But for what kept answers name, which is stored. */
function* installed({ queue, contents }: TenantDevice): Generator<Profile> {
  if (contents !== undefined) yield* contents.values();
  for (const entries of queue.keptText === undefined ? [queue.open, queue.answered] : [queue.open]) {
    for (const { command } of entries) if (command.kind === 'install-profile') yield command.profile;
  }
}
