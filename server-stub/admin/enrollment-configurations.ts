// Enrollment restrictions (E07 to E11, E17, E19): Graph's deviceEnrollmentConfigurations.
import { z } from 'zod';
import type { EnrollmentRestriction, LimitRestriction, PlatformRestrictions } from '../core/admission-types.js';
import type { Groups, Organization, Restrictions } from '../core/interfaces.js';
import { defaultRestrictionId } from '../core/restriction-index.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import {
  configurationEnumerations,
  configurationFields,
  configurationRow,
  defaultIds,
  type GraphVersion,
  limitType,
  platformsType,
  readLimit,
  readPlatforms,
} from './enrollment-configuration-row.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, readBody } from './graph.js';

/** The type of the Intune console for one platform alone, of which each has priorities of its own: not emulated. */
const ofOnePlatform = '#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration';
const typeWord = z.enum([limitType, platformsType], {
  error: ({ input }) =>
    input === ofOnePlatform
      ? `restrictions of one platform alone are not emulated: expected ${platformsType}, which has a property for each`
      : `expected ${limitType} or ${platformsType}`,
});
const typed = z.looseObject({ '@odata.type': typeWord });
const changing = z.looseObject({
  '@odata.type': typeWord.exactOptional(),
  priority: z.number().int().exactOptional(),
});
const groupTarget = '#microsoft.graph.groupAssignmentTarget';
const assigning = z.strictObject({
  enrollmentConfigurationAssignments: z
    .array(
      z.looseObject({
        target: z.looseObject({
          '@odata.type': z.literal(groupTarget, `restrictions are for groups: expected ${groupTarget}`),
          groupId: z.string().min(1).max(200),
        }),
      }),
    )
    .max(1000),
});
const placing = z.strictObject({ priority: z.number().int() });
const assignmentFields: ReadonlySet<string> = new Set(['@odata.type', 'id', 'target']);

type Used = Restrictions & Organization & Groups;

/** Under /v1.0 and /beta. The two defaults are there always; of their kind the new one comes behind those that are there. */
export const enrollmentConfigurationRoutes = (ports: AdminPorts<Used>): AdminRoute[] => [
  ...routesOf(ports, 'v1.0'),
  ...routesOf(ports, 'beta'),
];

function routesOf(ports: AdminPorts<Used>, of: GraphVersion): AdminRoute[] {
  const { tenant, random, words } = ports;
  const root = `/${of}/deviceManagement/deviceEnrollmentConfigurations`;
  const fields = configurationFields(words, of);
  const toRow = (restriction: EnrollmentRestriction) =>
    configurationRow(restriction, { id: graphId(tenant, restriction), words, of });
  /** The limit is part of Basic Mobility and Security (B7). */
  const outsideBms = (request: StubRequest) =>
    restrictionOf(tenant, request).kind === 'platforms' ? 'platformRestrictions' : undefined;
  return [
    {
      method: 'GET',
      path: root,
      handle: (request) => listOf(ports, request, listed(tenant), toRow, fields, configurationEnumerations),
    },
    {
      method: 'POST',
      path: root,
      outsideBms: (request) =>
        readBody(typed, request)['@odata.type'] === platformsType ? 'platformRestrictions' : undefined,
      handle(request) {
        const body = readBody(typed, request);
        const made = { id: random.uuid().toLowerCase(), displayName: '', priority: 1, groups: [] };
        return ok(
          toRow(
            tenant.putRestriction(
              body['@odata.type'] === limitType
                ? readLimit(body, { ...made, kind: 'limit', limit: tenant.settings.deviceLimitPerUser })
                : readPlatforms(body, { ...made, kind: 'platforms', platforms: {} }, words, of),
            ),
          ),
          201,
        );
      },
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      outsideBms,
      handle: (request) => single(request, toRow(restrictionOf(tenant, request)), fields),
    },
    {
      method: 'PATCH',
      path: `${root}/:id`,
      outsideBms,
      handle(request, by) {
        const before = restrictionOf(tenant, request);
        const body = readBody(changing, request);
        const { '@odata.type': type = typeOf(before), priority = before.priority } = body;
        if (type !== typeOf(before)) throw wrong(`it is a ${typeOf(before)}`);
        if (priority !== before.priority) throw wrong('its priority is changed by POST .../setPriority');
        if (before.kind === 'platforms') {
          return ok(toRow(tenant.putRestriction(readPlatforms(body, before, words, of))));
        }
        const changed = readLimit(body, before);
        if (before.priority > 0) return ok(toRow(tenant.putRestriction(changed)));
        if (changed.displayName !== before.displayName || changed.description !== before.description) {
          throw wrong('of the default only the limit is changed');
        }
        tenant.setEnrollmentSettings({ deviceLimitPerUser: changed.limit }, by);
        return ok(toRow(defaultLimit(tenant)));
      },
    },
    {
      method: 'DELETE',
      path: `${root}/:id`,
      outsideBms,
      handle(request) {
        const { id, priority } = restrictionOf(tenant, request);
        if (priority === 0) throw wrong('the default stays: set it to restrict nothing');
        tenant.removeRestriction(id);
        return noContent;
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/assign`,
      outsideBms,
      handle(request) {
        const restriction = restrictionOf(tenant, request);
        if (restriction.priority === 0) throw wrong('the default is for everybody');
        const { enrollmentConfigurationAssignments: assignments } = readBody(assigning, request);
        const groups = [...new Set(assignments.map(({ target }) => target.groupId))];
        tenant.putRestriction({ ...restriction, groups });
        return noContent;
      },
    },
    {
      method: 'GET',
      path: `${root}/:id/assignments`,
      outsideBms,
      handle(request) {
        const { id, groups } = restrictionOf(tenant, request);
        return listOf(ports, request, groups, (group) => assignmentRow(id, group), assignmentFields);
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/setPriority`,
      outsideBms,
      handle(request) {
        const { id } = restrictionOf(tenant, request);
        tenant.setRestrictionPriority(id, readBody(placing, request).priority);
        return noContent;
      },
    },
  ];
}

const assignmentRow = (id: string, groupId: string) => ({
  '@odata.type': '#microsoft.graph.enrollmentConfigurationAssignment',
  id: `${id}_${groupId}`,
  target: { '@odata.type': groupTarget, groupId },
});

const typeOf = ({ kind }: EnrollmentRestriction) => (kind === 'limit' ? limitType : platformsType);

/** The setting `deviceLimitPerUser`, as Graph has it. */
const defaultLimit = ({ settings }: Organization): LimitRestriction => ({
  id: '',
  kind: 'limit',
  displayName: 'All users and all devices',
  priority: 0,
  groups: [],
  limit: settings.deviceLimitPerUser,
});

/** Under BMS alone there are limits alone (B7). */
function listed(tenant: Used): readonly EnrollmentRestriction[] {
  const all = [defaultLimit(tenant), ...tenant.restrictions()];
  return tenant.authority === 'office365' ? all.filter(({ kind }) => kind === 'limit') : all;
}

function graphId({ id: tenantId }: Organization, { id, kind, priority }: EnrollmentRestriction): string {
  const ids = defaultIds(tenantId);
  return priority > 0 ? id : kind === 'limit' ? ids.limit : ids.platforms;
}

function restrictionOf(tenant: Used, request: StubRequest): LimitRestriction | PlatformRestrictions {
  const id = param(request, 'id');
  const ids = defaultIds(tenant.id);
  if (id === ids.limit) return defaultLimit(tenant);
  const found = tenant.restriction(id === ids.platforms ? defaultRestrictionId : id);
  if (found === undefined || graphId(tenant, found) !== id) {
    throw stubError('NOT_FOUND', `No enrollment configuration has the id ${id}`);
  }
  return found;
}

const wrong = (why: string) => stubError('REQUEST_INVALID', `This enrollment configuration cannot be taken: ${why}`);
