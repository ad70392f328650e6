import type { DeviceState } from './device-state.js';
import type { Persistence, Table } from './persistence.js';
import { storeDevice } from './stored.js';

/** Tells the persistence what changed; a device that changes several times within one request is written once. */
export class Saver {
  readonly #devices = new Set<DeviceState>();

  constructor(private readonly persistence: Persistence | undefined) {}

  device(device: DeviceState): void {
    if (this.persistence === undefined) return;
    if (this.#devices.size === 0) queueMicrotask(() => this.flush());
    this.#devices.add(device);
  }

  deviceGone(device: DeviceState): void {
    this.#devices.delete(device);
    this.persistence?.save('device', device.record.deviceId, undefined);
  }

  record(table: Exclude<Table, 'device'>, key: string, value: unknown): void {
    this.persistence?.save(table, key, value);
  }

  flush(): void {
    for (const device of this.#devices) this.persistence?.save('device', device.record.deviceId, storeDevice(device));
    this.#devices.clear();
  }

  async close(): Promise<void> {
    this.flush();
    await this.persistence?.close();
  }
}
