import type { Clock } from '../../base/clock.js';
import { DueQueue } from '../../base/due-queue.js';
import { isRollcallError } from '../../base/errors.js';
import type { Deadlines } from './deadlines.js';
import type { TenantDevice } from './device-state.js';

/** Devices for which this calls back before the process does something else; the others follow at the same time. */
const mostAtOnce = 100;

interface ExpiryOptions {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Its deadline's key. */
  readonly key: string;
  /** Throws STORE_UNWRITABLE where the device is to wait still: it is called again later. */
  readonly onDue: (device: TenantDevice, at: number) => void;
}

/**
 * A lane of the deadlines in which each device waits for a time of its own: one deadline, whatever the number of devices. A device whose
 * time moves away need not be put again: `onDue` finds that it is too early, and puts it again.
 */
export class Expiries {
  readonly #options: ExpiryOptions;
  readonly #queue = new DueQueue();
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** How many wait. */
  get size(): number {
    return this.#queue.size;
  }

  /** It waits for this time, in milliseconds since the epoch, and for no other. */
  put(device: TenantDevice, at: number): void {
    this.#put(device, at);
    this.#arm();
  }

  drop(device: TenantDevice): void {
    this.#cancel(device);
    if (this.#queue.size > 0 || this.#armedFor === Number.POSITIVE_INFINITY) return;
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#options.deadlines.cancel(this.#options.key);
  }

  #cancel(device: TenantDevice): void {
    if (device.expiry !== undefined) this.#queue.cancel(device.expiry);
    delete device.expiry;
  }

  #put(device: TenantDevice, at: number): void {
    this.#cancel(device);
    device.expiry = this.#queue.add(at, () => this.#meet(device, at));
  }

  #meet(device: TenantDevice, at: number): void {
    delete device.expiry;
    try {
      this.#options.onDue(device, at);
    } catch (error) {
      if (isUnwritable(error)) this.#put(device, at);
      throw error;
    }
  }

  #arm(): void {
    const first = this.#queue.first();
    if (first === undefined || first.at >= this.#armedFor) return;
    const { deadlines, key } = this.#options;
    this.#armedFor = first.at;
    deadlines.at(key, first.at, () => this.#fire());
  }

  #fire(): void {
    try {
      this.#meetDue();
    } catch (error) {
      if (!isUnwritable(error)) this.#armAnew();
      throw error; // of what could not be stored the deadline itself comes again
    }
    this.#armAnew();
  }

  #armAnew(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#arm();
  }

  #meetDue(): void {
    const now = this.#options.clock.now();
    for (let met = 0; met < mostAtOnce; met++) {
      const call = this.#queue.take(now);
      if (call === undefined) return;
      call();
    }
  }
}

const isUnwritable = (error: unknown): boolean => isRollcallError(error, 'STORE_UNWRITABLE');
