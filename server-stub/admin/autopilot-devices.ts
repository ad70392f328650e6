// Devices that Windows Autopilot knows (E13, E14, E16), and how they are imported.
import { z } from 'zod';
import type { AutopilotDevice } from '../core/admission-types.js';
import { serialKey } from '../core/comanagement-index.js';
import type { Autopilot, Devices, Users } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import {
  betaDeviceFields,
  betaDeviceRow,
  deviceEnumerations,
  deviceFields,
  deviceRow,
  importedFields,
  importedRow,
} from './autopilot-row.js';
import { listOf, single } from './collection.js';
import type { Row } from './filter.js';
import { type AdminPorts, type AdminRoute, noContent, ok, param, readBody } from './graph.js';

const identities = '/v1.0/deviceManagement/windowsAutopilotDeviceIdentities';
const imports = '/v1.0/deviceManagement/importedWindowsAutopilotDeviceIdentities';
const mostAtOnce = 2_000;
/** With their hardware hashes of some 4 KB each. */
const bodyLimits = { maxBytes: 16 * 1024 * 1024, maxValues: mostAtOnce * 20 + 100 };
const outsideBms = 'autopilot';

const text = (most: number) => z.string().max(most).nullable().exactOptional();
const imported = z.looseObject({
  serialNumber: z.string().min(1).max(200),
  groupTag: text(512),
  /** Bytes in base64. The device is known again by its serial number; the hash itself is not kept. */
  hardwareIdentifier: text(16_384),
  assignedUserPrincipalName: text(256),
});
const importing = z.looseObject({
  importedWindowsAutopilotDeviceIdentities: z.array(imported).max(mostAtOnce),
});
const assigning = z.looseObject({ userPrincipalName: z.string().min(1).max(256) });
const changing = z.looseObject({
  groupTag: text(512),
  userPrincipalName: text(256),
  displayName: z.literal('', 'the name of a device is not set here').nullable().exactOptional(),
});

type Used = Autopilot & Users & Devices;
type Given = z.output<typeof imported>;

export function autopilotDeviceRoutes(ports: AdminPorts<Used>): AdminRoute[] {
  const { tenant, random, clock } = ports;
  /** Devices whose import was deleted; until a restart, since an import is no more than a word of what became of it. */
  const forgotten = new Set<string>();
  const importOf = (request: StubRequest): AutopilotDevice => {
    const device = deviceOf(tenant, request);
    if (forgotten.has(device.id)) throw stubError('NOT_FOUND', `No import has the id ${device.id}`);
    return device;
  };
  const looking = (
    path: string,
    toRow: (device: AutopilotDevice) => Row,
    fields: ReadonlySet<string>,
  ): AdminRoute[] => [
    {
      method: 'GET',
      path,
      outsideBms,
      handle: (request) => listOf(ports, request, tenant.autopilotDevices(), toRow, fields, deviceEnumerations),
    },
    {
      method: 'GET',
      path: `${path}/:id`,
      outsideBms,
      handle: (request) => single(request, toRow(deviceOf(tenant, request)), fields),
    },
  ];
  /** All of them, or none. A device that is known already keeps its id and what the import does not say. */
  const put = (all: readonly Given[]): readonly AutopilotDevice[] => {
    const taken = new Map<string, AutopilotDevice>();
    const devices = all.map(({ serialNumber: serial, groupTag, assignedUserPrincipalName: upn }) => {
      const known = taken.get(serialKey(serial)) ?? tenant.findAutopilotDevice(serial);
      const device: AutopilotDevice = {
        ...(known ?? { id: random.uuid().toLowerCase(), serial, createdAt: clock.now() }),
        ...(groupTag ? { groupTag } : {}),
        ...(upn ? { userId: userId(tenant, upn) } : {}),
      };
      taken.set(serialKey(serial), device);
      return device;
    });
    tenant.putAutopilotDevices([...taken.values()]);
    for (const { id } of devices) forgotten.delete(id);
    return devices;
  };
  const action = (
    name: string,
    act: (device: AutopilotDevice, request: StubRequest) => AutopilotDevice,
  ): AdminRoute => ({
    method: 'POST',
    path: `${identities}/:id/${name}`,
    outsideBms,
    handle(request) {
      tenant.putAutopilotDevice(act(deviceOf(tenant, request), request));
      return noContent;
    },
  });
  return [
    ...looking(identities, (each) => deviceRow(ports, each), deviceFields),
    ...looking(identities.replace('v1.0', 'beta'), (each) => betaDeviceRow(ports, each), betaDeviceFields),
    {
      method: 'GET',
      path: imports,
      outsideBms,
      handle: (request) =>
        listOf(
          ports,
          request,
          tenant.autopilotDevices().filter(({ id }) => !forgotten.has(id)),
          (each) => importedRow(ports, each),
          importedFields,
          deviceEnumerations,
        ),
    },
    {
      method: 'GET',
      path: `${imports}/:id`,
      outsideBms,
      handle: (request) => single(request, importedRow(ports, importOf(request)), importedFields),
    },
    {
      method: 'POST',
      path: imports,
      outsideBms,
      handle(request) {
        const [device] = put([readBody(imported, request)]).map((each) => importedRow(ports, each));
        return ok(device, 201);
      },
    },
    {
      method: 'POST',
      path: `${imports}/import`,
      maxBytes: bodyLimits.maxBytes,
      activity: 'import importedWindowsAutopilotDeviceIdentities',
      outsideBms,
      handle(request) {
        const { importedWindowsAutopilotDeviceIdentities: all } = readBody(importing, request, bodyLimits);
        return ok({ value: put(all).map((each) => importedRow(ports, each)) });
      },
    },
    {
      // The import is forgotten, as scripts do with it once it is complete; the device stays.
      method: 'DELETE',
      path: `${imports}/:id`,
      outsideBms,
      handle(request) {
        forgotten.add(importOf(request).id);
        return noContent;
      },
    },
    {
      method: 'DELETE',
      path: `${identities}/:id`,
      outsideBms,
      handle(request) {
        tenant.removeAutopilotDevice(deviceOf(tenant, request).id);
        return noContent;
      },
    },
    action('assignUserToDevice', (device, request) => ({
      ...device,
      userId: userId(tenant, readBody(assigning, request).userPrincipalName),
    })),
    action('unassignUserFromDevice', ({ userId: _, ...device }) => device),
    action('updateDeviceProperties', (device, request) => {
      const { groupTag, userPrincipalName: upn } = readBody(changing, request);
      return {
        ...device,
        ...(groupTag === undefined ? {} : { groupTag: groupTag ?? '' }),
        ...(upn ? { userId: userId(tenant, upn) } : {}),
      };
    }),
  ];
}

function userId(tenant: Users, upn: string): string {
  const user = tenant.user(upn);
  if (user === undefined) throw stubError('REQUEST_INVALID', `No user is called ${upn}`);
  return user.id;
}

export function deviceOf(tenant: Autopilot, request: StubRequest): AutopilotDevice {
  const id = param(request, 'id');
  const device = tenant.autopilotDevice(id);
  if (device === undefined) throw stubError('NOT_FOUND', `No Autopilot device has the id ${id}`);
  return device;
}
