import type { Groups } from '../core/interfaces.js';
import type { User } from '../core/types.js';
import type { Row } from './filter.js';
import { assignedLicenses, licenceState } from './licences.js';

/** A user as Graph shows one, the licences of groups included. Never the password. */
export function userRow(tenant: Groups, { id, upn, displayName, products, groups }: User): Row {
  const inherited = groups.flatMap((groupId) =>
    (tenant.group(groupId)?.products ?? []).map((sku) => ({ sku, groupId })),
  );
  const all = inherited.length === 0 ? products : [...new Set([...products, ...inherited.map(({ sku }) => sku)])];
  return {
    '@odata.type': '#microsoft.graph.user',
    id,
    userPrincipalName: upn,
    displayName,
    mail: upn,
    accountEnabled: true,
    assignedLicenses: assignedLicenses(all),
    licenseAssignmentStates: [
      ...products.map((sku) => licenceState(sku, null)),
      ...inherited.map(({ sku, groupId }) => licenceState(sku, groupId)),
    ],
    rollcall: { products },
  };
}

export const userFields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'userPrincipalName',
  'displayName',
  'mail',
  'accountEnabled',
  'assignedLicenses',
  'licenseAssignmentStates',
  'rollcall',
]);
