// The twenty ways in which an enrollment fails (specs/authority.md, E): one table, from which refusals, records and help are made.
import type { RollcallError } from '../../base/errors.js';
import type { EnrollmentRefusal, FailureCategory } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';

interface FailureEntry {
  readonly category: FailureCategory;
  /** What happened, in one sentence. */
  readonly reason: string;
  /** What the person at the device or the administrator can do. */
  readonly remedies: string;
  /** Where to look further: the administrator's address, or words to search for. */
  readonly resources: readonly string[];
}

const users = '/v1.0/users';
const restrictions = 'Enrollment restrictions';
const autopilot = 'Autopilot devices';
const certificate = '/v1.0/deviceManagement/applePushNotificationCertificate';
const authority = '/v1.0/organization/{id}/setMobileDeviceManagementAuthority';

export const failures = {
  E01: {
    category: 'userAbandonment',
    reason: 'The enrollment took too long between two steps, or was given up.',
    remedies: 'Start the enrollment again and finish it without a break; check the connection.',
    resources: ['Enrollment time limits'],
  },
  E02: {
    category: 'userValidation',
    reason: 'The user was not found, was removed, or has no licence for the authority.',
    remedies: 'Check the spelling of the user name; give the user a licence that includes device management.',
    resources: [users, '/v1.0/users/{id}/assignLicense'],
  },
  E03: {
    category: 'badRequest',
    reason: 'The device is already enrolled by another user.',
    remedies: 'Let the other user remove the device, or retire it, then enroll again.',
    resources: ['/v1.0/deviceManagement/managedDevices'],
  },
  E04: {
    category: 'accountValidation',
    reason: 'The organisation is not onboarded: no device management authority is set.',
    remedies: 'Set the device management authority, then enroll again.',
    resources: [authority],
  },
  E05: {
    category: 'authorization',
    reason: 'The enrollment was not authorised, usually because the Company Portal is too old.',
    remedies: 'Update the Company Portal and enroll again.',
    resources: ['Company Portal versions'],
  },
  E06: {
    category: 'deviceNotSupported',
    reason: 'The device is below the minimum that the service supports.',
    remedies: 'Update the operating system, or use a newer device.',
    resources: ['Supported devices'],
  },
  E07: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The device does not meet the enrollment restrictions.',
    remedies: "Compare the device with the organisation's restrictions; change one of them.",
    resources: [restrictions],
  },
  E08: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The operating system is older than the restrictions allow.',
    remedies: 'Update the operating system, then enroll again.',
    resources: [restrictions],
  },
  E09: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The operating system is newer than the restrictions allow.',
    remedies: 'Ask the administrator to raise the highest allowed version.',
    resources: [restrictions],
  },
  E10: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'Personal devices may not enroll.',
    remedies: 'Declare the device as corporate before it enrolls, or allow personal devices.',
    resources: [restrictions, 'Corporate identifiers'],
  },
  E11: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'This platform is blocked.',
    remedies: 'Ask the administrator to allow the platform.',
    resources: [restrictions],
  },
  E12: {
    category: 'authentication',
    reason: 'The bulk token in the provisioning package has expired.',
    remedies: 'Make a new provisioning package with a new token.',
    resources: ['Bulk enrollment'],
  },
  E13: {
    category: 'badRequest',
    reason: 'The Autopilot device or its details were not found.',
    remedies: 'Import the hardware id of the device and wait until it is listed.',
    resources: [autopilot],
  },
  E14: {
    category: 'badRequest',
    reason: 'No Autopilot profile is assigned to the device.',
    remedies: 'Assign a deployment profile to the device.',
    resources: [autopilot, 'Deployment profiles'],
  },
  E15: {
    category: 'badRequest',
    reason: 'The Autopilot profile does not allow this way of enrolling.',
    remedies: 'Enroll in the way that the profile asks for, or change the profile.',
    resources: ['Deployment profiles'],
  },
  E16: {
    category: 'badRequest',
    reason: 'The Autopilot record of the device was removed.',
    remedies: 'Import the device again.',
    resources: [autopilot],
  },
  E17: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The user has reached the limit of devices.',
    remedies: 'Remove a device that is no longer used, or raise the limit.',
    resources: ['Device limit restrictions', '/v1.0/users/{id}/managedDevices'],
  },
  E18: {
    category: 'accountValidation',
    reason:
      'The push certificate of this platform is missing, has expired, or was not renewed after the authority changed.',
    remedies: 'Renew the push certificate and upload it to the present authority.',
    resources: [certificate],
  },
  E19: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The device is not registered beforehand, and personal devices are blocked.',
    remedies: 'Add the serial number or IMEI to the list of corporate devices.',
    resources: ['Corporate identifiers'],
  },
  E20: {
    category: 'featureNotSupported',
    reason: "The way of enrolling does not fit the organisation's configuration.",
    remedies: 'Choose another way of enrolling, or turn the feature on and record the consent it needs.',
    resources: ['Enrollment methods'],
  },
} as const satisfies Record<string, FailureEntry>;

export type FailureCode = keyof typeof failures;
export const failureCodes = Object.keys(failures) as readonly FailureCode[];

/** The table's row for a code that came from a record; undefined for a word that is none of ours. */
export const failureEntry = (code: string): FailureEntry | undefined =>
  Object.hasOwn(failures, code) ? failures[code as FailureCode] : undefined;

/** The refusal as the dialects send it. `why` says more than the table's sentence where the core knows more. */
export function refusalOf(code: FailureCode, why?: string): EnrollmentRefusal {
  const { category, reason, remedies } = failures[code];
  return { code, failureCategory: category, failureReason: why ?? reason, remedies };
}

export function enrollmentRefused(refusal: EnrollmentRefusal): RollcallError {
  return stubError('ENROLLMENT_REFUSED', `${refusal.code}: ${refusal.failureReason}`, {
    hint: refusal.remedies,
    details: { refusal },
  });
}
