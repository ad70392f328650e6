// Licences against the numbers bought (C7).
import { covers } from '../core/products.js';
import type { Group, TenantConfig, User } from '../core/types.js';
import type { Report } from './problems.js';

/** Users who have each product, themselves or by a group that they are direct members of. */
export function consumed(users: readonly User[], groups: readonly Group[]): ReadonlyMap<string, number> {
  const ofGroup = new Map(groups.map(({ id, products }) => [id, products]));
  const counts = new Map<string, number>();
  for (const { products, groups: memberOf } of users) {
    const all = new Set([...products, ...memberOf.flatMap((id) => ofGroup.get(id) ?? [])]);
    for (const sku of all) counts.set(sku, (counts.get(sku) ?? 0) + 1);
  }
  return counts;
}

type Licensed = Pick<TenantConfig, 'licences' | 'coexistence'> & {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
};

export function checkLicences({ users, groups, licences = {}, coexistence }: Licensed, report: Report): void {
  const counts = consumed(users, groups);
  for (const [sku, bought] of Object.entries(licences)) {
    const used = counts.get(sku) ?? 0;
    if (used > bought) report(['licences', sku], `${used} users have it, and ${bought} are bought (C7)`);
  }
  const bought = Object.entries(licences).flatMap(([sku, number]) => (number > 0 ? [sku] : []));
  if (coexistence && !covers([...bought, ...counts.keys()], 'intune')) {
    report(['coexistence'], 'needs a licence that includes Intune, bought or assigned (C7)');
  }
}
