// For which devices an Autopilot deployment profile is (E14): Graph's windowsAutopilotDeploymentProfileAssignment, which beta alone has.
import { z } from 'zod';
import type { AutopilotProfile } from '../core/admission-types.js';
import type { Autopilot, Groups } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { assignmentFields } from './assignments.js';
import { profilesRoot } from './autopilot-row.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, readBody } from './graph.js';

const outsideBms = 'autopilot';
const allDevices = '#microsoft.graph.allDevicesAssignmentTarget';
const group = '#microsoft.graph.groupAssignmentTarget';
const assigning = z.looseObject({
  target: z.discriminatedUnion('@odata.type', [
    z.looseObject({ '@odata.type': z.literal(allDevices) }),
    z.looseObject({ '@odata.type': z.literal(group), groupId: z.string().min(1).max(200) }),
  ]),
});

/**
 * `POST …/{id}/assignments {"target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"}}` -> 201. A group has the devices
 * whose group tag is its name (convention: see `assignedProfile` of the core).
 */
export function autopilotAssignmentRoutes(ports: AdminPorts<Autopilot & Groups>): AdminRoute[] {
  const { tenant } = ports;
  const path = `${profilesRoot}/:id/assignments`;
  const rowOf = (request: StubRequest): Row => {
    const found = rowsOf(profileOf(tenant, request)).find(({ id }) => id === param(request, 'assignment'));
    if (found === undefined) throw stubError('NOT_FOUND', `No assignment has the id ${param(request, 'assignment')}`);
    return found;
  };
  const fields = new Set([...assignmentFields, 'source', 'sourceId']);
  return [
    {
      method: 'GET',
      path,
      outsideBms,
      handle: (request) => listOf(ports, request, rowsOf(profileOf(tenant, request)), (row) => row, fields),
    },
    {
      method: 'POST',
      path,
      outsideBms,
      handle(request) {
        const profile = profileOf(tenant, request);
        const { target } = readBody(assigning, request);
        const groups = profile.groups ?? [];
        const isForAll = target['@odata.type'] === allDevices;
        const added = isForAll ? undefined : target.groupId;
        tenant.putAutopilotProfile({
          ...profile,
          ...(isForAll && { allDevices: true }),
          ...(added !== undefined && { groups: [...groups.filter((each) => each !== added), added] }),
        });
        return ok(rowFor(profile.id, added), 201);
      },
    },
    {
      method: 'GET',
      path: `${path}/:assignment`,
      outsideBms,
      handle: (request) => single(request, rowOf(request), fields),
    },
    {
      method: 'DELETE',
      path: `${path}/:assignment`,
      outsideBms,
      handle(request) {
        const { id } = rowOf(request);
        const { allDevices: isForAll, groups = [], ...profile } = profileOf(tenant, request);
        const left = groups.filter((each) => rowFor(profile.id, each).id !== id);
        tenant.putAutopilotProfile({
          ...profile,
          ...(isForAll === true && rowFor(profile.id).id !== id && { allDevices: true }),
          ...(left.length > 0 && { groups: left }),
        });
        return noContent;
      },
    },
  ];
}

const rowsOf = ({ id, allDevices: isForAll = false, groups = [] }: AutopilotProfile): readonly Row[] => [
  ...(isForAll ? [rowFor(id)] : []),
  ...groups.map((each) => rowFor(id, each)),
];

/** `groupId`: none where it is for all devices. */
const rowFor = (id: string, groupId?: string) => ({
  '@odata.type': '#microsoft.graph.windowsAutopilotDeploymentProfileAssignment',
  id: `${id}_${groupId ?? 'allDevices'}`,
  source: 'direct',
  sourceId: id,
  target: groupId === undefined ? { '@odata.type': allDevices } : { '@odata.type': group, groupId },
});

export function profileOf(tenant: Pick<Autopilot, 'autopilotProfile'>, request: StubRequest): AutopilotProfile {
  const id = param(request, 'id');
  const profile = tenant.autopilotProfile(id);
  if (profile === undefined) throw stubError('NOT_FOUND', `No Autopilot deployment profile has the id ${id}`);
  return profile;
}
