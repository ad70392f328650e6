import { z } from 'zod';
import type { Commands, Devices, ResourceGate, Users } from '../core/interfaces.js';
import { findProduct } from '../core/products.js';
import type { User } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, readBody } from './graph.js';
import { managedDeviceFields, toManagedDevice } from './managed-device.js';

const root = '/v1.0/users';

const newUser = z.looseObject({
  userPrincipalName: z
    .string()
    .max(256)
    .regex(/^[^\s@]+@[^\s@]+$/, 'expected a user principal name such as ada@contoso.example'),
  displayName: z.string().min(1).max(256),
  passwordProfile: z.looseObject({ password: z.string().min(1).max(256).exactOptional() }).exactOptional(),
});

const licenceChange = z.looseObject({
  addLicenses: z.array(z.looseObject({ skuId: z.string() })).max(50),
  removeLicenses: z.array(z.string()).max(50),
});

/** The organisation's people. A new one has no licence yet, as in Graph. */
export function userRoutes(ports: AdminPorts<Users & Devices & Commands & ResourceGate>): AdminRoute[] {
  const { tenant, random } = ports;
  return [
    {
      method: 'GET',
      path: root,
      handle: (request) => listOf(ports, request, tenant.users(), toRow, userFields),
    },
    {
      method: 'POST',
      path: root,
      handle(request) {
        const { userPrincipalName: upn, displayName, passwordProfile } = readBody(newUser, request);
        const password = passwordProfile?.password;
        const user: User = {
          id: random.uuid().toLowerCase(),
          upn,
          displayName,
          products: [],
          groups: [],
          ...(password === undefined ? {} : { password }),
        };
        tenant.putUser(user);
        return ok(toRow(user), 201);
      },
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      handle: (request) => single(request, toRow(userOf(tenant, request)), userFields),
    },
    {
      method: 'DELETE',
      path: `${root}/:id`,
      handle(request) {
        tenant.removeUser(userOf(tenant, request).id);
        return noContent;
      },
    },
    {
      method: 'GET',
      path: `${root}/:id/managedDevices`,
      handle(request) {
        const devices = tenant.devicesOf(userOf(tenant, request).id).filter(({ status }) => status !== 'pending');
        return listOf(ports, request, devices, (device) => toManagedDevice(ports, device), managedDeviceFields);
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/assignLicense`,
      handle(request) {
        const user = userOf(tenant, request);
        const { addLicenses, removeLicenses } = readBody(licenceChange, request);
        const known = (skuId: string) => {
          const product = findProduct(skuId);
          if (product === undefined) throw stubError('REQUEST_INVALID', `License ${skuId} is unknown here`);
          return product.sku;
        };
        const removed = new Set(removeLicenses.map(known));
        const kept = user.products.filter((sku) => !removed.has(sku));
        const changed = { ...user, products: [...new Set([...kept, ...addLicenses.map(({ skuId }) => known(skuId))])] };
        tenant.putUser(changed);
        return ok(toRow(changed));
      },
    },
  ];
}

function userOf(tenant: Users, request: StubRequest): User {
  const id = param(request, 'id');
  const user = tenant.user(id);
  if (user === undefined) throw stubError('NOT_FOUND', `Resource '${id}' does not exist`);
  return user;
}

/** Never the password. */
function toRow({ id, upn, displayName, products }: User): Row {
  return {
    id,
    userPrincipalName: upn,
    displayName,
    mail: upn,
    accountEnabled: true,
    assignedLicenses: products.map((sku) => ({ skuId: findProduct(sku)?.skuId ?? sku, disabledPlans: [] })),
    rollcall: { products },
  };
}

const userFields: ReadonlySet<string> = new Set([
  'id',
  'userPrincipalName',
  'displayName',
  'mail',
  'accountEnabled',
  'assignedLicenses',
  'rollcall',
]);
