// A change of the exclusion list of Basic Mobility and Security (B10), and whom it concerns.
import { notifyAssigned } from './assignment-walk.js';
import { membershipChanged, type TenantState } from './state.js';

/** B10: asks the devices that come or go to check in. False: nothing changes. The caller stores it. */
export function excludeFromBms(state: TenantState, exclusions: readonly string[]): boolean {
  const { bms: before } = state.admission;
  const [was, is] = [new Set(before.exclusions), new Set(exclusions)];
  const concerned = [...was].filter((id) => !is.has(id)).concat(exclusions.filter((id) => !was.has(id)));
  if (concerned.length === 0) return false;
  state.admission.bms = { ...before, exclusions };
  membershipChanged(state);
  state.ports.log.info('BMS_EXCLUSIONS', { groups: exclusions.length });
  state.events.emit({ type: 'bms', excludedGroups: exclusions.length });
  const assignment = { to: { users: [], groups: concerned }, except: [] };
  notifyAssigned(state, undefined, { id: 'bms exclusions', authority: 'office365', assignment });
  return true;
}
