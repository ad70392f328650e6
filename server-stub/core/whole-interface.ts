import type { TenantConfig } from './types.js';

/** The tenant as one thing: what a tenant file says. */
export interface WholeTenant {
  /**
   * What is stored is used, and the configuration given at this start was read from another text than the one with which the tenant
   * began, or that replaced it. `nothing` of it holds where the tenant was replaced meanwhile, else its `organization`: id, name, domain and settings.
   */
  readonly ignoredConfig: { readonly holds: 'organization' | 'nothing' } | undefined;
  /** As it is now: a tenant that begins with this is equal to it. */
  config(): TenantConfig;
  /**
   * Makes the tenant what this says, or changes nothing. The parts that changed, by their keys; none where it is that already. Throws
   * CONFLICT with all that may not be changed in `details.problems`: much of it while devices are enrolled, and never back to unknown
   * (A3) or out of coexistence (C10). REQUEST_INVALID where a field is wrong, STORE_UNWRITABLE.
   */
  replace(config: TenantConfig, by: string): readonly string[];
}
