import { DeviceOrder } from './device-order.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import type { DeviceLookup } from './types.js';

/** The same for all that differ in capitals alone; most serial numbers are in upper case, and share their string with the key. */
function serialKey(serial: string): string {
  const key = serial.toLowerCase().toUpperCase();
  return key === serial ? serial : key;
}

/** The devices of a tenant, by all that they are found by. Ids of users are compared as they are written, but in `find`. */
export class DeviceIndex {
  readonly byDeviceId = new Map<string, TenantDevice>();
  readonly byRecordId = new Map<string, TenantDevice>();
  readonly byUser = new Map<string, Set<TenantDevice>>();
  readonly order = new DeviceOrder();
  /** Enrolled devices without a user (A10). */
  readonly userless = new Set<TenantDevice>();
  /** Those that have missed changes which are written down with them (`missed`). */
  readonly fixed = new Set<TenantDevice>();
  readonly #bySerial = new Map<string, TenantDevice | Set<TenantDevice>>();
  /** How users' ids are written that are not all lower case. */
  readonly #spellings = new Map<string, Set<string>>();
  #enrolled = 0;

  /** How many devices are enrolled: those whose enrollment is not complete are none yet. */
  get enrolled(): number {
    return this.#enrolled;
  }

  /** The enrollment of a device that is found here already is complete. */
  confirmed(device: TenantDevice): void {
    this.#enrolled++;
    if (device.record.userId === undefined) this.userless.add(device);
  }

  add(device: TenantDevice): void {
    const { deviceId, id, userId, serial } = device.record;
    this.byDeviceId.set(deviceId, device);
    this.byRecordId.set(id, device);
    this.order.put(device);
    if (isEnrolled(device)) this.confirmed(device);
    if (device.missed !== undefined) this.fixed.add(device);
    this.#addSerial(serialKey(serial), device);
    if (userId === undefined) return;
    const siblings = this.byUser.get(userId);
    if (siblings !== undefined) siblings.add(device);
    else {
      this.byUser.set(userId, new Set([device]));
      this.#addSpelling(userId);
    }
  }

  drop(device: TenantDevice): void {
    const { deviceId, id, userId, serial } = device.record;
    this.byDeviceId.delete(deviceId);
    this.byRecordId.delete(id);
    this.order.drop(device);
    if (isEnrolled(device)) this.#enrolled--;
    this.userless.delete(device);
    this.fixed.delete(device);
    this.#dropSerial(serialKey(serial), device);
    if (userId === undefined) return;
    const siblings = this.byUser.get(userId);
    siblings?.delete(device);
    if (siblings?.size !== 0) return;
    this.byUser.delete(userId);
    this.#spellings.get(userId.toLowerCase())?.delete(userId);
  }

  /** All devices of which this is so, without regard to capitals, in the order of their enrollment. */
  find(key: DeviceLookup, value: string): readonly TenantDevice[] {
    return [...this.#found(key, value)].sort((a, b) => a.record.sequence - b.record.sequence);
  }

  #found(key: DeviceLookup, value: string): Iterable<TenantDevice> {
    const lower = value.toLowerCase();
    switch (key) {
      case 'id': {
        const device = this.byRecordId.get(lower); // made here, in lower case
        return device === undefined ? [] : [device];
      }
      case 'serial': {
        const found = this.#bySerial.get(serialKey(value)) ?? [];
        return Symbol.iterator in found ? found : [found];
      }
      case 'userId': {
        const spellings = [lower, ...(this.#spellings.get(lower) ?? [])];
        return spellings.flatMap((id) => [...(this.byUser.get(id) ?? [])]);
      }
    }
  }

  #addSerial(serial: string, device: TenantDevice): void {
    const known = this.#bySerial.get(serial);
    if (known === undefined) this.#bySerial.set(serial, device);
    else if (known instanceof Set) known.add(device);
    else this.#bySerial.set(serial, new Set([known, device]));
  }

  #dropSerial(serial: string, device: TenantDevice): void {
    const known = this.#bySerial.get(serial);
    if (known instanceof Set) {
      known.delete(device);
      if (known.size === 0) this.#bySerial.delete(serial);
    } else if (known === device) this.#bySerial.delete(serial);
  }

  #addSpelling(userId: string): void {
    const lower = userId.toLowerCase();
    if (lower === userId) return;
    const known = this.#spellings.get(lower);
    if (known === undefined) this.#spellings.set(lower, new Set([userId]));
    else known.add(userId);
  }
}
