import type { Command } from '../../protocol/vocabulary.js';
import type {
  Commands,
  CompliancePolicies,
  Devices,
  Enrollments,
  Notifications,
  ResourceGate,
  Users,
} from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { listOf, single } from './collection.js';
import { managedDeviceEnumerations } from './device-enumerations.js';
import { managedDevices } from './device-source.js';
import { type AdminPorts, type AdminRoute, noContent, param, roles } from './graph.js';
import { actionNames, betaDeviceFields, managedDeviceFields, toBetaDevice, toManagedDevice } from './managed-device.js';

const root = '/v1.0/deviceManagement/managedDevices';
/** What the help desk may ask of a device, beside looking. */
const forHelpDesk: ReadonlySet<string> = new Set(['syncDevice', actionNames.lock]);

/** The managed devices, and what can be asked of them. An action's answer is 204: its result shows in deviceActionResults. */
export function deviceRoutes(
  ports: AdminPorts<Devices & Users & Enrollments & Commands & Notifications & ResourceGate & CompliancePolicies>,
): AdminRoute[] {
  const { tenant } = ports;
  const action = (name: string, act: (device: DeviceRecord) => void): AdminRoute => ({
    method: 'POST',
    path: `${root}/:id/${name}`,
    ...(forHelpDesk.has(name) && { who: ['administrator', 'helpDesk'] as const }),
    handle(request) {
      act(deviceOf(tenant, request));
      return noContent;
    },
  });
  const asking = (name: string, command: Command) =>
    action(name, ({ deviceId }) => {
      tenant.queue(deviceId, command, 'administrator');
    });
  const looking = (
    version: 'v1.0' | 'beta',
    toRow: typeof toManagedDevice,
    fields: ReadonlySet<string>,
  ): AdminRoute[] => [
    {
      method: 'GET',
      path: root.replace('v1.0', version),
      who: roles,
      handle: (request) =>
        listOf(
          ports,
          request,
          managedDevices(tenant),
          (device) => toRow(ports, device),
          fields,
          managedDeviceEnumerations(ports.words, version),
        ),
    },
    {
      method: 'GET',
      path: `${root.replace('v1.0', version)}/:id`,
      who: roles,
      handle: (request) => single(request, toRow(ports, deviceOf(tenant, request)), fields),
    },
  ];
  return [
    ...looking('v1.0', toManagedDevice, managedDeviceFields),
    ...looking('beta', toBetaDevice, betaDeviceFields),
    {
      method: 'DELETE',
      path: `${root}/:id`,
      handle(request) {
        tenant.unenroll(deviceOf(tenant, request).deviceId, 'deleted');
        return noContent;
      },
    },
    action('syncDevice', ({ deviceId }) => void tenant.sync(deviceId)),
    asking(actionNames.lock, { kind: 'lock' }),
    asking(actionNames['clear-passcode'], { kind: 'clear-passcode' }),
    asking(actionNames.restart, { kind: 'restart' }),
    asking(actionNames['shut-down'], { kind: 'shut-down' }),
    asking(actionNames.locate, { kind: 'locate' }),
    asking(actionNames.retire, { kind: 'retire' }),
    asking(actionNames.wipe, { kind: 'wipe' }),
  ];
}

function deviceOf(tenant: Devices, request: StubRequest): DeviceRecord {
  const id = param(request, 'id');
  const device = tenant.deviceByRecordId(id);
  if (device === undefined) throw stubError('NOT_FOUND', `No managed device has the id ${id}`);
  return device;
}
