// What is remembered of the notifications: for whom, why, and what became of each.
import type { PlatformName } from '../../protocol/vocabulary.js';

/**
 * `change`: who manages the device has changed (A5). `schedule`: it was not seen for so long (A7). `action`: a command waits, or its
 * enrollment is complete. `assignment`: what is assigned to it has changed. `workload`: co-management (C6). `sync`: an administrator
 * asked for it. `support`: a userless device is to be moved (A26).
 */
export const pushReasons = ['change', 'schedule', 'action', 'assignment', 'workload', 'sync', 'support'] as const;
export type PushReason = (typeof pushReasons)[number];

/** What became of a notification. */
export interface Woken {
  /**
   * `sent`: handed to the device's push service, which delivers it now or once the device is connected. `refused`: nothing could be
   * handed on. `dropped`: handed on and lost.
   */
  readonly result: 'sent' | 'refused' | 'dropped';
  /** Why, unless it was sent. */
  readonly reason?: string;
}

export interface PushEntry extends Woken {
  readonly at: number;
  /** The platform's own id. */
  readonly deviceId: string;
  readonly platform: PlatformName;
  readonly why: PushReason;
}

/** Entries of the push log that are remembered: the newest, in memory alone. */
export const keptPushes = 10_000;
