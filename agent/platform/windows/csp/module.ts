// What gives nodes of a CSP a meaning beyond their data: one module for each CSP that has one. The tree engine calls it; a module
// owns no timer, opens nothing that outlives the call, and changes the device by what it answers alone.
import type { Item } from '../../../../protocol/syncml/message.js';
import type { Profile } from '../../../../protocol/vocabulary.js';
import type { Ports } from '../../../model/ports.js';
import type { App } from '../../../model/state.js';
import type { DeviceView } from '../../driver.js';
import type { WindowsMemory } from '../memory.js';
import type { QueuedAlert, Work } from '../saved.js';
import type { NodeFormat } from '../tree/schema.js';

/** A refusal: the status that Windows answers, why (for the person, not for the wire), and the HRESULT where one was seen. */
export interface Refusal {
  /** A SyncML status, such as 404. */
  readonly status: number;
  readonly reason: string;
  /** `0x86000002` */
  readonly originalError?: string;
}

/** A node that a command names: its scope and its decoded names below it. */
export interface NodeAddress {
  /** `user` for ./User/..., `device` for ./Device/... and ./Vendor/..., `root` for ./DevInfo, ./DevDetail, ./SyncML. */
  readonly scope: 'user' | 'device' | 'root';
  /**
   * Decoded, in the capitals of the schema where it has the name, else as they are written. Below the scope: `Vendor`, `MSFT`,
   * `WiFi`, `Profile`, `Corp Net`, and for the root `DevInfo`, `DevId`.
   */
  readonly names: readonly string[];
  /** As the schema has them: `{SSID}` in the place of a dynamic name. */
  readonly schemaNames: readonly string[];
  /** `./Device/Vendor/MSFT/WiFi/Profile/Corp%20Net`: canonical, for messages and keys. */
  readonly uri: string;
}

/** A leaf as it is held. */
export interface NodeValue {
  readonly format: NodeFormat;
  /** As text; b64 and bin are base64. */
  readonly value: string;
}

/** Reads of the tree as it is now, with what the present command wrote. */
export interface TreeView {
  /** What was written to a leaf, or its default; live values of modules are not asked for. Canonical URI, any capitals. */
  value(uri: string): string | undefined;
  /** In which format that was written, or is by default. */
  format(uri: string): NodeFormat | undefined;
  /** The node exists: written, or implied by what is below it. */
  has(uri: string): boolean;
  /** Names (decoded) of the children that exist. */
  names(uri: string): readonly string[];
}

/** The tree for a module that keeps results in nodes of its own (Status, CertThumbprint). Part of the command's transaction. */
export interface TreeEdit extends TreeView {
  /** Writes without asking access, format or constraint. */
  set(uri: string, value: string | undefined): void;
  /** Removes the node and what is below it. */
  remove(uri: string): void;
}

export interface CspContext {
  readonly tree: TreeEdit;
  readonly device: DeviceView;
  readonly ports: Ports;
  readonly memory: WindowsMemory;
  readonly signal: AbortSignal;
  /**
   * What a Get of any node would answer now: live values of other modules too, secrets as asterisks, of an interior node the names
   * below it as on the wire. A Refusal where a Get would be refused, and where reading led here again.
   */
  read(uri: string): NodeValue | Refusal;
  /** What must happen once this message is answered and kept; see `Effect`. Dropped where the command is rolled back. */
  effect(effect: Effect): void;
}

/** What a command sets going. The session carries it out after its answers are sent; what outlives the process is saved first. */
export type Effect =
  /** Leave management: the session is ended, 1226 is said in a new one, then everything goes. */
  | { readonly kind: 'unenroll' }
  /** The device is erased after the session. */
  | { readonly kind: 'wipe'; readonly how: string }
  /** The device restarts after the session. */
  | { readonly kind: 'reboot' }
  /** To be done after the session, or at `at`: see saved.ts. */
  | { readonly kind: 'work'; readonly work: Work }
  /** Said in a session of its own. */
  | { readonly kind: 'alert'; readonly alert: QueuedAlert }
  /** A change of the device: lock, rename, a new PIN. Applied with the command; refused: the command is. */
  | { readonly kind: 'lock' }
  | { readonly kind: 'rename'; readonly deviceName: string }
  | { readonly kind: 'clear-passcode' }
  | { readonly kind: 'new-passcode'; readonly passcode: string }
  /** An app comes, in the place of one of its id, or goes. */
  | { readonly kind: 'install-app'; readonly app: App }
  | { readonly kind: 'remove-app'; readonly id: string };

/** What an instance of a profile node comes to. */
export type ProfileReading =
  | { readonly profile: Profile }
  /** Not complete enough to be on the device; no error. */
  | 'incomplete'
  | Refusal;

/** Instances of this node are profiles on the device: `./Device/Vendor/MSFT/WiFi/Profile/{SSID}`. */
export interface ProfileNode {
  readonly at: string;
  /**
   * The profile of the instance as the tree has it now. Pure. After each command (each Atomic) the engine reads the instances that
   * were touched, before and after, and installs, replaces or removes the profile on the device; a Refusal rolls the command back.
   */
  read(instance: NodeAddress, tree: TreeView, context: Pick<CspContext, 'device' | 'memory' | 'ports'>): ProfileReading;
}

export interface CspModule {
  /** Canonical addresses below which it is asked: `./Device/Vendor/MSFT/WiFi`. */
  readonly roots: readonly string[];
  /** The device's own value of a leaf, whatever was written; undefined: what was written, or the default. */
  get?(node: NodeAddress, context: CspContext): NodeValue | string | Refusal | undefined;
  /** Names of children of an interior node that exist though nobody wrote them. */
  children?(node: NodeAddress, context: CspContext): readonly string[];
  /** Asked before a write that access, format and constraint allow. A Refusal refuses it. */
  judge?(write: NodeWrite, context: CspContext): Refusal | undefined;
  /** Asked after a write was made, within the command's transaction. */
  written?(write: NodeWrite, context: CspContext): Refusal | undefined;
  /** Carries out an Exec that the schema allows. `status` of success: 200 or 202. */
  exec?(node: NodeAddress, item: Item, context: CspContext): Promise<Refusal | { readonly status: number }>;
  readonly profiles?: readonly ProfileNode[];
  /** Does work that came due (saved.ts); its tree is kept with the memory afterwards. Throws what is to be tried again. */
  work?(work: Work, context: CspContext): Promise<void>;
}

/** One write to one node. */
export interface NodeWrite {
  readonly verb: 'Add' | 'Replace' | 'Delete';
  readonly node: NodeAddress;
  /** `Type` of its Meta, where the command gave one. */
  readonly type?: string;
  /** Absent for interior nodes and deletions. */
  readonly value?: NodeValue;
}
