// Deployment profiles of Windows Autopilot (E14, E15), which beta alone has.
import { z } from 'zod';
import type { Autopilot, Devices, Users } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import { profileOf } from './autopilot-assignments.js';
import { deviceOf } from './autopilot-devices.js';
import {
  betaDeviceFields,
  betaDeviceRow,
  deviceEnumerations,
  profileFields,
  profileRow,
  profileSchema,
  readProfile,
  profilesRoot as root,
} from './autopilot-row.js';
import { listOf, single } from './collection.js';
import { type AdminPorts, type AdminRoute, noContent, ok, readBody } from './graph.js';

const outsideBms = 'autopilot';
/** Graph's `assign`: to devices. */
const assigning = z.looseObject({ deviceIds: z.array(z.string().min(1).max(200)).min(1).max(10_000) });

export function autopilotProfileRoutes(ports: AdminPorts<Autopilot & Users & Devices>): AdminRoute[] {
  const { tenant, random } = ports;
  return [
    {
      method: 'GET',
      path: root,
      outsideBms,
      handle: (request) => listOf(ports, request, tenant.autopilotProfiles(), profileRow, profileFields),
    },
    {
      method: 'POST',
      path: root,
      outsideBms,
      handle(request) {
        const made = readProfile(readBody(profileSchema, request), { id: random.uuid().toLowerCase() });
        tenant.putAutopilotProfile(made);
        return ok(profileRow(made), 201);
      },
    },
    {
      method: 'GET',
      path: `${root}/:id`,
      outsideBms,
      handle: (request) => single(request, profileRow(profileOf(tenant, request)), profileFields),
    },
    {
      method: 'PATCH',
      path: `${root}/:id`,
      outsideBms,
      handle(request) {
        const changed = readProfile(readBody(profileSchema, request), profileOf(tenant, request));
        tenant.putAutopilotProfile(changed);
        return ok(profileRow(changed));
      },
    },
    {
      method: 'DELETE',
      path: `${root}/:id`,
      outsideBms,
      handle(request) {
        tenant.removeAutopilotProfile(profileOf(tenant, request).id);
        return noContent;
      },
    },
    {
      method: 'POST',
      path: `${root}/:id/assign`,
      outsideBms,
      handle(request) {
        const { id: profileId } = profileOf(tenant, request);
        const devices = readBody(assigning, request).deviceIds.map((id) => {
          const device = tenant.autopilotDevice(id);
          if (device === undefined) throw stubError('REQUEST_INVALID', `No Autopilot device has the id ${id}`);
          return device;
        });
        for (const device of devices) tenant.putAutopilotDevice({ ...device, profileId });
        return noContent;
      },
    },
    {
      method: 'GET',
      path: `${root}/:id/assignedDevices`,
      outsideBms,
      handle(request) {
        const { id } = profileOf(tenant, request);
        const assigned = tenant.autopilotDevices().filter((device) => tenant.autopilotProfileOf(device)?.id === id);
        return listOf(
          ports,
          request,
          assigned,
          (device) => betaDeviceRow(ports, device),
          betaDeviceFields,
          deviceEnumerations,
        );
      },
    },
    {
      // Graph has no word for it: there an assignment ends with that of a group. Those of its group and of all devices stay.
      method: 'DELETE',
      path: '/stub/v1/autopilotDevices/:id/deploymentProfile',
      outsideBms,
      handle(request) {
        const { profileId: _, ...device } = deviceOf(tenant, request);
        tenant.putAutopilotDevice(device);
        return noContent;
      },
    },
  ];
}
