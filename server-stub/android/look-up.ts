// The device that a request is about, as the server looks for it.
import type { EnrollmentWay } from '../../protocol/enrollment-header.js';
import { isDeviceNumber } from '../../protocol/headwind/number.js';
import type { DeviceRecord } from '../core/types.js';
import type { AndroidContext } from './context.js';
import { memoryOf, numberOf, remember } from './memory.js';
import type { Found } from './numbers.js';

/** By number, the number before, IMEI or serial number. `several`: more than one device told this IMEI or serial number. */
export const lookUp = (number: string, { numbers }: Pick<AndroidContext, 'numbers'>): Found | 'several' | undefined =>
  numbers.find(number) ?? numbers.findHardware(number);

/** "Create new devices": a device without a user, where that is switched on. Throws ENROLLMENT_REFUSED. */
export function createOnDemand(number: string, context: AndroidContext): Found | undefined {
  if (!context.settings.createOnDemand || !isDeviceNumber(number)) return undefined;
  return { device: begin(number, { userId: undefined }, context), by: 'number' };
}

/** Who enrolls a device, and how. */
interface Enrollee {
  readonly userId: string | undefined;
  /** As the request says, by convention. Default: by hand, or of a crowd where there is no user. */
  readonly way?: EnrollmentWay | undefined;
}

/** Begins an enrollment under this number. Throws ENROLLMENT_REFUSED. */
export function begin(number: string, { userId, way }: Enrollee, context: AndroidContext): DeviceRecord {
  const { tenant, numbers, wiped } = context;
  const deviceId = numbers.find(number)?.device.deviceId ?? numbers.newDeviceId(number);
  // The serial number comes with the first info: until then a device is known by its number, which often is that.
  const enrollmentType = way ?? (userId === undefined ? 'bulk' : 'user');
  const person = userId === undefined ? {} : { userId };
  tenant.enroll({ platform: 'android', deviceId, serial: deviceId, enrollmentType, ...person });
  wiped.delete(number);
  if (deviceId !== number) remember(tenant, deviceId, { number });
  return put(deviceId, context);
}

/** The device as it is now, which is found by what its memory says. */
export function put(deviceId: string, { tenant, numbers }: Pick<AndroidContext, 'tenant' | 'numbers'>): DeviceRecord {
  const device = tenant.device(deviceId);
  if (device === undefined) throw new Error(`${deviceId} has just been there`);
  numbers.put(device);
  return device;
}

/** A request came under the new number: the device has no other from now on. */
export function completeRenumbering({ device, by }: Found, context: AndroidContext): DeviceRecord {
  const { oldNumber } = memoryOf(device);
  if (by === 'old number' || oldNumber === undefined) return device;
  const { deviceId } = device;
  remember(context.tenant, deviceId, { oldNumber: undefined });
  context.broker.forget(oldNumber);
  context.log.info('RENUMBERED', { device: deviceId, from: oldNumber, to: numberOf(device) });
  return put(deviceId, context);
}
