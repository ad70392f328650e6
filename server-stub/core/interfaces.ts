// What may be done with a tenant, in small interfaces by subject. Every method is atomic; refusals change nothing but the record of
// them. An endpoint names those that it uses: `(tenant: Devices & Notifications)`.
import type { Authority, Command, Outcome, Profile, ProfileKind } from '../../protocol/vocabulary.js';
import type { Autopilot, Bms, BulkTokens, Consents, CorporateDevices, Restrictions } from './admission-interfaces.js';
import type { Certificates } from './certificate-interfaces.js';
import type { Comanagement, Workload } from './comanagement-types.js';
import type { CompliancePolicies } from './compliance-interfaces.js';
import type { Documents } from './document.js';
import type { DryRun, DryRunPage, IntendedChange } from './dry-run-types.js';
import type { Enrollments } from './enrollment-interfaces.js';
import type { EventsAfter, NewEvent } from './event-hub.js';
import type { Notifications } from './notification-interfaces.js';
import type { Groups, Licences } from './people-interfaces.js';
import type { Woken } from './push-types.js';
import type {
  AssignedProfile,
  AuditEntry,
  AuthorityChange,
  DeviceDetails,
  DeviceLookup,
  DeviceRecord,
  ListedProfile,
  PushCertificate,
  QueuedCommand,
  ResourceDecision,
  TenantSettings,
  UploadedPushCertificate,
  User,
} from './types.js';
import type { WholeTenant } from './whole-interface.js';

export type { Autopilot, Bms, BulkTokens, Consents, CorporateDevices, Restrictions } from './admission-interfaces.js';
export type { Certificates } from './certificate-interfaces.js';
export type { CompliancePolicies } from './compliance-interfaces.js';
export type { AdmitRequest, Admitted, AskingDevice, ConfirmFacts, Enrollments } from './enrollment-interfaces.js';
export type { Notifications } from './notification-interfaces.js';
export type { Groups, LicenceCount, Licences } from './people-interfaces.js';
export type { WholeTenant } from './whole-interface.js';

/** What the tenant is, and who manages its devices now. */
export interface Organization {
  readonly id: string;
  readonly displayName: string;
  readonly settings: TenantSettings;
  readonly authority: Authority;
  /** Both intune and office365 manage, user by user (C1); `authority` is intune then (C9). */
  readonly coexistence: boolean;
}

/** The authority's changes, made and past. */
export interface Authorities {
  /**
   * The number of the change, which is stored; every enrolled device is notified in the background (A5). Nothing happens where it is set
   * already. Throws AUTHORITY_FORBIDDEN for one that no tenant may be set to (A3, A18), CONFLICT under coexistence (C10).
   */
  setAuthority(to: Authority, by: string): number;
  /** The history (A16), oldest first. */
  changes(): readonly AuthorityChange[];
  /** From 1; undefined where there is none. */
  change(n: number): AuthorityChange | undefined;
  /**
   * What a device would have to know to tell when its profiles end (A9): the last changes of the tenant's authority, oldest first, ten
   * at most. None under coexistence, where it depends on the user.
   */
  lastSwitches(): readonly { readonly at: number; readonly from: Authority; readonly to: Authority }[];
  /** A10: devices without a user that an earlier authority still manages, in the order of enrollment, and what is to be done about them. */
  userless(): { readonly devices: readonly DeviceRecord[]; readonly advice: string };
}

/** Both intune and office365 manage, user by user. */
export interface Coexistences {
  /** When coexistence was enabled and by whom; undefined where it is not, or the tenant began with it. */
  coexistenceChange(): { readonly at: number; readonly by: string } | undefined;
  /**
   * C1: adds intune to office365; the number of the change, of which every enrolled device is notified in the background (C9). Nothing
   * happens where it was added already. Throws CONFLICT where the authority is another, REQUEST_INVALID without any licence of Intune (C7).
   */
  enableCoexistence(by: string): number;
}

/** What Microsoft's support does, and an administrator cannot: a convention of ours. */
export interface Support {
  /**
   * A26: devices without a user, by their record ids, move in their next session, and are notified. The numbers of the changes: one for
   * each authority that they leave. Throws NOT_FOUND, or REQUEST_INVALID where one has a user, has moved or is to; nothing changes then.
   */
  moveUserless(ids: readonly string[], by: string): readonly number[];
}

/** The certificate without which some platforms' devices can be neither notified nor managed. */
export interface PushCertificates {
  /**
   * A11: needed after each change before devices whose platform needs one may enroll or check in. Those that wait for a change are
   * notified in the background. Throws AUTHORITY_FORBIDDEN while no authority is set, REQUEST_INVALID for one that has expired.
   */
  renewPushCertificate(by: string, certificate?: UploadedPushCertificate): void;
  pushCertificate(): PushCertificate | undefined;
}

/** The organization's people. One is found by id or by user principal name. */
export interface Users {
  users(): readonly User[];
  user(idOrUpn: string): User | undefined;
  /**
   * Adds this user, or replaces the one of this id. Throws REQUEST_INVALID: the name is somebody else's, or a field is wrong;
   * LICENCES_SHORT: more licences would be used than were bought. `by` is for the history: who did it (default `administrator`).
   */
  putUser(user: User, by?: string): void;
  /** Their devices stay. Nothing happens when there is none. */
  removeUser(id: string, by?: string): void;
}

/** What the authorities want on devices. */
export interface AssignedProfiles {
  profiles(): readonly AssignedProfile[];
  profile(id: string): AssignedProfile | undefined;
  /**
   * Adds this profile, or replaces the one of this id; devices to which it is assigned, before or now, are asked to check in, in the
   * background. Throws REQUEST_INVALID: a name that its authority has already for a platform
   * (A8), more profiles than a tenant holds, or a field is wrong.
   */
  putProfile(profile: AssignedProfile): void;
  /** Nothing happens when there is none. Devices to which it was assigned are asked to check in. */
  removeProfile(id: string): void;
  /** What this device's authority assigns to it, in the order of installing; nothing for a device that is not known here. */
  profilesFor(deviceId: string): readonly Profile[];
}

/** What stands on ConfigMgr's side (C6, C8, C11), by convention. */
export interface Comanagements {
  comanagement(): readonly Comanagement[];
  /** For a PC of this serial number, enrolled or yet to come. Throws REQUEST_INVALID: no such user, or a field is wrong. */
  putComanagement(entry: Comanagement, by: string): void;
  /** Nothing happens when there is none. What intune gave the PC stays. */
  removeComanagement(serial: string, by: string): void;
  /**
   * For an enrolled PC, by its platform's own id: its record gets the user, changed workloads start a session. Throws DEVICE_UNKNOWN,
   * REQUEST_INVALID: another platform's device, another user's, no such user.
   */
  comanage(deviceId: string, upn: string, workloads: readonly Workload[], by: string): Comanagement;
}

/** What a change of who manages whom would do, computed without effect (A21). */
export interface DryRuns {
  /** Throws REQUEST_INVALID, AUTHORITY_FORBIDDEN as the change itself would. */
  dryRun(change: IntendedChange, page?: DryRunPage): DryRun;
}

/** The devices that are known here. */
export interface Devices {
  device(deviceId: string): DeviceRecord | undefined;
  deviceByRecordId(id: string): DeviceRecord | undefined;
  /** A copy of the list: for where there are few, or all are needed at one moment. */
  devices(): readonly DeviceRecord[];
  devicesOf(userId: string): readonly DeviceRecord[];
  /**
   * All devices in the order of enrollment, or those after a `sequence`, without a copy: each that stays while this is read is met
   * once, whoever comes and goes.
   */
  eachDevice(afterSequence?: number): Iterable<DeviceRecord>;
  /** The devices of which this is so, without regard to capitals and without looking at others, in the order of enrollment. */
  findDevices(key: DeviceLookup, value: string): readonly DeviceRecord[];
  /** How many there are, and how many of them have not completed their enrollment. */
  deviceCount(): { readonly all: number; readonly pending: number };
}

/** What is kept of a device and is no rule's business. */
export interface DeviceMemory {
  /** Replaces the dialect's own memory. Throws DEVICE_UNKNOWN. */
  setDialect(deviceId: string, dialect: Readonly<Record<string, unknown>>): void;
  /** What is undefined stays as it is. Throws DEVICE_UNKNOWN. */
  updateFacts(deviceId: string, facts: DeviceDetails): void;
}

/** The server's side of a check-in. */
export interface Sessions {
  /**
   * A session begins: the device moves to the tenant's authority if it has not yet (A6), and what it must be told is queued.
   * Throws DEVICE_UNKNOWN, or CHECKIN_UNAVAILABLE (A11).
   */
  openSession(deviceId: string): DeviceRecord;
  /** Throws what `openSession` would: for messages of an enrolled device that are no session. Changes nothing. */
  requireCheckIn(deviceId: string): void;
  /**
   * The next command of this session, marked sent, its placeholders filled but for `{{scepUrl}}` and `{{scepChallenge}}`;
   * commands answered `later` wait for the next session. Undefined too for a device that is gone.
   * Throws CHECKIN_UNAVAILABLE where the session was overtaken by a change of the authority (A11).
   */
  next(deviceId: string): QueuedCommand | undefined;
}

/** The device's side of a check-in. */
export interface Answers {
  /** The device's answer. An answer to an unknown or finished command is ignored (returns false). */
  report(deviceId: string, commandId: string, outcome: Outcome): boolean;
}

/** What is asked of devices. */
export interface Commands {
  /** An administrator's command (the default) notifies the device. Throws DEVICE_UNKNOWN, REQUEST_INVALID when the queue is full. */
  queue(deviceId: string, command: Command, by?: 'core' | 'administrator'): QueuedCommand;
  /** M4: asks for a check-in, and remembers whether it came (`sync` of the record). Throws DEVICE_UNKNOWN. */
  sync(deviceId: string): Woken;
  /** Open commands in order, then the last answered ones, newest last. Placeholders are not filled: no secret shows. */
  commands(deviceId: string): readonly QueuedCommand[];
  /** Those alone that have no final answer yet. */
  openCommands(deviceId: string): readonly QueuedCommand[];
}

/** What administrators did. */
export interface Audits {
  /** Remembers what was done just now. */
  audit(entry: Omit<AuditEntry, 'id' | 'at'>): void;
  /** The newest of them, oldest first. */
  auditEntries(): readonly AuditEntry[];
}

/** What happens here, as it happens. */
export interface Events {
  /** The `seq` of the newest event; 0 where there was none. */
  lastEvent(): number;
  /**
   * Those after `seq`, oldest first, `most` of them, users by their principal names. `isWhole`: false where some after it are kept
   * no more, or where no event ever had that number.
   */
  eventsAfter(seq: number, most: number): EventsAfter;
  /** For what happens outside of the core: a dialect's certificates, the clock. */
  emit(event: NewEvent): void;
  /** Calls back after each event, at once: what takes time is to be done later. Returns what ends that. */
  onEvent(listener: () => void): () => void;
}

/** Whether mail, VPN and Wi-Fi let a device in. */
export interface ResourceGate {
  /** A9: may this device use that profile now? `secret`, if given, is what the device presents, and must be one it was sent. */
  resource(deviceId: string, kind: ProfileKind, name: string, secret?: string): ResourceDecision;
  /** What the device holds, with what has become of it meanwhile; nothing for one that is not known here. */
  heldProfiles(deviceId: string): readonly ListedProfile[];
}

/** All of it: one tenant, open. */
export interface Tenant
  extends Organization,
    Authorities,
    Coexistences,
    Support,
    PushCertificates,
    Users,
    Groups,
    Licences,
    AssignedProfiles,
    Comanagements,
    CompliancePolicies,
    Restrictions,
    CorporateDevices,
    BulkTokens,
    Autopilot,
    Consents,
    Bms,
    DryRuns,
    Enrollments,
    Devices,
    DeviceMemory,
    Certificates,
    Sessions,
    Documents,
    Answers,
    Commands,
    Notifications,
    Audits,
    Events,
    WholeTenant,
    ResourceGate {
  /** Stops the timer, writes what is not yet stored. */
  close(): Promise<void>;
}
