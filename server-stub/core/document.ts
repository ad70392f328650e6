// The desired state as one document, for platforms whose devices fetch the whole of it (Headwind) instead of commands one by one.
import type { Authority, Profile } from '../../protocol/vocabulary.js';
import type { DeviceRecord, QueuedCommand } from './types.js';

/** One setting of a document. */
export interface DocumentItem {
  readonly name: string;
  /** Placeholders filled but for `{{scepUrl}}` and `{{scepChallenge}}`. */
  readonly profile: Profile;
  /** Identifies its content as it was assigned, before placeholders were filled. */
  readonly version: string;
  /** Whose setting it is. */
  readonly authority: Authority;
  /** Of an authority that manages the device no more, overwritten by none (A8): it stays in the document. */
  readonly isStale: boolean;
  /** By which commands the core waits to hear of it; absent: the device holds it already. */
  readonly commandIds?: readonly string[];
}

/** The whole of what a device is to hold and to do now. All commands in it are marked as sent, and are answered by `report`. */
export interface DeviceDocument {
  readonly device: DeviceRecord;
  /** In the order of installing: what others refer to comes first. */
  readonly items: readonly DocumentItem[];
  /** What is not in `items` and was: removals that the core waits to hear of, once the device no longer holds them. */
  readonly removals: readonly { readonly name: string; readonly commandId: string }[];
  /** What is neither: lock, wipe, inventory, an administrator's platform command. In the order of queueing. */
  readonly commands: readonly QueuedCommand[];
}

/** What is asked of the core for such platforms. */
export interface Documents {
  /**
   * A session begins (A6), as `openSession` does, and the whole of the document is sent in it. Also for a device whose enrollment
   * is not complete yet, which is given the document with the answer to its enrollment. Asked again, what was not answered is in
   * it again. Throws DEVICE_UNKNOWN, CHECKIN_UNAVAILABLE (A11).
   */
  openDocument(deviceId: string): DeviceDocument;
}
