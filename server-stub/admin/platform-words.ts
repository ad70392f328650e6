import type { PlatformName } from '../../protocol/vocabulary.js';
import type { EnrollmentType } from '../core/admission-types.js';
import type { DeviceRecord } from '../core/types.js';

/** What Graph says of a platform's devices and the core does not know: each dialect has its own words. */
export interface GraphWords {
  /** `operatingSystem` of a managed device and of a failed enrollment. */
  readonly operatingSystem: string;
  /** Property of a deviceEnrollmentPlatformRestrictionsConfiguration that is about its devices. */
  readonly restriction: string;
  /** Graph's deviceEnrollmentType of an attempt to enroll this way. */
  enrollmentType(way: EnrollmentType, hasUser: boolean): string;
  columns(device: DeviceRecord): PlatformColumns;
  /** Its own type of compliance policy, and the settings of it that are judged. Absent: it has none. */
  readonly compliance?: ComplianceWords;
}

interface ComplianceWords {
  /** `#microsoft.graph.iosCompliancePolicy`. */
  readonly type: string;
  readonly pin: string;
  /** Each demands the same; the first is shown. */
  readonly encryption: readonly string[];
}

interface PlatformColumns {
  /** Empty where nobody knows it. */
  readonly manufacturer: string;
  readonly managedDeviceOwnerType: 'company' | 'personal' | 'unknown';
  /** Graph's deviceEnrollmentType. */
  readonly deviceEnrollmentType: string;
}

export type WordsByPlatform = ReadonlyMap<PlatformName, GraphWords>;

/** Of a platform without a dialect here, of which a data folder may hold devices. */
const unserved: GraphWords = {
  operatingSystem: 'Unknown',
  restriction: 'unknownRestriction',
  enrollmentType: () => 'unknown',
  columns: () => ({ manufacturer: '', managedDeviceOwnerType: 'unknown', deviceEnrollmentType: 'unknown' }),
};

export const wordsOf = (words: WordsByPlatform, platform: PlatformName): GraphWords => words.get(platform) ?? unserved;

/** What `operatingSystem` may say. */
export const operatingSystems = (words: WordsByPlatform): ReadonlySet<string> =>
  new Set([...words.values(), unserved].map(({ operatingSystem }) => operatingSystem));

/** Graph's deviceEnrollmentType, of v1.0 and what its later editions add. */
export const deviceEnrollmentTypes: ReadonlySet<string> = new Set([
  'unknown',
  'userEnrollment',
  'deviceEnrollmentManager',
  'appleBulkWithUser',
  'appleBulkWithoutUser',
  'windowsAzureADJoin',
  'windowsBulkUserless',
  'windowsAutoEnrollment',
  'windowsBulkAzureDomainJoin',
  'windowsCoManagement',
  'windowsAzureADJoinUsingDeviceAuth',
  'appleUserEnrollment',
  'appleUserEnrollmentWithServiceAccount',
  'androidEnterpriseDedicatedDevice',
  'androidEnterpriseFullyManaged',
  'androidEnterpriseCorporateWorkProfile',
]);
