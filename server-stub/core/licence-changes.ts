// What a change of licences would make of a user, without making it (C2, C4, C7): pure, for the change itself and for whoever predicts it.
import { stubError } from '../errors.js';
import type { Directory } from './directory.js';
import type { User } from './types.js';

/** Part numbers. What is in both is removed and added again: it is there afterwards. */
export interface LicenceChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** The products licensed directly after the change, to a user or to a group. */
export function directAfter(products: readonly string[], { add, remove }: LicenceChange): readonly string[] {
  const kept = products.filter((sku) => !remove.includes(sku));
  return [...new Set([...kept, ...add])];
}

/** All products that the user would have after this change of their own licences, those of groups included. */
export const productsAfter = (
  directory: Pick<Directory, 'productsOf'>,
  { products, groups }: Pick<User, 'products' | 'groups'>,
  change: LicenceChange,
): ReadonlySet<string> => directory.productsOf({ products: directAfter(products, change), groups });

/** A product of which more would be used than were bought. */
interface Shortage {
  readonly sku: string;
  readonly bought: number;
  readonly consumed: number;
  /** Licences that are missing. */
  readonly short: number;
}

/**
 * The products of which more users would have one than were bought (C7), if so many more (or fewer) had it. A product of which no
 * number is said is not counted; what is used less is never short.
 */
export function shortOf(
  bought: ReadonlyMap<string, number>,
  directory: Pick<Directory, 'consumed'>,
  gains: ReadonlyMap<string, number>,
): readonly Shortage[] {
  return [...gains].flatMap(([sku, gain]) => {
    const limit = bought.get(sku);
    const consumed = directory.consumed(sku);
    if (limit === undefined || gain <= 0 || consumed + gain <= limit) return [];
    return [{ sku, bought: limit, consumed, short: consumed + gain - limit }];
  });
}

/** By product: 1 for each that is there after and was not before, -1 for each that is there no more. */
export function gainsOf(before: ReadonlySet<string>, after: ReadonlySet<string>): ReadonlyMap<string, number> {
  const gains = new Map<string, number>();
  for (const sku of after) if (!before.has(sku)) gains.set(sku, 1);
  for (const sku of before) if (!after.has(sku)) gains.set(sku, -1);
  return gains;
}

/** The user. Throws NOT_FOUND, and REQUEST_INVALID where what is to be removed is not there, or is to be added, too. */
export function requireUserLicensed(
  { directory }: { readonly directory: Pick<Directory, 'find' | 'productsOf'> },
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

/** What is removed must be there, and nothing is both added and removed. */
export function requireLicensed(
  { products: licensed }: { readonly products: readonly string[] },
  { add, remove }: LicenceChange,
  whyNot: (sku: string) => string,
): void {
  for (const sku of remove) {
    if (add.includes(sku)) throw stubError('REQUEST_INVALID', `${sku} is both to be added and to be removed`);
    if (!licensed.includes(sku)) throw stubError('REQUEST_INVALID', whyNot(sku));
  }
}
