// A9: how long a device that stayed away may still use the profiles of the authority before.
import { consequences } from './causes.js';
import { firstMissed } from './changes.js';
import type { TenantDevice } from './device-state.js';
import { managerOfUser } from './governed.js';
import type { TenantState } from './state.js';
import type { HeldProfile } from './types.js';

/**
 * When a held profile stops working: `profileGraceMs` after the tenant left the profile's authority, but not before the device
 * had that time from the first change it missed. Undefined while nothing threatens it.
 */
export function graceEndsAt(state: TenantState, device: TenantDevice, held: HeldProfile): number | undefined {
  const missed = firstMissed(state, device);
  if (missed === undefined || device.record.userId === undefined) return undefined; // moved, or never moves (A10)
  if (held.authority === managerOfUser(state, device.record.userId) && !held.stale) return undefined; // A23
  const left = state.changes.findLast(({ from, cause }) => from === held.authority && consequences[cause].hasGrace);
  return Math.max(missed.at, left?.at ?? 0) + state.settings.profileGraceMs;
}

/** Whether it works no more: found so at the device's last contact, or its days of grace are over now. */
export function isExpired(state: TenantState, device: TenantDevice, held: HeldProfile): boolean {
  if (held.expired) return true;
  const end = graceEndsAt(state, device, held);
  return end !== undefined && state.ports.clock.now() >= end;
}
