// Changes of who manages whom, and the push certificate that they end.
import type { Authority } from '../../protocol/vocabulary.js';
import type { Cause } from './causes.js';

/** One change of who manages whom (A16). moved + stayed + waiting + left + userless = the devices that were enrolled and concerned. */
export interface AuthorityChange {
  /** From 1. */
  readonly n: number;
  readonly at: number;
  readonly by: string;
  readonly cause: Cause;
  readonly from: Authority;
  readonly to: Authority;
  /** Devices to be asked to check in. */
  readonly toNotify: number;
  /** Distinct devices for which a notification was handed to their push service. */
  readonly notified: number;
  readonly moved: number;
  /** Concerned by a coexistence, connected since, and not moved by it: their users have no Intune licence (C9). */
  readonly stayed: number;
  /** Enrolled devices with a user that have not connected since. */
  readonly waiting: number;
  /** Devices that left before they connected. */
  readonly left: number;
  /** Of the waiting: those that missed their scheduled check-in too (A7). */
  readonly stuck: number;
  /** Moved devices on which a profile of the old authority was left behind (A8). */
  readonly stale: number;
  /** Devices without a user, which stay with the old authority (A10): record ids in `userlessDevices`. */
  readonly userless: number;
  readonly userlessDevices: readonly string[];
  /** What the administrator must do about the userless devices; empty when there are none. */
  readonly advice: string;
  /** The push certificate that was uploaded for it last (A11). `warning`: it does not reach the devices that were enrolled. */
  readonly certificate?: {
    readonly at: number;
    readonly by: string;
    readonly topic?: string;
    readonly warning?: string;
  };
}

/** A11: whose devices it lets notify and manage, and until when. */
export interface PushCertificate {
  /** To which it was uploaded. */
  readonly authority: Authority;
  readonly expiresAt: number;
  readonly topic?: string;
  /** The authority was changed after the upload: a renewed one is needed, even where the old authority is set again. */
  readonly isEnded?: boolean;
}

/** What is uploaded; what is absent is the tenant's to choose. */
export type UploadedPushCertificate = Partial<Pick<PushCertificate, 'topic' | 'expiresAt'>>;
