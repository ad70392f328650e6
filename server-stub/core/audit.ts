// Who changed what: the newest entries, stored before the change is answered.
import type { Audits } from './interfaces.js';
import { keptAudit, type TenantState } from './state.js';

export const audits = (state: TenantState): Audits => ({
  audit(entry) {
    const { clock, random } = state.ports;
    const made = { id: random.uuid().toLowerCase(), at: clock.now(), ...entry };
    state.audit.add(made);
    // Keys turn around in a ring, so that the table stays as short as the list.
    state.saver.record('audit', String(state.auditCount++ % keptAudit).padStart(8, '0'), made);
  },
  auditEntries: () => state.audit.list(),
});
