// A change of the authority (A3, A5), and the first activation of Basic Mobility and Security, which is one (B1).
import type { Authority } from '../../protocol/vocabulary.js';
import { wouldSet } from './authority-order.js';
import { beginBms } from './bms-provisioning.js';
import { notifyOfChange } from './change-notifications.js';
import { addChange, saveMeta } from './changes.js';
import { awaitGraceEnd } from './grace.js';
import type { TenantState } from './state.js';

/** `from` unknown to office365 is the first activation of BMS (B1). Costs the same however many devices there are: one record is stored, and the devices are notified in the background. */
export function setAuthority(state: TenantState, to: Authority, by: string): number {
  if (!wouldSet(state, to)) return state.changes.length;
  state.saver.requireWritable();
  const from = state.authority;
  const { pushCertificate: certificate } = state;
  const devices = state.index.enrolled;
  state.authority = to;
  beginBms(state, from, to);
  if (certificate !== undefined) state.pushCertificate = { ...certificate, isEnded: true }; // A11
  addChange(state, {
    at: state.ports.clock.now(),
    by,
    cause: 'authority',
    from,
    to,
    concerns: 'all',
    lastSequence: state.index.order.last,
    enrolled: devices,
    toNotify: devices,
    ...(certificate?.topic !== undefined && { topic: certificate.topic }),
  });
  const index = state.changes.length - 1;
  saveMeta(state);
  state.ports.log.info('AUTHORITY_CHANGED', { from, to, by, devices });
  awaitGraceEnd(state, index);
  notifyOfChange(state, index);
  return index + 1;
}
