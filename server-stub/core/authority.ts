// The authority and its changes: A3, A5, A10, A16, A18.
import type { Authority } from '../../protocol/vocabulary.js';
import { wouldSet } from './authority-order.js';
import { beginBms } from './bms-provisioning.js';
import { changeHistory, contactSupport } from './change-history.js';
import { notifyOfChange } from './change-notifications.js';
import { addChange, saveMeta } from './changes.js';
import { awaitGraceEnd } from './grace.js';
import type { Authorities } from './interfaces.js';
import type { TenantState } from './state.js';

export const authorities = (state: TenantState): Authorities => ({
  setAuthority: (to, by) => setAuthority(state, to, by),
  changes: () => changeHistory(state),
  change: (n) => changeHistory(state, n - 1)[0],
  lastSwitches: () => (state.coexistence ? [] : lastSwitches(state)),
  userless() {
    const left = [...state.index.userless].filter(({ record }) => record.managedBy !== state.authority);
    left.sort((a, b) => a.record.sequence - b.record.sequence);
    return { devices: left.map(({ record }) => record), advice: left.length === 0 ? '' : contactSupport };
  },
});

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

/** Rows that are looked at: licences may have made thousands. */
const mostLookedAt = 1000;
const mostSwitches = 10;

const lastSwitches = ({ changes }: TenantState) =>
  changes
    .slice(-mostLookedAt)
    .filter(({ cause }) => cause === 'authority')
    .slice(-mostSwitches)
    .map(({ at, from, to }) => ({ at, from, to }));
