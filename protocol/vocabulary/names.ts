// The words that are lists of names. No schema lies here: what needs the names alone does not load one.

/** The platforms that devices have. */
export const platformNames = ['ios', 'windows', 'android'] as const;
/** One of `platformNames`. */
export type PlatformName = (typeof platformNames)[number];

/** The kinds of profiles. */
export const profileKinds = ['email', 'vpn', 'wifi', 'certificate', 'configuration'] as const;
/** One of `profileKinds`. */
export type ProfileKind = (typeof profileKinds)[number];

/** The authorities of Microsoft Graph's `mobileDeviceManagementAuthority`, with their numbers. */
export const authorities = { unknown: 0, intune: 1, sccm: 2, office365: 3 } as const;
/** Who may manage devices: one of `authorities`. */
export type Authority = keyof typeof authorities;

/** Graph's `deviceManagementEnrollment` failure categories (specs/authority.md, E). */
export const failureCategories = [
  'unknown',
  'authentication',
  'authorization',
  'accountValidation',
  'userValidation',
  'deviceNotSupported',
  'inMaintenance',
  'badRequest',
  'featureNotSupported',
  'enrollmentRestrictionsEnforced',
  'clientDisconnected',
  'userAbandonment',
] as const;
/** One of `failureCategories`. */
export type FailureCategory = (typeof failureCategories)[number];

/** A refusal to enroll, as the stub sends it and a person at the device is shown it. `code` is E01 to E20. */
export interface EnrollmentRefusal {
  readonly code: string;
  readonly failureCategory: FailureCategory;
  readonly failureReason: string;
  readonly remedies: string;
}
