import type { TenantSettings } from './types.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const defaultSettings: TenantSettings = Object.freeze({
  deviceLimitPerUser: 15, // E17
  profileGraceMs: 7 * dayMs, // A9
  checkInEveryMs: 8 * hourMs, // A7
  enrollmentMs: 30 * 60_000,
  pushCertificateMs: 365 * dayMs,
  mdmCertificateMs: 365 * dayMs, // M5
  renewBeforeMs: 42 * dayMs, // M5
  removeAfterMs: 180 * dayMs, // M3
  complianceConsoleLagMs: [0, 7 * dayMs] as const, // A28
  notifyOnLicenceChange: false, // C9
  mdmUserScope: 'all', // E20
  bmsProvisioningMs: hourMs, // B1
  bmsProvisioningLimitMs: dayMs, // B8
});

/** Those that say who may enroll: they may change while devices are enrolled. */
export const enrollmentSettings = ['deviceLimitPerUser', 'minimumOs', 'minimumCompanyPortal', 'mdmUserScope'] as const;
