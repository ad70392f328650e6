// Profiles in Graph's words: a deviceConfiguration whose content is the neutral profile, under `rollcall.profile`.
import { z } from 'zod';
import { type Authority, platformNames } from '../../protocol/vocabulary.js';
import { toAll, toNobody } from '../core/assignment.js';
import { authoredProfile } from '../core/authored.js';
import type { AssignedProfiles, Devices, Notifications, Organization } from '../core/interfaces.js';
import type { AssignedProfile } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, type Role, readBody } from './graph.js';
import { shownProfile } from './shown.js';

const root = '/v1.0/deviceManagement/deviceConfigurations';
export const configurationType = '#rollcall.deviceConfiguration';
const everybody = ['#microsoft.graph.allDevicesAssignmentTarget', '#microsoft.graph.allLicensedUsersAssignmentTarget'];

const newConfiguration = z.looseObject({
  '@odata.type': z.literal(configurationType).exactOptional(),
  displayName: z.string().min(1).max(256).exactOptional(),
  rollcall: z.strictObject({
    profile: authoredProfile,
    authority: z.enum(['intune', 'office365', 'sccm']).exactOptional(),
    platforms: z.array(z.enum(platformNames)).min(1).exactOptional(),
  }),
});

const assigning = z.strictObject({
  assignments: z
    .array(
      z.looseObject({
        target: z.looseObject({
          '@odata.type': z.string().refine((type) => everybody.includes(type), 'only all devices or all users'),
        }),
      }),
    )
    .max(10),
});

export function configurationRoutes(
  ports: AdminPorts<Organization & AssignedProfiles & Devices & Notifications>,
): AdminRoute[] {
  const { tenant, random } = ports;
  return [
    {
      method: 'GET',
      path: root,
      handle: (request, by) => listOf(ports, request, tenant.profiles(), (each) => toRow(each, by), fields),
    },
    {
      method: 'POST',
      path: root,
      handle(request, by) {
        const { displayName, rollcall } = readBody(newConfiguration, request);
        const { profile, authority = tenant.authority, platforms } = rollcall;
        if (displayName !== undefined && displayName !== profile.name) {
          throw stubError('REQUEST_INVALID', 'displayName and rollcall.profile.name are the same thing and differ');
        }
        const assigned: AssignedProfile = {
          id: random.uuid().toLowerCase(),
          authority,
          profile,
          assignment: toNobody,
          ...(platforms === undefined ? {} : { platforms }),
        };
        tenant.putProfile(assigned);
        return ok(toRow(assigned, by), 201);
      },
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      handle: (request, by) => single(request, toRow(profileOf(tenant, request), by), fields),
    },
    {
      method: 'DELETE',
      path: `${root}/:id`,
      handle(request) {
        const profile = profileOf(tenant, request);
        tenant.removeProfile(profile.id);
        notifyAll(tenant, profile.authority);
        return noContent;
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/assign`,
      handle(request) {
        const profile = profileOf(tenant, request);
        const { assignments } = readBody(assigning, request);
        const changed: AssignedProfile = { ...profile, assignment: assignments.length > 0 ? toAll : toNobody };
        tenant.putProfile(changed);
        notifyAll(tenant, profile.authority);
        return ok({ value: assignmentsOf(changed) });
      },
    },
    {
      method: 'GET',
      path: `${root}/:id/assignments`,
      handle: (request) => ok({ value: assignmentsOf(profileOf(tenant, request)) }),
    },
  ];
}

/** Whoever is managed by this authority is asked to fetch what has changed. */
function notifyAll(tenant: Devices & Notifications, authority: Authority): void {
  for (const { deviceId, managedBy, status } of tenant.eachDevice()) {
    if (managedBy === authority && status === 'enrolled') tenant.notify(deviceId, 'assignment');
  }
}

function profileOf(tenant: AssignedProfiles, request: StubRequest): AssignedProfile {
  const id = param(request, 'id');
  const profile = tenant.profiles().find((candidate) => candidate.id === id);
  if (profile === undefined) throw stubError('NOT_FOUND', `No device configuration has the id ${id}`);
  return profile;
}

const assignmentsOf = ({ id, assignment: { to } }: AssignedProfile): readonly Row[] =>
  to === 'all'
    ? [{ id: `${id}_all`, target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }]
    : to.users.map((userId) => ({
        id: `${id}_${userId}`,
        target: { '@odata.type': '#rollcall.userTarget', userId },
      }));

/** The profile without its secrets, bytes as base64. */
const toRow = ({ id, authority, profile, assignment, platforms }: AssignedProfile, to: Role): Row => ({
  '@odata.type': configurationType,
  id,
  displayName: profile.name,
  rollcall: {
    authority,
    profile: shownProfile(profile, to),
    assignment,
    ...(platforms === undefined ? {} : { platforms }),
  },
});

const fields: ReadonlySet<string> = new Set(['@odata.type', 'id', 'displayName', 'rollcall']);
