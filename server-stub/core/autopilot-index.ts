import type { AutopilotDevice } from './admission-types.js';
import { serialKey } from './comanagement-index.js';

/** The devices that Autopilot knows, those whose records were removed too, by id and by serial number. */
export class AutopilotIndex {
  readonly #byId = new Map<string, AutopilotDevice>();
  readonly #bySerial = new Map<string, AutopilotDevice>();

  get size(): number {
    return this.#byId.size;
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

  put(device: AutopilotDevice): void {
    this.forget(device.id);
    this.#byId.set(device.id, device);
    this.#bySerial.set(serialKey(device.serial), device);
  }

  /** As if it had never been there. */
  forget(id: string): void {
    const found = this.#byId.get(id);
    if (found === undefined) return;
    this.#byId.delete(id);
    this.#bySerial.delete(serialKey(found.serial));
  }
}
