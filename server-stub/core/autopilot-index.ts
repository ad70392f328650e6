import type { AutopilotDevice } from './admission-types.js';
import { serialKey } from './comanagement-index.js';

/** The devices that Autopilot knows, those whose records were removed too, by id and by serial number. */
export class AutopilotIndex {
  readonly #byId = new Map<string, AutopilotDevice>();
  readonly #bySerial = new Map<string, AutopilotDevice>();
  /** Ids of those whose records were removed, the first first. */
  readonly #removed = new Set<string>();

  /** Without those whose records were removed. */
  get size(): number {
    return this.#byId.size - this.#removed.size;
  }

  get removedSize(): number {
    return this.#removed.size;
  }

  /** The id of the one whose record was removed before those of all others. */
  get firstRemoved(): string | undefined {
    return this.#removed.values().next().value;
  }

  /** Those whose records were not removed. */
  list(): readonly AutopilotDevice[] {
    return [...this.#byId.values()].filter(({ removedAt }) => removedAt === undefined);
  }

  /** Also one whose record was removed. */
  get(id: string): AutopilotDevice | undefined {
    return this.#byId.get(id);
  }

  /** Also one whose record was removed. */
  find(serial: string): AutopilotDevice | undefined {
    return serial === '' ? undefined : this.#bySerial.get(serialKey(serial));
  }

  /** Those that are restored must come in the order in which they were removed. */
  put(device: AutopilotDevice): void {
    this.forget(device.id);
    this.#byId.set(device.id, device);
    this.#bySerial.set(serialKey(device.serial), device);
    if (device.removedAt !== undefined) this.#removed.add(device.id);
  }

  /** As if it had never been there. */
  forget(id: string): void {
    const found = this.#byId.get(id);
    if (found === undefined) return;
    this.#byId.delete(id);
    this.#bySerial.delete(serialKey(found.serial));
    this.#removed.delete(id);
  }
}
