import type { TenantConfig } from './types.js';

/** The tenant as one thing: what a tenant file says. */
export interface WholeTenant {
  /** As it is now: a tenant that begins with this is equal to it. */
  config(): TenantConfig;
  /**
   * Makes the tenant what this says, or changes nothing. The parts that changed, by their keys; none where it is that already. Throws
   * CONFLICT with all that may not be changed in `details.problems`: much of it while devices are enrolled, and never back to unknown
   * (A3) or out of coexistence (C10). REQUEST_INVALID where a field is wrong, STORE_UNWRITABLE.
   */
  replace(config: TenantConfig, by: string): readonly string[];
}
