// The words of who may enroll (E01 to E25, A17, A25, B1): what administrators set, and what an attempt to enroll tells.
import type { PlatformName } from '../../protocol/vocabulary.js';

/** How a device came under management, as far as its protocol can say. */
export const enrollmentTypes = [
  'user',
  'bulk',
  'automated',
  'comanaged',
  'workProfile',
  /** Android: the launcher owns the whole device. */
  'fullyManaged',
  /** By joining the organization (Microsoft Entra). */
  'joined',
  'autopilot',
] as const;
export type EnrollmentType = (typeof enrollmentTypes)[number];

/** What an enrollment restriction demands of the devices of one platform. */
export interface PlatformRestriction {
  /** No device of the platform may enroll (E11). */
  readonly blocked?: boolean;
  /** Only devices of the organization may (E10; of the default and for every platform E19). */
  readonly personalBlocked?: boolean;
  /** The least version of the operating system, as `17.0` (E08). */
  readonly osMinimum?: string;
  /** The greatest, as `17.9` (E09): a version that goes on behind it, `17.9.1`, is within. */
  readonly osMaximum?: string;
  /** Names of makers, without regard to case (E07). */
  readonly blockedManufacturers?: readonly string[];
}

interface RestrictionBase {
  readonly id: string;
  readonly displayName: string;
  readonly description?: string;
  /** Of its kind: 1 is asked first, each has its own. 0 is the default, which is behind all others and for everybody. */
  readonly priority: number;
  /** Ids of groups; the default has none. Of the restrictions of a kind the first counts that names a group of the user. */
  readonly groups: readonly string[];
}

/** How many devices each of its users may enroll (E17). The default's limit is the setting `deviceLimitPerUser`. */
export interface LimitRestriction extends RestrictionBase {
  readonly kind: 'limit';
  readonly limit: number;
}

/** What devices its users may enroll (E07 to E11, E19); a platform that is not named is not restricted by it. */
export interface PlatformRestrictions extends RestrictionBase {
  readonly kind: 'platforms';
  readonly platforms: { readonly [P in PlatformName]?: PlatformRestriction };
}

export type EnrollmentRestriction = LimitRestriction | PlatformRestrictions;

/** Declares a device as the organization's before it enrolls (E10, E19): Graph's importedDeviceIdentity. */
export interface CorporateIdentifier {
  readonly id: string;
  /** The last is for Windows alone, from 22H2 on: what is told of a PC, all three of it. */
  readonly type: 'serialNumber' | 'imei' | 'manufacturerModelSerial';
  /** As it was given, `Lenovo,ThinkPad T14,PF3ABCDE`; compared without regard to case and to what separates its parts. */
  readonly value: string;
  readonly description?: string;
  readonly createdAt: number;
}

/** A token for provisioning packages: with it a device enrolls without a user until it expires (E12). */
export interface BulkToken {
  readonly id: string;
  readonly name: string;
  readonly expiresAt: number;
  /** What the package holds. */
  readonly token: string;
}

/** How a device is enrolled that Autopilot knows: by its user, or by itself. */
export const autopilotModes = ['userDriven', 'selfDeploying'] as const;
export type AutopilotMode = (typeof autopilotModes)[number];

/** A device that Autopilot knows (E13, E14, E16), by its serial number. */
export interface AutopilotDevice {
  readonly id: string;
  readonly serial: string;
  readonly model?: string;
  readonly manufacturer?: string;
  readonly groupTag?: string;
  /** Who is to use it. */
  readonly userId?: string;
  /** Id of the deployment profile that is assigned to it (E14). */
  readonly profileId?: string;
  readonly createdAt: number;
  /** The record was removed, and it is remembered that it was there (E16). */
  readonly removedAt?: number;
}

/** How devices that have it may be enrolled by Autopilot (E15). */
export interface AutopilotProfile {
  readonly id: string;
  readonly displayName: string;
  readonly mode: AutopilotMode;
  /** It is for each device that has no other (Graph's allDevicesAssignmentTarget). */
  readonly allDevices?: boolean;
  /** Ids of groups whose devices it is for: see `assignedProfile`. */
  readonly groups?: readonly string[];
}

/** What an administrator must have agreed to, because it sends data to others (A17, A25). */
export const consentActs = ['androidWorkProfiles', 'applePush', 'appleAutomatedEnrollment'] as const;
export type ConsentAct = (typeof consentActs)[number];
/** Without it no push certificate is taken. */
export const pushConsent: ConsentAct = 'applePush';

/** What is recorded of one act. A new tenant has given all of them. */
export interface Consent {
  readonly given: boolean;
  /** Who said so; absent: it is the default of a new tenant. */
  readonly by?: string;
  readonly at?: number;
}

/** Whether BMS can be used (B1, B8). `none`: it was never activated. */
export type BmsStatus = 'none' | 'provisioning' | 'ready' | 'stuck';

/** Whose PCs may enroll by themselves when their user joins them to the organization (E20). */
export type MdmUserScope = 'all' | 'none';

/** What the core is told of an attempt to enroll; what is absent the dialect does not know (yet). */
export interface Attempt {
  readonly platform: PlatformName;
  /** Id or user principal name. Absent: a device without a user (A10). */
  readonly user?: string | undefined;
  /** The id of a user who was there when it began, and may be no more. */
  readonly userId?: string | undefined;
  readonly way?: EnrollmentType | undefined;
  /** Version of the Company Portal in which it started (E05). Absent: it did not start there. */
  readonly companyPortal?: string | undefined;
  /** Id of the bulk token that the device shows (E12). */
  readonly bulkToken?: string | undefined;
  /** Of the way `autopilot`. */
  readonly autopilotMode?: AutopilotMode | undefined;
  readonly deviceId?: string | undefined;
  /** The id under which the same machine enrolled before it was wiped, where its platform knows it again. */
  readonly formerDeviceId?: string | undefined;
  readonly serial?: string | undefined;
  readonly imei?: string | undefined;
  readonly osVersion?: string | undefined;
  readonly model?: string | undefined;
  readonly manufacturer?: string | undefined;
  /** Whether it is the organization's it can only say when it completes its enrollment: E10 and E19 wait for that. */
  readonly tellsOwnerLater?: boolean | undefined;
  /** When the person began (E23). Default: now. */
  readonly startedAt?: number | undefined;
  /** What `admit` gave for it, where the platform's attempts are watched (E01). */
  readonly attempt?: string | undefined;
}

/** An attempt whose first step was made, and whose last was not (E01). It is over `enrollmentMs` after its start. */
export interface OpenAttempt {
  readonly id: string;
  readonly platform: PlatformName;
  readonly startedAt: number;
  /** As it was named at the first step. */
  readonly user?: string;
  readonly userId?: string;
  readonly way?: EnrollmentType;
  readonly companyPortal?: string;
  /** Of the device that has presented itself meanwhile. */
  readonly deviceId?: string;
  /** Of several with which the same device presented itself the last has the greatest. */
  readonly binding?: number;
  /** Of the device that a Company Portal asked for. */
  readonly askedFor?: string;
  readonly osVersion?: string;
  /** How often the same person was given a profile for it on the same device: each of them works. Default: once. */
  readonly givenOut?: number;
  /** The device told an error, or dropped the connection, and has not been heard since. */
  readonly isDisconnected?: boolean;
  /** It was refused: its failure is recorded, and what comes of it after that is no other attempt. */
  readonly isRefused?: boolean;
}
