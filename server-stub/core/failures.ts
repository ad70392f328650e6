// The twenty ways in which an enrollment fails (specs/authority.md, E): one table, from which refusals, records and help are made.
import type { RollcallError } from '../../base/errors.js';
import type { Authority, EnrollmentRefusal, FailureCategory } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';

interface FailureEntry {
  readonly category: FailureCategory;
  /** What happened, in one sentence. */
  readonly reason: string;
  /** What the person at the device or the administrator can do. */
  readonly remedies: string;
  /**
   * Where to look further: addresses of the admin API, each of which answers a GET of the administrator. `{user}` stands for the id of
   * the user, where there is one.
   */
  readonly resources: readonly string[];
}

const management = '/v1.0/deviceManagement';
const restrictions = `${management}/deviceEnrollmentConfigurations`;
const identifiers = '/beta/deviceManagement/importedDeviceIdentities';
const autopilot = `${management}/windowsAutopilotDeviceIdentities`;
const deploymentProfiles = '/beta/deviceManagement/windowsAutopilotDeploymentProfiles';
/** B7: they answer 403 while Basic Mobility and Security manages alone. */
const outsideBms = [identifiers, autopilot, deploymentProfiles];
const document = (code: string) => `/stub/v1/enrollmentFailures/${code}`;

export const failures = {
  E01: {
    category: 'userAbandonment',
    reason: 'The enrollment took too long between two steps, or was given up.',
    remedies: 'Start the enrollment again and finish it without a break; check the connection.',
    resources: [document('E01')],
  },
  E02: {
    category: 'userValidation',
    reason: 'The user was not found, was removed, or has no licence for the authority.',
    remedies: 'Check the spelling of the user name; give the user a licence that includes device management.',
    resources: ['/v1.0/users/{user}', '/v1.0/subscribedSkus', document('E02')],
  },
  E03: {
    category: 'badRequest',
    reason: 'The device is already enrolled by another user.',
    remedies: 'Let the other user remove the device, or retire it, then enroll again.',
    resources: [`${management}/managedDevices`, document('E03')],
  },
  E04: {
    category: 'accountValidation',
    reason: 'The organisation is not onboarded: no device management authority is set.',
    remedies: 'Set the device management authority, then enroll again.',
    resources: ['/v1.0/organization', '/stub/v1/bms', document('E04')],
  },
  E05: {
    category: 'authorization',
    reason: 'The enrollment was not authorised, usually because the Company Portal is too old.',
    remedies: 'Update the Company Portal and enroll again.',
    resources: [document('E05')],
  },
  E06: {
    category: 'deviceNotSupported',
    reason: 'The device is below the minimum that the service supports.',
    remedies: 'Update the operating system, or use a newer device.',
    resources: [document('E06')],
  },
  E07: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The device does not meet the enrollment restrictions.',
    remedies: "Compare the device with the organisation's restrictions; change one of them.",
    resources: [restrictions, document('E07')],
  },
  E08: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The operating system is older than the restrictions allow.',
    remedies: 'Update the operating system, then enroll again.',
    resources: [restrictions, document('E08')],
  },
  E09: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The operating system is newer than the restrictions allow.',
    remedies: 'Ask the administrator to raise the highest allowed version.',
    resources: [restrictions, document('E09')],
  },
  E10: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'Personal devices may not enroll.',
    remedies: 'Declare the device as corporate before it enrolls, or allow personal devices.',
    resources: [restrictions, identifiers, document('E10')],
  },
  E11: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'This platform is blocked.',
    remedies: 'Ask the administrator to allow the platform.',
    resources: [restrictions, document('E11')],
  },
  E12: {
    category: 'authentication',
    reason: 'The bulk token in the provisioning package has expired.',
    remedies: 'Make a new provisioning package with a new token.',
    resources: ['/stub/v1/bulkTokens', document('E12')],
  },
  E13: {
    category: 'badRequest',
    reason: 'The Autopilot device or its details were not found.',
    remedies: 'Import the hardware id of the device and wait until it is listed.',
    resources: [autopilot, document('E13')],
  },
  E14: {
    category: 'badRequest',
    reason: 'No Autopilot profile is assigned to the device.',
    remedies: 'Assign a deployment profile to the device.',
    resources: [autopilot, deploymentProfiles, document('E14')],
  },
  E15: {
    category: 'badRequest',
    reason: 'The Autopilot profile does not allow this way of enrolling.',
    remedies: 'Enroll in the way that the profile asks for, or change the profile.',
    resources: [deploymentProfiles, document('E15')],
  },
  E16: {
    category: 'badRequest',
    reason: 'The Autopilot record of the device was removed.',
    remedies: 'Import the device again.',
    resources: [autopilot, document('E16')],
  },
  E17: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The user has reached the limit of devices.',
    remedies: 'Remove a device that is no longer used, or raise the limit.',
    resources: ['/v1.0/users/{user}/managedDevices', restrictions, document('E17')],
  },
  E18: {
    category: 'accountValidation',
    reason:
      'The push certificate of this platform is missing, has expired, or was not renewed after the authority changed.',
    remedies: 'Renew the push certificate and upload it to the present authority.',
    resources: ['/stub/v1/push', '/stub/v1/consents/applePush', document('E18')],
  },
  E19: {
    category: 'enrollmentRestrictionsEnforced',
    reason: 'The device is not registered beforehand, and personal devices are blocked.',
    remedies: 'Add the serial number or IMEI to the list of corporate devices.',
    resources: [identifiers, restrictions, document('E19')],
  },
  E20: {
    category: 'featureNotSupported',
    reason: "The way of enrolling does not fit the organisation's configuration.",
    remedies: 'Choose another way of enrolling, or turn the feature on and record the consent it needs.',
    resources: ['/stub/v1/consents', document('E20')],
  },
} as const satisfies Record<string, FailureEntry>;

export type FailureCode = keyof typeof failures;
export const failureCodes = Object.keys(failures) as readonly FailureCode[];

/** The table's row for a code that came from a record; undefined for a word that is none of ours. */
export const failureEntry = (code: string): FailureEntry | undefined =>
  Object.hasOwn(failures, code) ? failures[code as FailureCode] : undefined;

/** Where to look further while this authority is set: each address opens. */
export const resourcesOf = (code: string, authority: Authority): readonly string[] =>
  (failureEntry(code)?.resources ?? []).filter((path) => authority !== 'office365' || !outsideBms.includes(path));

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
