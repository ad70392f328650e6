// The authority and its changes: A3, A5, A10, A16, A18.
import { changeHistory, contactSupport } from './change-history.js';
import type { Authorities } from './interfaces.js';
import { setAuthority } from './set-authority.js';
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

/** Rows that are looked at: licences may have made thousands. */
const mostLookedAt = 1000;
const mostSwitches = 10;

const lastSwitches = ({ changes }: TenantState) =>
  changes
    .slice(-mostLookedAt)
    .filter(({ cause }) => cause === 'authority')
    .slice(-mostSwitches)
    .map(({ at, from, to }) => ({ at, from, to }));
