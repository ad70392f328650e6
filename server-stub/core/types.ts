// The check-in core's words. No platform word appears here: iOS, Windows and Android endpoints turn these into their dialect.
import type { Clock } from '../../base/clock.js';
import type { Log } from '../../base/log.js';
import type {
  Authority,
  Command,
  EnrollmentRefusal,
  Outcome,
  PlatformName,
  Profile,
  ProfileKind,
} from '../../protocol/vocabulary.js';
import type {
  Attempt,
  AutopilotDevice,
  AutopilotProfile,
  BulkToken,
  ConsentAct,
  CorporateIdentifier,
  EnrollmentRestriction,
  EnrollmentType,
  MdmUserScope,
} from './admission-types.js';
import type { Assignment } from './assignment.js';
import type { UploadedPushCertificate } from './change-types.js';
import type { Comanagement } from './comanagement-types.js';
import type { Compliance, ComplianceFacts, CompliancePolicy } from './compliance-types.js';
import type { Group, User } from './people-types.js';
import type { TraitsByPlatform } from './traits.js';

export { type EnrollmentType, enrollmentTypes } from './admission-types.js';
export type { AuthorityChange, PushCertificate, UploadedPushCertificate } from './change-types.js';
export type { AuditEntry, Group, User } from './people-types.js';

/** A profile as an administrator made it, for the devices of one authority. Same name, other authority: it overwrites (A8). */
export interface AssignedProfile {
  readonly id: string;
  readonly authority: Authority;
  /** `{{upn}} {{deviceId}} {{serial}} {{userName}} {{secret}} {{scepUrl}} {{scepChallenge}}` inside string settings are filled in per device. */
  readonly profile: Profile;
  readonly assignment: Assignment;
  /** Whose devices it is for; absent: those of all platforms. */
  readonly platforms?: readonly PlatformName[];
}

/** What the core remembers of a setting that a device holds. */
export interface HeldProfile {
  readonly name: string;
  readonly kind: ProfileKind;
  /** The authority whose session installed it. */
  readonly authority: Authority;
  /** Hash of the content that was sent; another hash means it must be sent again. */
  readonly version: string;
  /** When the device said that it holds this content. Absent in records of the first form. */
  readonly since?: number;
  /** Left behind by an earlier authority and overwritten by none (A8). */
  readonly stale: boolean;
  /** Since when it is stale. Absent in records of before. */
  readonly staleSince?: number;
  /** Of an authority that the device left for a cause that takes its settings away (C5): its removal is queued. */
  readonly leaving?: boolean;
  /** Its days of grace were over at the device's last contact (A9): it no longer works and its removal is queued. */
  readonly expired?: boolean;
  /** Installed by an administrator's own command: no assignment asks for it, so none takes it away. */
  readonly pinned?: boolean;
}

/** One as it is listed. `expired` there says what is true now, not only what was found at the last contact (A23). */
export interface ListedProfile extends HeldProfile {
  /** When it works no more, as things stand now (A9, A22); absent where nothing threatens it. */
  readonly endsAt?: number;
}

export type DeviceStatus = 'pending' | 'enrolled' | 'retiring' | 'wiping' | 'removed';

/** What devices are found by without looking at all of them. */
export const deviceKeys = ['id', 'userId', 'serial'] as const;
export type DeviceLookup = (typeof deviceKeys)[number];

export interface DeviceRecord {
  /** The stub's own id (Graph's managedDevice id). */
  readonly id: string;
  /** Its place in the order of enrollments: that of a device enrolled later is greater. It stays as long as the `id` does. */
  readonly sequence: number;
  readonly platform: PlatformName;
  /** The device's id in its platform's words: UDID and so on. */
  readonly deviceId: string;
  readonly serial: string;
  readonly userId?: string;
  readonly status: DeviceStatus;
  /** The authority that manages it: the tenant's, as of the device's last session (A6). */
  readonly managedBy: Authority;
  readonly enrolledAt: number;
  readonly lastSyncAt?: number;
  readonly deviceName?: string;
  readonly model?: string;
  readonly osVersion?: string;
  readonly imei?: string;
  readonly enrollmentType?: EnrollmentType;
  /** When the certificate with which it speaks ends (M1, M5). Absent: the platform has none. */
  readonly certificateExpiresAt?: number;
  /** M4: a check-in that an administrator asked for last, and when the device came. */
  readonly sync?: { readonly askedAt: number; readonly doneAt?: number };
  readonly facts?: ComplianceFacts;
  readonly compliance?: Compliance;
  readonly held: readonly HeldProfile[];
  /** The dialect's own memory (push token, unlock token, certificate hash): plain values, opaque to the core. */
  readonly dialect: Readonly<Record<string, unknown>>;
}

export interface QueuedCommand {
  readonly id: string;
  readonly deviceId: string;
  readonly command: Command;
  readonly queuedAt: number;
  /** `waiting`, then `sent`; `later` after NotNow, redelivered in the next session; done or failed at the end. */
  readonly status: 'waiting' | 'sent' | 'later' | 'done' | 'failed';
  readonly by: 'core' | 'administrator';
  readonly outcome?: Outcome;
  /** When the last answer, `later` included, came. */
  readonly answeredAt?: number;
}

/** Beside what the record keeps, what only the admission asks for (admission-types.ts). */
export interface EnrollRequest
  extends Pick<
    Attempt,
    'companyPortal' | 'bulkToken' | 'autopilotMode' | 'formerDeviceId' | 'manufacturer' | 'tellsOwnerLater' | 'attempt'
  > {
  readonly platform: PlatformName;
  readonly deviceId: string;
  readonly serial: string;
  /** Absent for a userless device (A10). */
  readonly userId?: string;
  readonly model?: string;
  readonly osVersion?: string;
  readonly deviceName?: string;
  readonly imei?: string;
  readonly enrollmentType?: EnrollmentType;
  readonly certificateExpiresAt?: number;
  /** When the person began (E23), in milliseconds of the tenant's clock. Default: now, or as `attempt` says. */
  readonly startedAt?: number;
}

/** What a device says of itself. Some tell their serial number only once they are managed. */
export type DeviceDetails = Partial<Pick<DeviceRecord, 'serial' | 'deviceName' | 'osVersion' | 'model' | 'imei'>>;

/** Why an enrollment ended. */
export type EndOfEnrollment = 'left' | 'retired' | 'wiped' | 'abandoned' | 'deleted' | 'refused' | 'expired';

export interface ResourceDecision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** A refusal to enroll, thrown by the core as ENROLLMENT_REFUSED with this in `details.refusal`, and recorded. */
export interface EnrollmentFailureRecord extends EnrollmentRefusal {
  readonly id: string;
  readonly at: number;
  readonly platform: PlatformName;
  /** When the attempt began (E23). Absent in records of before: as `at`. */
  readonly startedAt?: number;
  readonly way?: EnrollmentType;
  /** Of a user who was known then. */
  readonly userId?: string;
  readonly userUpn?: string;
  readonly deviceId?: string;
  readonly osVersion?: string;
}

/** All durations are named, in milliseconds on the tenant's clock. */
export interface TenantSettings {
  readonly deviceLimitPerUser: number; // E17, default 15
  readonly profileGraceMs: number; // A9, default 7 days
  readonly checkInEveryMs: number; // A7, default 8 h
  readonly enrollmentMs: number; // from an enrollment's first step to its last, default 30 minutes
  readonly pushCertificateMs: number; // validity of an uploaded push certificate, default 365 days
  readonly mdmCertificateMs: number; // M5, validity of a device's certificate, default 365 days
  readonly renewBeforeMs: number; // M5, so long before its end it is renewed, default 42 days
  readonly removeAfterMs: number; // M3, a record stays so long after its certificate ended, default 180 days
  /** A28: one value is fixed, two are bounds within which each device has its own. Default 0 to 7 days. */
  readonly complianceConsoleLagMs: number | readonly [least: number, most: number];
  readonly staleLifetimeMs?: number; // A22, default: no end
  readonly notifyOnLicenceChange: boolean; // C9, default false
  /** E25, by platform: default as docs/enrollment.md says. */
  readonly minimumOs?: { readonly [P in PlatformName]?: string };
  readonly minimumCompanyPortal?: { readonly [P in PlatformName]?: string };
  /** Whether devices enroll by joining the organization (E20). Default all. */
  readonly mdmUserScope: MdmUserScope;
  readonly bmsProvisioningMs: number; // B1, from the activation of BMS until it is ready, default 1 h
  readonly bmsProvisioningLimitMs: number; // B8, after that it is stuck, default 24 h
}

/** The same, and this key may be left out. */
type Without<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]?: T[P] };

/** A tenant as it begins: made by `readTenantFile`, or by hand. */
export interface TenantConfig {
  /** Of the text that it was read from; absent: it was read from none. */
  readonly digest?: string;
  readonly id: string;
  readonly displayName: string;
  /** The organization's own domain, such as `contoso.example`. */
  readonly domain?: string;
  /** `unknown`: nobody enrolls until it is set (A4). */
  readonly authority: Authority;
  readonly settings: TenantSettings;
  /** The push certificate the tenant starts with, uploaded under `authority`; absent: one must be uploaded first. */
  readonly pushCertificate?: UploadedPushCertificate;
  /** C1: as after the intune authority was added to office365. Default false. */
  readonly coexistence?: boolean;
  /** Numbers bought, by part number; a product that is not named is not counted (C7). */
  readonly licences?: Readonly<Record<string, number>>;
  readonly users: readonly User[];
  readonly groups?: readonly Group[];
  readonly comanagement?: readonly Comanagement[];
  readonly profiles: readonly AssignedProfile[];
  readonly compliance?: readonly CompliancePolicy[];
  /** Those of groups, and the default (id `default`) where something is restricted for everybody. */
  readonly restrictions?: readonly EnrollmentRestriction[];
  /** Declared at the start where they do not say when. */
  readonly corporateDevices?: readonly Without<CorporateIdentifier, 'createdAt'>[];
  /** What a package holds is made where it is not said. */
  readonly bulkTokens?: readonly Without<BulkToken, 'token'>[];
  readonly autopilot?: readonly Without<AutopilotDevice, 'createdAt'>[];
  readonly autopilotProfiles?: readonly AutopilotProfile[];
  /** Acts whose consent is not as a new tenant has it (A17): default given. */
  readonly consents?: { readonly [A in ConsentAct]?: boolean };
  /** Ids of groups that no policy of BMS concerns (B10). */
  readonly bmsExclusions?: readonly string[];
}

/** What the core needs of the world. */
export interface TenantPorts {
  /** Of the platforms that are served here. */
  readonly traits: TraitsByPlatform;
  readonly clock: Clock;
  readonly random: {
    bytes(length: number): Buffer;
    uuid(): string;
  };
  readonly log: Log;
  /** What holds back the readiness of BMS, and until when; Infinity: until `bmsHoldChanged`. Undefined: nothing does. Absent: nothing ever. */
  readonly bmsHold?: () => { readonly until: number } | undefined;
  /** Refusals to enroll that are remembered. Default: 100,000. */
  readonly keptFailures?: number;
  /** Attempts to enroll that may be under way at once (E01). Default: 200,000. */
  readonly mostAttempts?: number;
  /** Removed records of Autopilot that are remembered (E16). Default 100,000. */
  readonly keptRemoved?: number;
  /** A pause of a job in the background that has asked so many devices to check in. Absent: others have their turn, no more. */
  readonly rest?: (devices: number) => Promise<void>;
}
