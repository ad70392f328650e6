// B7: what was set and lies outside of Basic Mobility and Security. It has no effect for devices that the service manages, and is kept.
import type { TenantState } from './state.js';

/** How many there are of each kind. */
export interface WithoutEffect {
  /** The default counts where it restricts something. */
  readonly platformRestrictions: number;
  readonly corporateIdentifiers: number;
  readonly autopilotDevices: number;
  readonly autopilotProfiles: number;
}

export function outsideOfBms({ admission }: TenantState): WithoutEffect {
  const { restrictions, corporate, autopilot, autopilotProfiles } = admission;
  const isDefaultSet = Object.keys(restrictions.default.platforms).length > 0;
  return {
    platformRestrictions: restrictions.sizeOf('platforms') + (isDefaultSet ? 1 : 0),
    corporateIdentifiers: corporate.size,
    autopilotDevices: autopilot.size,
    autopilotProfiles: autopilotProfiles.size,
  };
}
