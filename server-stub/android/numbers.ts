// Which device a number means: its own, the one before a renumbering, or an IMEI or serial number that it has told.
import type { Devices } from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';
import { memoryOf, numberOf } from './memory.js';

/** How a device was found, in the order in which the server looks. */
export type Found = {
  readonly device: DeviceRecord;
  readonly by: 'number' | 'old number' | 'hardware';
};

interface Keys {
  readonly number: string;
  readonly oldNumber: string | undefined;
  readonly hardware: readonly string[];
}

export interface Numbers {
  /** By number, then by the number before. */
  find(number: string): Found | undefined;
  /** By IMEI or serial number: `several` where more than one device has told it, which the server has no answer for. */
  findHardware(text: string): Found | 'several' | undefined;
  /** What the core is to call a new device of this number: the number, unless a renumbered device is called so. */
  newDeviceId(number: string): string;
  /** The device is found by what its memory says now. */
  put(device: DeviceRecord): void;
  drop(deviceId: string): void;
}

export function createNumbers(tenant: Devices): Numbers {
  const byNumber = new Map<string, string>();
  const byOldNumber = new Map<string, string>();
  const byHardware = new Map<string, Set<string>>();
  const keysOf = new Map<string, Keys>();

  const drop = (deviceId: string): void => {
    const keys = keysOf.get(deviceId);
    if (keys === undefined) return;
    keysOf.delete(deviceId);
    if (byNumber.get(keys.number) === deviceId) byNumber.delete(keys.number);
    if (keys.oldNumber !== undefined && byOldNumber.get(keys.oldNumber) === deviceId)
      byOldNumber.delete(keys.oldNumber);
    for (const text of keys.hardware) {
      const devices = byHardware.get(text);
      devices?.delete(deviceId);
      if (devices?.size === 0) byHardware.delete(text);
    }
  };

  const found = (deviceId: string | undefined, by: Found['by']): Found | undefined => {
    const device = deviceId === undefined ? undefined : tenant.device(deviceId);
    return device?.platform === 'android' ? { device, by } : undefined;
  };

  return {
    find: (number) => found(byNumber.get(number), 'number') ?? found(byOldNumber.get(number), 'old number'),
    findHardware(text) {
      const devices = byHardware.get(text);
      if (devices !== undefined && devices.size > 1) return 'several';
      return found(devices?.values().next().value, 'hardware');
    },
    newDeviceId(number) {
      // No device number has a plus in it (`isDeviceNumber`), so none of these is ever asked for.
      for (let count = 0, deviceId = number; ; deviceId = `${number}+${++count}`) {
        const other = tenant.device(deviceId);
        if (other === undefined || other.platform !== 'android' || numberOf(other) === number) return deviceId;
      }
    },
    put(device) {
      const { deviceId } = device;
      const { oldNumber, info } = memoryOf(device);
      const number = numberOf(device);
      drop(deviceId);
      const told = [info?.['imei'], info?.['serial']];
      const hardware = [...new Set(told.filter((each) => typeof each === 'string' && each !== ''))] as string[];
      keysOf.set(deviceId, { number, oldNumber, hardware });
      byNumber.set(number, deviceId);
      if (oldNumber !== undefined) byOldNumber.set(oldNumber, deviceId);
      for (const text of hardware) {
        const devices = byHardware.get(text);
        if (devices === undefined) byHardware.set(text, new Set([deviceId]));
        else devices.add(deviceId);
      }
    },
    drop,
  };
}
