import type { PlatformName } from '../../protocol/vocabulary.js';
import type { ConsentAct, EnrollmentType } from './admission-types.js';

/** What the rules must know of a platform, as data: the core itself knows no platform and is handed these. */
export interface PlatformTraits {
  /** Devices can be enrolled, managed and notified only while the authority has a valid push certificate (A11, E18). */
  readonly needsPushCertificate: boolean;
  /** ConfigMgr may manage some of it beside intune (C6, C11). Default false. */
  readonly canBeComanaged?: boolean;
  /** The type of a configuration by which its devices are given a passcode policy. Absent: they know none. */
  readonly passcodeType?: string;
  /** Consents without which a way of enrolling is refused (A25, E20). */
  readonly consents?: { readonly [W in EnrollmentType]?: ConsentAct };
  /** An enrollment that is begun and not ended in time is a failure (E01). Default false. */
  readonly watchesAttempts?: boolean;
  /** Devices tell who made them (E07). Default false. */
  readonly tellsManufacturer?: boolean;
  /** Devices enroll by provisioning packages with a bulk token (E12). Default false. */
  readonly hasProvisioningPackages?: boolean;
  /** Ways of enrolling whose devices no limit of devices stops or counts (E17). Default: none. */
  readonly unlimitedWays?: readonly EnrollmentType[];
  /** Ways of enrolling for which the versions of a restriction do not count (E08, E09). Default: none. */
  readonly waysOfAnyVersion?: readonly EnrollmentType[];
  /** Devices are declared by manufacturer, model and serial number, too (E10, E19). Default false. */
  readonly isDeclaredByModel?: boolean;
  /** Devices enroll by Autopilot (E13 to E16). Default false. */
  readonly hasAutopilot?: boolean;
  /** The least version of the operating system that the service supports (E06), where the tenant sets none. Absent: any. */
  readonly minimumOs?: string;
  /** The least version of the Company Portal (E05), where the tenant sets none. Absent: any. */
  readonly minimumCompanyPortal?: string;
}

export type TraitsByPlatform = ReadonlyMap<PlatformName, PlatformTraits>;

/** Of a platform without a dialect here: none of its devices can come, but a data folder may hold some. */
const unserved: PlatformTraits = { needsPushCertificate: false };

export const traitsOf = (traits: TraitsByPlatform, platform: PlatformName): PlatformTraits =>
  traits.get(platform) ?? unserved;
