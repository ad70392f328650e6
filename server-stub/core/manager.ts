// Who manages whom (C2, C8, C11): one pure function of the tenant's state and a user. Whatever asks or predicts who manages a device asks
// here: enrollment, sessions, the dry run. A change of its answer makes a move (causes.ts).
import type { Authority } from '../../protocol/vocabulary.js';
import { covers } from './products.js';

/** What of the tenant decides. */
export interface Governance {
  /** As Graph tells it: `intune` once coexistence is enabled (C9). */
  readonly authority: Authority;
  /** Both intune and office365 manage, decided user by user (C1). */
  readonly coexistence: boolean;
}

/** What of a user decides. */
export interface Governed {
  /** Part numbers of all products that the user has, those of groups included. */
  readonly products: Iterable<string>;
  /** One of the user's PCs is co-managed with ConfigMgr (C8, C11). */
  readonly isComanaged: boolean;
}

/** The authority that manages this user's devices from their next session on. */
export function managerOf({ authority, coexistence }: Governance, user: Governed): Authority {
  if (!coexistence) return authority;
  return user.isComanaged || covers(user.products, 'intune') ? 'intune' : 'office365';
}

/**
 * May this user enroll a new device now (E02)? Under coexistence by any product, or by co-management; else by one that covers the
 * authority. The legacy `sccm` is covered by what covers intune.
 */
export function mayEnroll({ authority, coexistence }: Governance, user: Governed): boolean {
  if (coexistence) return user.isComanaged || covers(user.products, 'intune') || covers(user.products, 'office365');
  if (authority === 'unknown') return false;
  return (
    covers(user.products, authority === 'office365' ? 'office365' : 'intune') ||
    (user.isComanaged && authority === 'intune')
  );
}
