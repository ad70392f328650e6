// The portal of each authority (A27): the devices that report to it.

import type { Commands, CompliancePolicies, Devices, ResourceGate, Users } from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';
import { stubError } from '../errors.js';
import { listOf, type Source } from './collection.js';
import { managedDeviceEnumerations } from './device-enumerations.js';
import { managedDevices } from './device-source.js';
import { type AdminPorts, type AdminRoute, param } from './graph.js';
import { managedDeviceFields, toManagedDevice } from './managed-device.js';

const portals = ['intune', 'office365'] as const;

export function portalRoutes(
  ports: AdminPorts<Devices & Users & Commands & ResourceGate & CompliancePolicies>,
): AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/stub/v1/portals/:authority/devices',
      who: ['administrator', 'helpDesk', 'reader'],
      handle(request) {
        const name = param(request, 'authority');
        const authority = portals.find((portal) => portal === name);
        if (authority === undefined)
          throw stubError('NOT_FOUND', `There is no portal ${name}, only ${portals.join(' and ')}`);
        const reporting = ({ managedBy }: DeviceRecord): boolean => managedBy === authority;
        return listOf(
          ports,
          request,
          only(managedDevices(ports.tenant), reporting),
          (device) => toManagedDevice(ports, device),
          managedDeviceFields,
          managedDeviceEnumerations(ports.words),
        );
      },
    },
  ];
}

/** Those of a source of which this is so. */
const only = <T>(source: Source<T>, isSo: (item: T) => boolean): Source<T> => ({
  *after(position) {
    for (const [at, item] of source.after(position)) if (isSo(item)) yield [at, item];
  },
  count() {
    let count = 0;
    for (const [, item] of source.after()) if (isSo(item)) count++;
    return count;
  },
  indexed: source.indexed,
  find(field, value) {
    const found = source.find(field, value);
    return found === undefined ? undefined : [...found].filter(([, item]) => isSo(item));
  },
});
