// Licences, as they are counted and assigned (C4, C7, C9).
import { stubError } from '../errors.js';
import type { LicenceCount, Licences } from './interfaces.js';
import { directAfter, type LicenceChange, requireLicensed, requireUserLicensed } from './licence-changes.js';
import { putGroup, putUser } from './people.js';
import { products } from './products.js';
import type { TenantState } from './state.js';
import type { Group, User } from './types.js';

export const licences = (state: TenantState): Licences => ({
  licences: () => counts(state),
  productsOf(userId) {
    const user = state.directory.user(userId);
    return user === undefined ? [] : [...state.directory.productsOf(user)];
  },
  assignLicences: (userId, change, by) => assignLicences(state, userId, change, by),
  assignGroupLicences: (groupId, change, by) => assignGroupLicences(state, groupId, change, by),
});

function counts({ licences: numbers, directory }: TenantState): readonly LicenceCount[] {
  const skus = new Set([...products.map(({ sku }) => sku), ...numbers.keys()]);
  return [...skus].flatMap((sku) => {
    const bought = numbers.get(sku);
    const consumed = directory.consumed(sku);
    if (bought === undefined && consumed === 0) return [];
    return [{ sku, ...(bought === undefined ? {} : { bought }), consumed }];
  });
}

function assignLicences(state: TenantState, userId: string, change: LicenceChange, by: string): User {
  const user = requireUserLicensed(state, userId, change);
  const changed: User = { ...user, products: directAfter(user.products, change) };
  putUser(state, changed, by);
  return changed;
}

function assignGroupLicences(state: TenantState, groupId: string, change: LicenceChange, by: string): Group {
  const group = state.directory.group(groupId);
  if (group === undefined) throw stubError('NOT_FOUND', `No group has the id ${groupId}`);
  requireLicensed(group, change, (sku) => `${group.displayName} has no licence of ${sku} that could be removed`);
  const changed: Group = { ...group, products: directAfter(group.products, change) };
  putGroup(state, changed, by);
  return changed;
}
