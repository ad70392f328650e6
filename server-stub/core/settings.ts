import type { TenantSettings } from './types.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const defaultSettings: TenantSettings = Object.freeze({
  deviceLimitPerUser: 15, // E17
  profileGraceMs: 7 * dayMs, // A9
  checkInEveryMs: 8 * hourMs, // A7
  enrollmentMs: 30 * 60_000,
  pushCertificateMs: 365 * dayMs,
});
