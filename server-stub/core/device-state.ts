import type { DueEntry } from '../../base/due-queue.js';
import type { Profile } from '../../protocol/vocabulary.js';
import type { ComplianceFacts, CompliancePolicy } from './compliance-types.js';
import type { Desired } from './desired.js';
import type { CommandQueue } from './queue.js';
import type { DeviceRecord } from './types.js';

/** One device. `record` is replaced, never changed, so that whoever was given it holds a snapshot. */
export interface TenantDevice {
  record: DeviceRecord;
  /** How many changes of the authority its last session (or its enrollment) had behind it. */
  revision: number;
  /** Indices of changes before `revision` that concern it and that it has missed, once its user's groups have changed since. */
  missed?: readonly number[];
  /** A26: it has no user, and support has asked for it to be moved at its next session. */
  isToMove?: boolean;
  /** The end of its certificate that was told last (event `certificate`), in milliseconds since the epoch. */
  toldEnd?: number;
  readonly queue: CommandQueue;
  /** By profile name: the attempt that failed last. */
  readonly failed: Map<string, string>;
  /** By profile name: what `{{secret}}` became on this device. */
  readonly secrets: Map<string, string>;
  /** Profiles sent, never answered, and wanted no more: the device may hold them. */
  readonly doubtful: Set<string>;
  /**
   * By profile name: what it holds, as it was before placeholders were filled. Only where its platform is given documents: they have
   * to say it again, whoever may have changed or taken away the assignment since.
   */
  contents?: Map<string, Profile>;
  /** The index of the change by which it left something behind that is stale; absent where there is nothing. Counted in `stale.ts`, not stored. */
  staleBy?: number;
  /** Its present session is the one in which another authority took it over. Not stored. */
  isMoving?: boolean;
  /** By what its compliance was judged last, and until when that holds by itself. Not stored. */
  judged?: {
    readonly policies: readonly CompliancePolicy[];
    readonly facts: ComplianceFacts | undefined;
    readonly until: number;
  };
  /** The desired state that it was last found to have reached, with nothing left to do. */
  settledOn: Desired | undefined;
  /** Where it waits for the end of its certificate (`Expiries`). Not stored. */
  expiry?: DueEntry;
}

/** Enrolled and confirmed; a device that is being retired or wiped still is, until it says so. */
export const isEnrolled = ({ record }: TenantDevice): boolean =>
  record.status === 'enrolled' || record.status === 'retiring' || record.status === 'wiping';
