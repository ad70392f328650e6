// C1, C9, C10: intune is added to office365, and licences decide user by user who manages. There is no way back.
import { wouldCoexist } from './authority-order.js';
import { notifyOfChange } from './change-notifications.js';
import { addChange, saveMeta } from './changes.js';
import type { Coexistences } from './interfaces.js';
import type { TenantState } from './state.js';

export const coexistences = (state: TenantState): Coexistences => ({
  coexistenceChange: () => state.changes.find(({ cause }) => cause === 'coexistence'),
  enableCoexistence: (by) => enable(state, by),
});

/** The push certificate holds on: it is the same service (A24). */
function enable(state: TenantState, by: string): number {
  if (!wouldCoexist(state)) return state.changes.length;
  state.saver.requireWritable();
  const [from, to] = [state.authority, 'intune'] as const;
  const { pushCertificate: certificate } = state;
  const devices = state.index.enrolled;
  if (certificate !== undefined) {
    const isOfAnother = certificate.authority !== from; // as records of the first form say that it is to be renewed
    state.pushCertificate = { ...certificate, authority: to, ...(isOfAnother && { isEnded: true }) };
  }
  state.authority = to;
  state.coexistence = true;
  addChange(state, {
    at: state.ports.clock.now(),
    by,
    cause: 'coexistence',
    from,
    to,
    concerns: 'all',
    lastSequence: state.index.order.last,
    enrolled: devices,
    toNotify: devices,
  });
  saveMeta(state);
  state.ports.log.info('COEXISTENCE_ENABLED', { by, devices });
  notifyOfChange(state, state.changes.length - 1);
  return state.changes.length;
}
