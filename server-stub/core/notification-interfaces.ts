import type { PushEntry, PushReason, Woken } from './push-types.js';
import type { DeviceRecord } from './types.js';

/** Asking devices to check in. */
export interface Notifications {
  /** Asks for a check-in now, whose reason is `sync` unless given: the notify listeners are called. Throws DEVICE_UNKNOWN. */
  notify(deviceId: string, why?: PushReason): Woken;
  /** The first listener that says what became of the notification is believed; undefined of all: it was sent. */
  onNotify(listener: (device: DeviceRecord) => Woken | undefined): () => void;
  /** The newest notifications, oldest first, those that were refused too. */
  pushes(): readonly PushEntry[];
  /** After a start, once devices can be reached: notifications that a restart broke off go on. */
  resumeNotifications(): void;
  /** Before a stop, while devices can be reached: those not handed on yet are, after the next start. */
  stopNotifications(): void;
  /** Whether the device is to be notified by what is under way. */
  isToBeNotified(deviceId: string): boolean;
  /** Resolves once no notification of a change is under way: all were handed on. */
  handedOn(): Promise<void>;
}
