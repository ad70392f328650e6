// Which command a text message was sent for, until its device answers.
import type { DeviceRecord } from '../core/types.js';
import { memoryOf } from './memory.js';

/** Ids of messages, and the commands that they were sent for. */
export interface TextMessages {
  /** The next id. */
  next(): number;
  find(id: number): { readonly deviceId: string; readonly commandId: string } | undefined;
  /** As the device's memory says now. */
  put(device: DeviceRecord): void;
  drop(deviceId: string): void;
}

export function createTextMessages(): TextMessages {
  const messages = new Map<number, { readonly deviceId: string; readonly commandId: string }>();
  const idsOf = new Map<string, readonly number[]>();
  let last = 0;
  const drop = (deviceId: string): void => {
    for (const id of idsOf.get(deviceId) ?? []) messages.delete(id);
    idsOf.delete(deviceId);
  };
  return {
    next: () => ++last,
    find: (id) => messages.get(id),
    put(device) {
      const { deviceId } = device;
      drop(deviceId);
      const entries = Object.entries(memoryOf(device).messages ?? {});
      if (entries.length === 0) return;
      idsOf.set(
        deviceId,
        entries.map(([id]) => Number(id)),
      );
      for (const [id, commandId] of entries) {
        messages.set(Number(id), { deviceId, commandId });
        last = Math.max(last, Number(id));
      }
    },
    drop,
  };
}
