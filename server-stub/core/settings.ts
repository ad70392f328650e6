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

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: hourMs, d: dayMs };

/** `8h`, `7d`, `30m`, `90s`, `250ms`, in milliseconds; undefined for anything else. */
export function readDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,6})?) ?(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  return factor === undefined ? undefined : Math.round(Number(amount) * factor);
}
