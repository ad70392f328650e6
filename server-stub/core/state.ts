// All that a tenant remembers, in plain maps. The files beside this one are the rules that change it.
import type { Authority } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import type { AdmissionState } from './admission-state.js';
import { ApplicablePolicies } from './applicable-policies.js';
import type { AssignmentWalk } from './assignment-walk-types.js';
import { BoundedList } from './bounded-list.js';
import type { ChangeState } from './change-state.js';
import { ComanagementIndex, withheldBy, withholdsNothing } from './comanagement-index.js';
import type { CompliancePolicy } from './compliance-types.js';
import type { Deadlines } from './deadlines.js';
import { type Desired, DesiredStates } from './desired.js';
import { DeviceIndex } from './device-index.js';
import type { TenantDevice } from './device-state.js';
import type { Directory } from './directory.js';
import { EventHub } from './event-hub.js';
import type { Expiries } from './expiries.js';
import { FailureLog } from './failure-log.js';
import { keptPushes, type PushEntry, type Woken } from './push-types.js';
import type { Saver } from './saver.js';
import { countStale, uncountStale } from './stale.js';
import type { Timeouts } from './timeouts.js';
import type {
  AssignedProfile,
  AuditEntry,
  DeviceRecord,
  PushCertificate,
  TenantConfig,
  TenantPorts,
  TenantSettings,
} from './types.js';
import type { Walks } from './walks.js';

export type { ChangeState, Concerns } from './change-state.js';

export interface TenantState {
  id: string;
  displayName: string;
  domain: string | undefined;
  settings: TenantSettings;
  /** Id, name, domain and settings were replaced by an administrator: they are stored, and no configuration says them any more. */
  isReplaced: boolean;
  /** Of the text with which the tenant began, or that replaced it; empty: it began without one. Undefined: an earlier version did not say it. */
  digest: string | undefined;
  readonly ports: TenantPorts;
  readonly saver: Saver;
  authority: Authority;
  /** Both intune and office365 manage, user by user (C1); `authority` is intune then. */
  coexistence: boolean;
  /** Numbers bought, by part number (C7). */
  readonly licences: Map<string, number>;
  readonly comanagement: ComanagementIndex;
  readonly compliance: Map<string, CompliancePolicy>;
  readonly applicable: ApplicablePolicies;
  readonly audit: BoundedList<AuditEntry>;
  auditCount: number;
  pushCertificate: PushCertificate | undefined;
  readonly directory: Directory;
  readonly profiles: Map<string, AssignedProfile>;
  readonly desired: DesiredStates;
  readonly index: DeviceIndex;
  /** By their platform's own ids, as in the index. */
  readonly devices: ReadonlyMap<string, TenantDevice>;
  readonly changes: ChangeState[];
  /** Indices of changes by whom they concern: everybody or a group; and by user. */
  readonly wideChanges: number[];
  readonly changesOfUsers: Map<string, number[]>;
  /** What decides who may enroll, beside people and the authority. */
  readonly admission: AdmissionState;
  readonly failures: FailureLog;
  failureCount: number;
  /** The notifications, oldest first. */
  readonly pushes: BoundedList<PushEntry>;
  readonly listeners: Set<(device: DeviceRecord) => Woken | undefined>;
  /** What happens, for whoever follows it: `state.events.emit({ type, ...ofDevice(record) })` (event-hub.ts). */
  readonly events: EventHub;
  /** How often a stub that emitted events was started on this data folder before. */
  eventStarts: number;
  readonly goneListeners: Set<(device: DeviceRecord) => void>;
  /** Notifications of many devices, under way. */
  readonly walks: Walks;
  /** Those for assignments, by the id of what is assigned. */
  readonly assignmentWalks: Map<string, AssignmentWalk>;
  /** What the tenant does when a time has come. */
  readonly deadlines: Deadlines;
  /** Enrolled devices, by when they were last seen (A7). */
  readonly schedule: Timeouts;
  /** Devices whose enrollment has begun and is not confirmed, by when it began. */
  readonly enrolling: Timeouts;
  /** All devices, by the end of their certificates, or by when their records go (M3). */
  readonly expiries: Expiries;
}

/** Entries of the audit that are remembered. */
export const keptAudit = 10_000;

/** Refusals to enroll that are remembered. */
const keptFailures = 100_000;

export function emptyState(
  config: TenantConfig,
  ports: TenantPorts,
  parts: Pick<
    TenantState,
    'saver' | 'walks' | 'deadlines' | 'schedule' | 'enrolling' | 'expiries' | 'directory' | 'admission'
  >,
  areProfilesWhole: () => boolean,
): TenantState {
  const profiles = new Map<string, AssignedProfile>();
  const compliance = new Map<string, CompliancePolicy>();
  const index = new DeviceIndex();
  return {
    id: config.id,
    displayName: config.displayName,
    domain: config.domain,
    isReplaced: false,
    digest: config.digest ?? '',
    settings: config.settings,
    ports,
    ...parts,
    authority: config.authority,
    coexistence: config.coexistence ?? false,
    licences: new Map(Object.entries(config.licences ?? {})),
    comanagement: new ComanagementIndex(),
    compliance,
    applicable: new ApplicablePolicies(compliance, parts.directory, parts.admission),
    audit: new BoundedList(keptAudit),
    auditCount: 0,
    pushCertificate: undefined,
    profiles,
    desired: new DesiredStates(profiles, parts.directory, parts.admission, areProfilesWhole),
    index,
    devices: index.byDeviceId,
    changes: [],
    wideChanges: [],
    changesOfUsers: new Map(),
    failures: new FailureLog(ports.keptFailures ?? keptFailures),
    failureCount: 0,
    pushes: new BoundedList(keptPushes),
    assignmentWalks: new Map(),
    events: new EventHub(ports.clock, ports.log),
    eventStarts: 0,
    listeners: new Set(),
    goneListeners: new Set(),
  };
}

/** Where it is found from now on; no timeout starts. */
export function addDevice(state: TenantState, device: TenantDevice): void {
  state.index.add(device);
  countStale(state, device);
}

/** It is found no more, and no timeout of it fires. */
export function dropDevice(state: TenantState, device: TenantDevice): void {
  const { deviceId } = device.record;
  state.index.drop(device);
  uncountStale(state, device);
  state.schedule.forget(deviceId);
  state.enrolling.forget(deviceId);
  state.expiries.drop(device);
  state.deadlines.cancel(complianceKey(device.record));
}

/** The deadline at which its compliance changes by itself. */
export const complianceKey = ({ deviceId }: DeviceRecord): string => `compliance ${deviceId}`;

/** Somebody's groups changed: this user's, or anybody's. */
export function membershipChanged({ desired, applicable }: TenantState, userId?: string): void {
  desired.membershipChanged(userId);
  applicable.membershipChanged(userId);
}

/** The device of this platform's own id, whatever its status. Throws DEVICE_UNKNOWN. */
export function knownDevice(state: TenantState, deviceId: string): TenantDevice {
  const device = state.devices.get(deviceId);
  if (device === undefined) throw stubError('DEVICE_UNKNOWN', `No device ${deviceId} is enrolled here`);
  return device;
}

/** What its authority wants of this device. */
export const desiredOf = (state: TenantState, { record }: Pick<TenantDevice, 'record'>): Desired =>
  desiredUnder(state, record, record.managedBy);

/** What this authority would want of it. */
export const desiredUnder = (state: TenantState, record: DeviceRecord, authority: Authority): Desired =>
  state.desired.of(authority, record.platform, record.userId, withheldOf(state, record, authority));

/** C6: what intune leaves to ConfigMgr on a co-managed PC. */
function withheldOf(state: TenantState, { enrollmentType, serial }: DeviceRecord, authority: Authority) {
  if (enrollmentType !== 'comanaged' || authority !== 'intune') return withholdsNothing;
  const entry = state.comanagement.find(serial);
  return entry === undefined ? withholdsNothing : withheldBy(entry);
}
