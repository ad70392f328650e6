// Devices of the directory: every managed device is one (by convention), for as long as it is managed.
import type { CompliancePolicies, Devices, Users } from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import { listOf, type Source, single } from './collection.js';
import { directoryEnumerations } from './device-enumerations.js';
import { managedDevices } from './device-source.js';
import { directoryFields, directoryId, toDirectoryDevice } from './directory-device.js';
import { type AdminPorts, type AdminRoute, param, roles } from './graph.js';

const root = '/v1.0/devices';

export function directoryRoutes(ports: AdminPorts<Devices & Users & CompliancePolicies>): AdminRoute[] {
  const { tenant } = ports;
  const one = (which: 'objectId' | 'deviceId', path: string): AdminRoute => ({
    method: 'GET',
    path,
    who: roles,
    handle(request) {
      const id = param(request, 'id');
      const [found] = devicesBy(tenant, which, id);
      if (found === undefined) throw stubError('NOT_FOUND', `No device of the directory has the ${which} ${id}`);
      return single(request, toDirectoryDevice(ports, found), directoryFields);
    },
  });
  return [
    {
      method: 'GET',
      path: root,
      who: roles,
      handle: (request) =>
        listOf(
          ports,
          request,
          sourceOf(tenant),
          (device) => toDirectoryDevice(ports, device),
          directoryFields,
          directoryEnumerations(ports.words),
        ),
    },
    one('objectId', `${root}/:id`),
    one('deviceId', `${root}(deviceId=':id')`),
  ];
}

const devicesBy = (tenant: Devices, which: 'objectId' | 'deviceId', id: string): readonly DeviceRecord[] =>
  tenant.findDevices('id', directoryId(which, id)).filter(({ status }) => status !== 'pending');

function sourceOf(tenant: Devices & Users): Source<DeviceRecord> {
  return {
    ...managedDevices(tenant),
    indexed: new Set(['id', 'deviceId']),
    find(field, value) {
      if (field !== 'id' && field !== 'deviceId') return undefined;
      const found = devicesBy(tenant, field === 'id' ? 'objectId' : 'deviceId', value);
      return found.map((device) => [device.sequence, device] as const);
    },
  };
}
