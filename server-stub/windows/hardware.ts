// Which device has which hardware: a machine that was wiped comes back with another DeviceID and the same HWDevID.
import type { DeviceRecord } from '../core/types.js';
import { memoryOf } from './memory.js';

export interface Hardware {
  /** DeviceID of the enrollment of this hardware. */
  find(hardwareId: string): string | undefined;
  add(hardwareId: string, deviceId: string): void;
  /** As the device's own memory has it. */
  resume(device: DeviceRecord): void;
  forget(device: DeviceRecord): void;
}

/** Zeros alone are sent by programs that have no hardware: they are no machine, and not all the same one. */
const isNone = (hardwareId: string): boolean => /^0*$/.test(hardwareId);

export function createHardware(): Hardware {
  const devices = new Map<string, string>();
  /** The other way round: a device has one piece of hardware, whatever it said of itself before. */
  const hardware = new Map<string, string>();
  const drop = (deviceId: string): void => {
    const before = hardware.get(deviceId);
    hardware.delete(deviceId);
    if (before !== undefined && devices.get(before) === deviceId) devices.delete(before);
  };
  const add = (hardwareId: string, deviceId: string): void => {
    drop(deviceId);
    if (isNone(hardwareId)) return;
    hardware.set(deviceId, hardwareId.toUpperCase());
    devices.set(hardwareId.toUpperCase(), deviceId);
  };
  return {
    find: (hardwareId) => devices.get(hardwareId.toUpperCase()),
    add,
    resume(device) {
      const { hardwareId } = memoryOf(device);
      if (hardwareId !== undefined) add(hardwareId, device.deviceId);
    },
    forget: ({ deviceId }) => drop(deviceId),
  };
}
