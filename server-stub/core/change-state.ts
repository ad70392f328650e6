import type { Authority } from '../../protocol/vocabulary.js';
import type { Cause } from './causes.js';

/** Whose devices a change concerns, of those that were enrolled. */
export type Concerns =
  | 'all'
  | { readonly users: readonly string[] }
  | { readonly group: string }
  /** Record ids. */
  | { readonly devices: readonly string[] };

interface UploadForChange {
  readonly at: number;
  readonly by: string;
  readonly topic?: string;
}

/** A change of who manages whom, as it is kept; what can be counted from the devices is counted when asked for. */
export interface ChangeState {
  readonly at: number;
  readonly by: string;
  readonly cause: Cause;
  readonly from: Authority;
  readonly to: Authority;
  readonly concerns: Concerns;
  /** The sequence of the device that enrolled last before it. */
  readonly lastSequence: number;
  /** Devices that were enrolled and are concerned, with those whose enrollment had begun and was completed since. Of a group: not counted. */
  enrolled: number;
  toNotify: number;
  notified: number;
  /** The sequences up to which devices were notified: of all, and of those that waited for a push certificate. Absent: none, or no need. */
  notifiedUpTo?: number;
  certificateNotifiedUpTo?: number;
  /** That its days of grace are over was told (event `graceEnded`). */
  isGraceOver?: true;
  /** The topic of the push certificate then: devices that were enrolled listen under it. */
  readonly topic?: string;
  /** The topics of the push certificates under which those that need one were notified; the empty one of a certificate without. */
  topics?: readonly string[];
  /** The certificate that was uploaded for it last (A11). */
  certificate?: UploadForChange;
  moved: number;
  stayed: number;
  left: number;
  /** Devices that keep something of the authority that was left; not stored. */
  stale: number;
}
