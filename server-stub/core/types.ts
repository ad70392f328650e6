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
import type { TraitsByPlatform } from './traits.js';

/** Which authority a user's licence lets manage that user's devices. */
export const licences = ['intune', 'office365', 'both', 'none'] as const;
export type Licence = (typeof licences)[number];

export interface User {
  readonly id: string;
  readonly upn: string;
  readonly displayName: string;
  readonly licence: Licence;
  /** Asked for when enrolling, if set. */
  readonly password?: string;
}

/** A profile as an administrator made it, for the devices of one authority. Same name, other authority: it overwrites (A8). */
export interface AssignedProfile {
  readonly id: string;
  readonly authority: Authority;
  /** `{{upn}} {{deviceId}} {{serial}} {{userName}} {{secret}} {{scepUrl}} {{scepChallenge}}` inside string settings are filled in per device. */
  readonly profile: Profile;
  /** `all`, or user ids. */
  readonly assignedTo: 'all' | readonly string[];
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
  /** Left behind by an earlier authority and overwritten by none (A8). */
  readonly stale: boolean;
  /** Its days of grace were over at the device's last contact (A9): it no longer works and its removal is queued. */
  readonly expired?: boolean;
  /** Installed by an administrator's own command: no assignment asks for it, so none takes it away. */
  readonly pinned?: boolean;
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

export interface EnrollRequest {
  readonly platform: PlatformName;
  readonly deviceId: string;
  readonly serial: string;
  /** Absent for a userless device (A10). */
  readonly userId?: string;
  readonly model?: string;
  readonly osVersion?: string;
  readonly deviceName?: string;
  readonly imei?: string;
}

/** One change of the authority (A16). Device counts are kept up to date while devices move. */
export interface AuthorityChange {
  readonly at: number;
  readonly by: string;
  readonly from: Authority;
  readonly to: Authority;
  readonly notified: number;
  readonly moved: number;
  /** Enrolled devices with a user that have not connected since. */
  readonly waiting: number;
  /** Of the waiting: those that missed their scheduled check-in too (A7). */
  readonly stuck: number;
  /** Moved devices on which a profile of the old authority was left behind (A8). */
  readonly stale: number;
  /** Devices without a user, which stay with the old authority (A10): record ids in `userlessDevices`. */
  readonly userless: number;
  readonly userlessDevices: readonly string[];
  /** What the administrator must do about the userless devices; empty when there are none. */
  readonly advice: string;
}

/** A11: whose devices it lets notify and manage, and until when. */
export interface PushCertificate {
  readonly authority: Authority;
  readonly expiresAt: number;
  readonly topic?: string;
}

/** What is uploaded; what is absent is the tenant's to choose. */
export type UploadedPushCertificate = Partial<Pick<PushCertificate, 'topic' | 'expiresAt'>>;

/** What a device says of itself. Some tell their serial number only once they are managed. */
export type DeviceDetails = Partial<Pick<DeviceRecord, 'serial' | 'deviceName' | 'osVersion' | 'model' | 'imei'>>;

/** Why an enrollment ended. */
export type EndOfEnrollment = 'left' | 'retired' | 'wiped' | 'abandoned' | 'deleted' | 'refused';

export interface ResourceDecision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** A refusal to enroll, thrown by the core as ENROLLMENT_REFUSED with this in `details.refusal`, and recorded. */
export interface EnrollmentFailureRecord extends EnrollmentRefusal {
  readonly id: string;
  readonly at: number;
  readonly platform: PlatformName;
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
}

export interface TenantConfig {
  readonly id: string;
  readonly displayName: string;
  /** `unknown`: nobody enrolls until it is set (A4). */
  readonly authority: Authority;
  readonly settings: TenantSettings;
  /** The push certificate the tenant starts with, uploaded under `authority`; absent: one must be uploaded first. */
  readonly pushCertificate?: UploadedPushCertificate;
  readonly users: readonly User[];
  readonly profiles: readonly AssignedProfile[];
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
}
