import { z } from 'zod';
import type {
  Commands,
  CompliancePolicies,
  Devices,
  Groups,
  Licences,
  ResourceGate,
  Users,
} from '../core/interfaces.js';
import type { User } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import { managedDeviceEnumerations } from './device-enumerations.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, readBody, roles } from './graph.js';
import { groupFields, groupRow } from './groups.js';
import { licenceDetailFields, licenceDetails, notLicences, readLicenceChange } from './licences.js';
import { managedDeviceFields, toManagedDevice } from './managed-device.js';
import { userFields, userRow } from './user-row.js';

const root = '/v1.0/users';

const userPrincipalName = z
  .string()
  .max(256)
  .regex(/^[^\s@]+@[^\s@]+$/, 'expected a user principal name such as ada@contoso.example');
const displayName = z.string().min(1).max(256);
const passwordProfile = z.looseObject({ password: z.string().min(1).max(256).exactOptional() }).exactOptional();

const newUser = z.looseObject({ userPrincipalName, displayName, passwordProfile, ...notLicences });
const userChange = z.looseObject({
  userPrincipalName: userPrincipalName.exactOptional(),
  displayName: displayName.exactOptional(),
  passwordProfile,
  ...notLicences,
});

/** The organisation's people. A new one has no licence yet, as in Graph. */
export function userRoutes(
  ports: AdminPorts<Users & Groups & Licences & Devices & Commands & ResourceGate & CompliancePolicies>,
): AdminRoute[] {
  const { tenant, random } = ports;
  const toRow = (user: User) => userRow(tenant, user);
  const memberOf = (name: string, all?: 'all'): AdminRoute => ({
    method: 'GET',
    path: `${root}/:id/${name}`,
    handle: (request) =>
      listOf(ports, request, tenant.memberOf(userOf(tenant, request).id, all), groupRow, groupFields),
  });
  return [
    {
      method: 'GET',
      path: root,
      who: roles,
      handle: (request) => listOf(ports, request, tenant.users(), toRow, userFields),
    },
    {
      method: 'POST',
      path: root,
      handle(request, by) {
        const { userPrincipalName: upn, displayName: name, passwordProfile: given } = readBody(newUser, request);
        const user: User = {
          id: random.uuid().toLowerCase(),
          upn,
          displayName: name,
          products: [],
          groups: [],
          ...(given?.password === undefined ? {} : { password: given.password }),
        };
        tenant.putUser(user, by);
        return ok(toRow(user), 201);
      },
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      who: roles,
      handle: (request) => single(request, toRow(userOf(tenant, request)), userFields),
    },
    {
      method: 'PATCH',
      path: `${root}/:id`,
      handle(request, by) {
        const user = userOf(tenant, request);
        const {
          userPrincipalName: upn = user.upn,
          displayName: name = user.displayName,
          ...rest
        } = readBody(userChange, request);
        const password = rest.passwordProfile?.password;
        tenant.putUser({ ...user, upn, displayName: name, ...(password === undefined ? {} : { password }) }, by);
        return noContent;
      },
    },
    {
      method: 'DELETE',
      path: `${root}/:id`,
      handle(request, by) {
        tenant.removeUser(userOf(tenant, request).id, by);
        return noContent;
      },
    },
    {
      method: 'GET',
      path: `${root}/:id/managedDevices`,
      who: roles,
      handle(request) {
        const devices = tenant.devicesOf(userOf(tenant, request).id).filter(({ status }) => status !== 'pending');
        return listOf(
          ports,
          request,
          devices,
          (device) => toManagedDevice(ports, device),
          managedDeviceFields,
          managedDeviceEnumerations(ports.words),
        );
      },
    },
    memberOf('memberOf'),
    memberOf('transitiveMemberOf', 'all'),
    {
      method: 'GET',
      path: `${root}/:id/licenseDetails`,
      handle: (request) =>
        listOf(ports, request, tenant.productsOf(userOf(tenant, request).id), licenceDetails, licenceDetailFields),
    },
    {
      method: 'POST',
      path: `${root}/:id/assignLicense`,
      handle(request, by) {
        const { id } = userOf(tenant, request);
        return ok(toRow(tenant.assignLicences(id, readLicenceChange(request), by)));
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
