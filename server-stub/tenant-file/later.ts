// Words of tenant files whose rules are not built yet: they are refused by name, so that nobody believes that they do something.
import type { Path } from './problems.js';

/** By their place in the file, without positions in lists. */
export const laterWords: Readonly<Record<string, string>> = {
  bms: 'policies and exclusion list of Basic Mobility and Security (B)',
  exchange: 'access to mail (X)',
  consents: 'consent of the administrator (A17, A25)',
  roles: 'role assignments (T7)',
  operators: 'operators with tokens of their own (T7)',
  enrollment: 'enrollment restrictions and minimum versions (E); the device limit is settings.deviceLimitPerUser',
  corporateDevices: 'corporate identifiers (E10, E19)',
  autopilot: 'Autopilot devices (E13 to E16)',
  autopilotProfiles: 'Autopilot profiles (E14, E15)',
  bulkTokens: 'bulk tokens that expire (E12)',
  conditionalAccess: 'conditional access (X10, X17)',
  apps: 'app assignments (T9, T10)',
  appProtection: 'app protection (T11)',
  migrations: 'migration plans (G)',
  'settings.bmsProvisioning': 'activation of Basic Mobility and Security (B1)',
  'settings.bmsProvisioningLimit': 'activation of Basic Mobility and Security (B8)',
  'settings.mailQuarantine': 'access to mail (X14)',
  'settings.complianceGrace': 'compliance.grace is there already; one for all policies is not (X17)',
  'settings.notRespondingAfter': 'the troubleshooting view (T12)',
  'settings.minimumOs': 'minimum versions (E25)',
  'settings.minimumCompanyPortal': 'minimum versions (E25)',
};

/** What a later version reads there; undefined where none does. */
export function laterWord(path: Path): string | undefined {
  const place = path.filter((part) => typeof part === 'string').join('.');
  return Object.hasOwn(laterWords, place) ? laterWords[place] : undefined;
}
