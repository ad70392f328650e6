// Security groups in Graph's words: the groups themselves, their members, the licences of their members.
import { z } from 'zod';
import type { Groups, Licences, Users } from '../core/interfaces.js';
import type { Group, User } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, readBody } from './graph.js';
import { assignedLicenses, notLicences, readLicenceChange } from './licences.js';
import { userFields, userRow } from './user-row.js';

const root = '/v1.0/groups';
const displayName = z.string().min(1).max(256);

/** Addresses of members, as Graph's `@odata.bind` and `@odata.id` have them: the last part is the id. */
const reference = z.string().min(1).max(2048);
const bound = z.array(reference).max(20).exactOptional();

const newGroup = z.looseObject({
  displayName,
  securityEnabled: z.literal(true, 'only security groups: expected true').exactOptional(),
  mailEnabled: z.literal(false, 'only security groups: expected false').exactOptional(),
  groupTypes: z.array(z.string()).max(0, 'only security groups: expected []').exactOptional(),
  'members@odata.bind': bound,
  ...notLicences,
});
const groupChange = z.looseObject({
  displayName: displayName.exactOptional(),
  'members@odata.bind': bound,
  ...notLicences,
});
const memberReference = z.looseObject({ '@odata.id': reference });

/** Groups, with the members that each has directly. */
export function groupRoutes(ports: AdminPorts<Groups & Licences & Users>): AdminRoute[] {
  const { tenant, random } = ports;
  return [
    {
      method: 'GET',
      path: root,
      handle: (request) => listOf(ports, request, tenant.groups(), groupRow, groupFields),
    },
    {
      method: 'POST',
      path: root,
      handle(request, by) {
        const { displayName: name, 'members@odata.bind': members = [] } = readBody(newGroup, request);
        const group: Group = { id: random.uuid().toLowerCase(), displayName: name, groups: [], products: [] };
        tenant.putGroup(group, by);
        try {
          tenant.addMembers(group.id, members.map(idIn), by);
        } catch (error) {
          tenant.removeGroup(group.id); // it is there with all of them, or not at all
          throw error;
        }
        return ok(groupRow(group), 201);
      },
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      handle: (request) => single(request, groupRow(groupOf(tenant, request)), groupFields),
    },
    {
      method: 'PATCH',
      path: `${root}/:id`,
      handle(request, by) {
        const group = groupOf(tenant, request);
        const { displayName: name, 'members@odata.bind': members = [] } = readBody(groupChange, request);
        tenant.addMembers(group.id, members.map(idIn), by);
        if (name !== undefined) tenant.putGroup({ ...group, displayName: name }, by);
        return noContent;
      },
    },
    {
      method: 'DELETE',
      path: `${root}/:id`,
      handle(request) {
        tenant.removeGroup(groupOf(tenant, request).id);
        return noContent;
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/assignLicense`,
      handle(request, by) {
        const { id } = groupOf(tenant, request);
        return ok(groupRow(tenant.assignGroupLicences(id, readLicenceChange(request), by)), 202);
      },
    },
    ...memberRoutes(ports),
  ];
}

function memberRoutes(ports: AdminPorts<Groups & Users>): AdminRoute[] {
  const { tenant } = ports;
  const memberRow = (member: User | Group): Row => ('upn' in member ? userRow(tenant, member) : groupRow(member));
  return [
    {
      method: 'GET',
      path: `${root}/:id/members`,
      handle(request) {
        const { users, groups } = tenant.groupMembers(groupOf(tenant, request).id);
        return listOf(ports, request, [...users, ...groups], memberRow, memberFields);
      },
    },
    {
      method: 'GET',
      path: `${root}/:id/transitiveMembers`,
      handle(request) {
        const { users, groups } = tenant.groupMembers(groupOf(tenant, request).id, 'all');
        return listOf(ports, request, [...users, ...groups], memberRow, memberFields);
      },
    },
    {
      method: 'GET',
      path: `${root}/:id/memberOf`,
      handle: (request) => listOf(ports, request, tenant.memberOf(groupOf(tenant, request).id), groupRow, groupFields),
    },
    {
      method: 'POST',
      path: `${root}/:id/members/$ref`,
      handle(request, by) {
        const { id } = groupOf(tenant, request);
        tenant.addMembers(id, [idIn(readBody(memberReference, request)['@odata.id'])], by);
        return noContent;
      },
    },
    {
      method: 'DELETE',
      path: `${root}/:id/members/:memberId/$ref`,
      handle(request, by) {
        tenant.removeMember(groupOf(tenant, request).id, param(request, 'memberId'), by);
        return noContent;
      },
    },
  ];
}

function groupOf(tenant: Groups, request: StubRequest): Group {
  const id = param(request, 'id');
  const group = tenant.group(id);
  if (group === undefined) throw stubError('NOT_FOUND', `Resource '${id}' does not exist`);
  return group;
}

/** `https://graph.microsoft.com/v1.0/directoryObjects/{id}`, of whatever host; or the id alone. */
function idIn(address: string): string {
  const [, id] =
    /^(?:https?:\/\/[^/?#]+\/(?:v1\.0|beta)\/(?:directoryObjects|users|groups)\/)?([^/?#\s]+)$/.exec(address) ?? [];
  if (id === undefined) throw stubError('REQUEST_INVALID', `${address} is no address of a user or group`);
  return decodeURIComponent(id);
}

export const groupRow = ({ id, displayName: name, products }: Group): Row => ({
  '@odata.type': '#microsoft.graph.group',
  id,
  displayName: name,
  securityEnabled: true,
  mailEnabled: false,
  groupTypes: [],
  assignedLicenses: assignedLicenses(products),
  rollcall: { products },
});

export const groupFields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'displayName',
  'securityEnabled',
  'mailEnabled',
  'groupTypes',
  'assignedLicenses',
  'rollcall',
]);
const memberFields: ReadonlySet<string> = new Set([...groupFields, ...userFields]);
