import type { Devices, Users } from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';
import type { Source } from './collection.js';

/** The managed devices in the order of enrollment. Those whose enrollment is not complete are none yet. */
export function managedDevices(tenant: Devices & Users): Source<DeviceRecord> {
  return {
    *after(sequence) {
      for (const device of tenant.eachDevice(sequence)) if (isManaged(device)) yield placed(device);
    },
    count() {
      const { all, pending } = tenant.deviceCount();
      return all - pending;
    },
    indexed: new Set(['id', 'userId', 'userPrincipalName', 'serialNumber']),
    find(field, value) {
      switch (field) {
        case 'id':
        case 'userId':
          return tenant.findDevices(field, value).filter(isManaged).map(placed);
        case 'serialNumber':
          return tenant.findDevices('serial', value).filter(isManaged).map(placed);
        case 'userPrincipalName': {
          const user = tenant.user(value);
          // Who has this name is one at most; found by it, for an id may be spelt the same: somebody else's, or that of one who left.
          if (user !== undefined && user.upn.toLowerCase() !== value.toLowerCase()) return undefined;
          if (tenant.findDevices('userId', value).length > 0) return undefined;
          return user === undefined ? [] : tenant.findDevices('userId', user.id).filter(isManaged).map(placed);
        }
        default:
          return undefined;
      }
    },
  };
}

const isManaged = ({ status }: DeviceRecord): boolean => status !== 'pending';
const placed = (device: DeviceRecord) => [device.sequence, device] as const;
