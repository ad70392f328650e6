// Who changed what: the newest entries, stored before the change is answered.
import type { Audits } from './interfaces.js';
import { keyInRing } from './ring.js';
import { keptAudit, type TenantState } from './state.js';

export const audits = (state: TenantState): Audits => ({
  audit(entry) {
    const { clock, random } = state.ports;
    const made = { id: random.uuid().toLowerCase(), at: clock.now(), ...entry };
    state.audit.add(made);
    const n = state.auditCount++;
    state.saver.record('audit', keyInRing(n, keptAudit), { ...made, n });
  },
  auditEntries: () => state.audit.list(),
});
