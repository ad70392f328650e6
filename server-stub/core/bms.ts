// Basic Mobility and Security as a service (B1, B2, B8, B10).
import { stubError } from '../errors.js';
import { saveMeta } from './changes.js';
import type { Bms } from './interfaces.js';
import type { TenantState } from './state.js';

export const bms = (state: TenantState): Bms => ({
  bms: () => state.admission.bms,
  activateBms: () => {
    throw stubError('CONFLICT', 'BMS is activated where no authority is set');
  },
  deactivateBms() {
    throw stubError(
      'CONFLICT',
      'Basic Mobility and Security cannot be unprovisioned (B2): remove its policies, or their groups',
    );
  },
  setBmsExclusions(groups) {
    const missing = groups.find((id) => state.directory.group(id) === undefined);
    if (missing !== undefined) throw stubError('REQUEST_INVALID', `No group has the id ${missing}`);
    state.saver.requireWritable();
    state.admission.bms = { ...state.admission.bms, exclusions: [...new Set(groups)] };
    saveMeta(state);
  },
});
