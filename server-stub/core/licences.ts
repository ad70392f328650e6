// Licences, as they are counted and assigned (C4, C7, C9).
import { stubError } from '../errors.js';
import type { LicenceCount, Licences } from './interfaces.js';
import { directAfter, type LicenceChange } from './licence-changes.js';
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

/** The user. Throws NOT_FOUND, and REQUEST_INVALID where what is to be removed is not there, or is to be added, too. */
export function requireUserLicensed(
  { directory }: Pick<TenantState, 'directory'>,
  userId: string,
  change: LicenceChange,
): User {
  const user = directory.find(userId);
  if (user === undefined) throw stubError('NOT_FOUND', `No user has the id ${userId}`);
  const isInherited = (sku: string) => directory.productsOf(user).has(sku);
  requireLicensed(user, change, (sku) =>
    isInherited(sku)
      ? `${user.upn} has ${sku} by a group: it cannot be removed from the user directly`
      : `${user.upn} has no licence of ${sku} that could be removed`,
  );
  return user;
}

function assignGroupLicences(state: TenantState, groupId: string, change: LicenceChange, by: string): Group {
  const group = state.directory.group(groupId);
  if (group === undefined) throw stubError('NOT_FOUND', `No group has the id ${groupId}`);
  requireLicensed(group, change, (sku) => `${group.displayName} has no licence of ${sku} that could be removed`);
  const changed: Group = { ...group, products: directAfter(group.products, change) };
  putGroup(state, changed, by);
  return changed;
}

/** What is removed must be there, and nothing is both added and removed. */
function requireLicensed(
  { products: licensed }: { readonly products: readonly string[] },
  { add, remove }: LicenceChange,
  whyNot: (sku: string) => string,
): void {
  for (const sku of remove) {
    if (add.includes(sku)) throw stubError('REQUEST_INVALID', `${sku} is both to be added and to be removed`);
    if (!licensed.includes(sku)) throw stubError('REQUEST_INVALID', whyNot(sku));
  }
}
