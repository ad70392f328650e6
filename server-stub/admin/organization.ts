import { z } from 'zod';
import { type Authority, authorities } from '../../protocol/vocabulary.js';
import type { Authorities, Organization } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, ok, param, readBody, roles } from './graph.js';

const root = '/v1.0/organization';
const fields: ReadonlySet<string> = new Set(['id', 'displayName', 'mobileDeviceManagementAuthority']);
const names = Object.keys(authorities) as [Authority, ...Authority[]];
const enumerations = { mobileDeviceManagementAuthority: new Set(names) };
const wanted = z.strictObject({ mobileDeviceManagementAuthority: z.enum(names).exactOptional() });

export function organizationRoutes(ports: AdminPorts<Organization & Authorities>): AdminRoute[] {
  const { tenant } = ports;
  const row = (): Row => ({
    id: tenant.id,
    displayName: tenant.displayName,
    mobileDeviceManagementAuthority: tenant.authority,
  });
  return [
    {
      method: 'GET',
      path: root,
      who: roles,
      handle: (request) => listOf(ports, request, [row()], (item) => item, fields, enumerations),
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      who: roles,
      handle(request) {
        checkId(tenant, request);
        return single(request, row(), fields);
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/setMobileDeviceManagementAuthority`,
      handle(request, by) {
        checkId(tenant, request);
        // Graph's own action has no body and means intune; the body is ours, for the other directions.
        const { mobileDeviceManagementAuthority: to = 'intune' } = readBody(wanted, request);
        tenant.setAuthority(to, by);
        return ok({ value: authorities[tenant.authority] });
      },
    },
    {
      method: 'GET',
      path: '/v1.0/deviceManagement',
      who: roles,
      handle: (request) =>
        single(
          request,
          { id: tenant.id, subscriptionState: tenant.authority === 'unknown' ? 'pending' : 'active' },
          new Set(['id', 'subscriptionState']),
        ),
    },
  ];
}

function checkId(tenant: Organization, request: StubRequest): void {
  const id = param(request, 'id');
  if (id !== tenant.id) throw stubError('NOT_FOUND', `No organization has the id ${id}`);
}
