// What an administrator has agreed to, act by act (A17, A25).
import { saveMeta } from './changes.js';
import type { Consents } from './interfaces.js';
import type { TenantState } from './state.js';

export const consents = (state: TenantState): Consents => ({
  consent: (act) => state.admission.consents.get(act) ?? { given: true },
  setConsent(act, given, by) {
    state.saver.requireWritable();
    const consent = { given, by, at: state.ports.clock.now() };
    state.admission.consents.set(act, consent);
    saveMeta(state);
    state.ports.log.info('CONSENT', { act, given, by });
    return consent;
  },
});
