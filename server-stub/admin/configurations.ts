// Profiles in Graph's words: a deviceConfiguration whose content is the neutral profile, under `rollcall.profile`.
import { z } from 'zod';
import { type Profile, platformNames } from '../../protocol/vocabulary.js';
import { toNobody } from '../core/assignment.js';
import { authoredProfile } from '../core/authored.js';
import type { AssignedProfiles, Groups, Organization, Users } from '../core/interfaces.js';
import type { AssignedProfile } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { assignmentFields, assignmentRows, readAssignment } from './assignments.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, judgeBody, noContent, ok, param, type Role, readBody } from './graph.js';
import { hiddenSecret, shownProfile } from './shown.js';

const root = '/v1.0/deviceManagement/deviceConfigurations';
const configurationType = '#rollcall.deviceConfiguration';
export const assignmentType = '#microsoft.graph.deviceConfigurationAssignment';

const newConfiguration = z.looseObject({
  '@odata.type': z.literal(configurationType).exactOptional(),
  displayName: z.string().min(1).max(256).exactOptional(),
  rollcall: z.strictObject({
    profile: authoredProfile,
    authority: z.enum(['intune', 'office365', 'sccm']).exactOptional(),
    platforms: z.array(z.enum(platformNames)).min(1).exactOptional(),
  }),
});

/** Of the profile what is given takes the place of what was there, field by field; null takes one away. */
const configurationChange = z.looseObject({
  '@odata.type': z.literal(configurationType).exactOptional(),
  displayName: z.string().min(1).max(256).exactOptional(),
  rollcall: z
    .strictObject({
      profile: z.record(z.string(), z.unknown()).exactOptional(),
      platforms: z.array(z.enum(platformNames)).min(1).nullable().exactOptional(),
    })
    .exactOptional(),
});

export function configurationRoutes(ports: AdminPorts<Organization & AssignedProfiles & Groups & Users>): AdminRoute[] {
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
        requireOneName(displayName, profile);
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
      method: 'PATCH',
      path: `${root}/:id`,
      handle(request, by) {
        const changed = changedBy(profileOf(tenant, request), readBody(configurationChange, request));
        tenant.putProfile(changed);
        return ok(toRow(changed, by));
      },
    },
    {
      method: 'DELETE',
      path: `${root}/:id`,
      handle(request) {
        tenant.removeProfile(profileOf(tenant, request).id);
        return noContent;
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/assign`,
      handle(request) {
        const profile = profileOf(tenant, request);
        const assignment = readAssignment(tenant, request);
        tenant.putProfile({ ...profile, assignment });
        return ok({ value: assignmentRows(profile.id, assignment, assignmentType) });
      },
    },
    {
      method: 'GET',
      path: `${root}/:id/assignments`,
      handle(request) {
        const { id, assignment } = profileOf(tenant, request);
        return listOf(ports, request, assignmentRows(id, assignment, assignmentType), (row) => row, assignmentFields);
      },
    },
  ];
}

function profileOf(tenant: AssignedProfiles, request: StubRequest): AssignedProfile {
  const id = param(request, 'id');
  const profile = tenant.profile(id);
  if (profile === undefined) throw stubError('NOT_FOUND', `No device configuration has the id ${id}`);
  return profile;
}

/** Throws REQUEST_INVALID where what comes of it is no profile. */
function changedBy(before: AssignedProfile, change: z.output<typeof configurationChange>): AssignedProfile {
  const { displayName, rollcall: { profile: fields = {}, platforms } = {} } = change;
  if (hasHidden(fields)) {
    throw stubError('REQUEST_INVALID', `${hiddenSecret} is how a secret is shown: leave the field out to keep it`);
  }
  const merged = {
    ...before.profile,
    ...(displayName === undefined ? {} : { name: displayName }),
    ...fields,
  };
  const given = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  const { rollcall } = judgeBody(newConfiguration, { rollcall: { profile: given } });
  requireOneName(displayName, rollcall.profile);
  const { platforms: former, ...rest } = before;
  const present = platforms === undefined ? former : (platforms ?? undefined);
  return { ...rest, profile: rollcall.profile, ...(present === undefined ? {} : { platforms: present }) };
}

const hasHidden = (value: unknown): boolean =>
  value === hiddenSecret || (typeof value === 'object' && value !== null && Object.values(value).some(hasHidden));

function requireOneName(displayName: string | undefined, { name }: Profile): void {
  if (displayName === undefined || displayName === name) return;
  throw stubError('REQUEST_INVALID', 'displayName and rollcall.profile.name are the same thing and differ');
}

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
