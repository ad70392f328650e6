// Licences in Graph's words: products that were bought, and the body that assigns them to a user or a group.
import { z } from 'zod';
import { idOf } from '../core/identifiers.js';
import type { LicenceCount, Licences, Organization } from '../core/interfaces.js';
import type { LicenceChange } from '../core/licence-changes.js';
import { findProduct } from '../core/products.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, param, readBody } from './graph.js';

const root = '/v1.0/subscribedSkus';

const licenceChange = z.looseObject({
  addLicenses: z.array(z.looseObject({ skuId: z.string() })).max(50),
  removeLicenses: z.array(z.string()).max(50),
});

const assignLicense = z.never('licences are changed by POST .../assignLicense').exactOptional();
/** What nobody may write to a user or a group as if it changed licences. */
export const notLicences = {
  assignedLicenses: assignLicense,
  licenseAssignmentStates: assignLicense,
  rollcall: assignLicense,
};

/** The body of `assignLicense`. By part number too, which Graph does not take. Throws REQUEST_INVALID: an unknown product. */
export function readLicenceChange(request: StubRequest): LicenceChange {
  const { addLicenses, removeLicenses } = readBody(licenceChange, request);
  return { add: addLicenses.map(({ skuId }) => skuOf(skuId)), remove: removeLicenses.map(skuOf) };
}

function skuOf(skuId: string): string {
  const product = findProduct(skuId);
  if (product === undefined) throw stubError('REQUEST_INVALID', `License ${skuId} is unknown here`);
  return product.sku;
}

const skuIdOf = (sku: string): string => findProduct(sku)?.skuId ?? idOf('sku', sku);

/** `assignedLicenses` of a user or a group. */
export const assignedLicenses = (products: readonly string[]): readonly Row[] =>
  products.map((sku) => ({ skuId: skuIdOf(sku), disabledPlans: [] }));

/** `licenseAssignmentStates` of a user: by which group a licence is there, null where it is the user's own. */
export const licenceState = (sku: string, groupId: string | null): Row => ({
  skuId: skuIdOf(sku),
  assignedByGroup: groupId,
  disabledPlans: [],
  state: 'Active',
  error: 'None',
});

/** `licenseDetails` of a user. */
export const licenceDetails = (sku: string): Row => ({
  id: skuIdOf(sku),
  skuId: skuIdOf(sku),
  skuPartNumber: sku,
  servicePlans: [],
});
export const licenceDetailFields: ReadonlySet<string> = new Set(['id', 'skuId', 'skuPartNumber', 'servicePlans']);

/** The tenant's licences (C7). */
export function licenceRoutes(ports: AdminPorts<Organization & Licences>): AdminRoute[] {
  const { tenant } = ports;
  return [
    {
      method: 'GET',
      path: root,
      handle: (request) =>
        listOf(ports, request, tenant.licences(), (each) => toRow(tenant, each), fields, enumerations),
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      handle(request) {
        const id = param(request, 'id');
        const row = tenant
          .licences()
          .map((each) => toRow(tenant, each))
          .find((each) => each['id'] === id || each['skuId'] === id);
        if (row === undefined) throw stubError('NOT_FOUND', `No subscribedSku has the id ${id}`);
        return single(request, row, fields);
      },
    },
  ];
}

/** Graph has a number for every product: of one that is not counted it is the largest that there is. */
const uncounted = 2 ** 31 - 1;

const toRow = ({ id }: Organization, { sku, bought, consumed }: LicenceCount): Row => ({
  id: `${id}_${skuIdOf(sku)}`,
  skuId: skuIdOf(sku),
  skuPartNumber: sku,
  appliesTo: 'User',
  capabilityStatus: 'Enabled',
  consumedUnits: consumed,
  prepaidUnits: { enabled: bought ?? uncounted, suspended: 0, warning: 0, lockedOut: 0 },
  servicePlans: [],
  rollcall: { isCounted: bought !== undefined },
});

const fields: ReadonlySet<string> = new Set([
  'id',
  'skuId',
  'skuPartNumber',
  'appliesTo',
  'capabilityStatus',
  'consumedUnits',
  'prepaidUnits',
  'servicePlans',
  'rollcall',
]);

const enumerations = {
  appliesTo: new Set(['User', 'Company']),
  capabilityStatus: new Set(['Enabled', 'Warning', 'Suspended', 'Deleted', 'LockedOut']),
};
