// Basic Mobility and Security as a service: its activation, and whom its policies do not concern (B1, B2, B8, B10).
import { isRollcallError } from '../../base/errors.js';
import { stubError } from '../errors.js';
import type { BmsState } from './admission-state.js';
import { excludeFromBms } from './bms-excluded.js';
import { outsideOfBms } from './bms-outside.js';
import { resumeBms, settleBms } from './bms-provisioning.js';
import { saveMeta } from './changes.js';
import type { Bms } from './interfaces.js';
import { setAuthority } from './set-authority.js';
import type { TenantState } from './state.js';

/** Groups that the one exclusion list may name. */
const mostExclusions = 1000;

export const bms = (state: TenantState): Bms => ({
  bms: () => state.admission.bms,
  withoutEffect: () => (state.authority === 'office365' ? outsideOfBms(state) : undefined),
  activateBms: (by) => activate(state, by),
  deactivateBms() {
    throw stubError(
      'CONFLICT',
      'Basic Mobility and Security cannot be unprovisioned (B2): remove its policies, or their groups',
    );
  },
  setBmsExclusions(groups) {
    const missing = groups.find((id) => state.directory.group(id) === undefined);
    if (missing !== undefined) throw stubError('REQUEST_INVALID', `No group has the id ${missing}`);
    const exclusions = [...new Set(groups)];
    if (exclusions.length > mostExclusions) {
      throw stubError('REQUEST_INVALID', `The exclusion list names ${mostExclusions} groups at most`);
    }
    state.saver.requireWritable();
    if (excludeFromBms(state, exclusions)) saveMeta(state);
  },
  bmsHoldChanged() {
    try {
      settleBms(state);
    } catch (error) {
      if (!isRollcallError(error, 'STORE_UNWRITABLE')) throw error;
      resumeBms(state); // by its deadline, which comes again
    }
  },
});

/** B1: the same as setting the authority to office365 where none was set. */
function activate(state: TenantState, by: string): BmsState {
  const { authority, coexistence, admission } = state;
  if (authority === 'office365' || coexistence) return admission.bms;
  if (authority !== 'unknown') {
    throw stubError(
      'CONFLICT',
      `Basic Mobility and Security is activated where no authority is set, and the authority is ${authority}: set it to office365`,
    );
  }
  setAuthority(state, 'office365', by);
  return state.admission.bms;
}
