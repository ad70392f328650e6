// The device that a request is about, as the server looks for it.
import type { EnrollmentWay } from '../../protocol/enrollment-header.js';
import { isDeviceNumber } from '../../protocol/headwind/number.js';
import type { EnrollingDevice } from '../../protocol/headwind/types.js';
import type { EnrollmentType } from '../core/admission-types.js';
import type { DeviceRecord, EnrollRequest } from '../core/types.js';
import type { AndroidContext } from './context.js';
import { factsOf, makerOf } from './facts.js';
import { memoryOf, numberOf, remember } from './memory.js';
import type { Found } from './numbers.js';
import { noting } from './refused-numbers.js';
import { formerOf } from './same-machine.js';

/** By number, the number before, IMEI or serial number. `several`: more than one device told this IMEI or serial number. */
export const lookUp = (number: string, { numbers }: Pick<AndroidContext, 'numbers'>): Found | 'several' | undefined =>
  numbers.find(number) ?? numbers.findHardware(number);

/**
 * "Create new devices": a device without a user, where that is switched on, and none of a person's was refused under this number just
 * now. Throws ENROLLMENT_REFUSED.
 */
export function createOnDemand(number: string, context: AndroidContext): Found | undefined {
  if (!mayCreateOnDemand(number, context) || !isDeviceNumber(number)) return undefined;
  return { device: begin(number, { userId: undefined }, context), by: 'number' };
}

/** Whether who says neither a user nor a configuration becomes a device. */
export const mayCreateOnDemand = (number: string, { settings, refused }: AndroidContext): boolean =>
  settings.createOnDemand && refused.get(number) === undefined;

/** Who enrolls a device, and how. */
interface Enrollee {
  readonly userId: string | undefined;
  /** As the request says, by convention. Default: by hand, or of a crowd where there is no user. */
  readonly way?: EnrollmentWay | undefined;
  /** Version of the Company Portal in which it started, by convention (E05). */
  readonly companyPortal?: string | undefined;
  /** What the device says of itself, by convention. */
  readonly told?: EnrollingDevice | undefined;
}

/** Begins an enrollment under this number. Throws ENROLLMENT_REFUSED. */
export function begin(number: string, enrollee: Enrollee, context: AndroidContext): DeviceRecord {
  const { tenant, numbers, wiped } = context;
  const { userId, companyPortal, told = {} } = enrollee;
  const { manufacturer } = told;
  const deviceId = numbers.find(number)?.device.deviceId ?? numbers.newDeviceId(number);
  const formerDeviceId = formerOf(told, number, context)?.deviceId;
  const way = wayTold(told.mdmMode, enrollee.way ?? (userId === undefined ? 'bulk' : 'user'));
  const request: EnrollRequest = {
    platform: 'android',
    deviceId,
    serial: number, // until the device tells its own, a device is known by its number, which often is that (DEVICE_ID_USE)
    ...factsOf(told),
    enrollmentType: way,
    tellsOwnerLater: enrollee.way === undefined && told.mdmMode === undefined,
    ...(userId !== undefined && { userId }),
    ...(companyPortal !== undefined && { companyPortal }),
    manufacturer: makerOf(told),
    formerDeviceId,
  };
  noting(number, userId, context, () => tenant.enroll(request));
  wiped.delete(number);
  if (deviceId !== number || manufacturer !== undefined || formerDeviceId !== undefined)
    remember(tenant, deviceId, { manufacturer, formerDeviceId, ...(deviceId !== number && { number }) });
  return put(deviceId, context);
}

/**
 * How it enrolls, by what it says of its owner, and by what was said before: a launcher that owns the device makes of a person's
 * enrollment one of the organization's, as Intune has it (E10), and one that does not, the other way round. A crowd's stays one.
 */
export const wayTold = (mdmMode: boolean | undefined, said: EnrollmentType): EnrollmentType => {
  if (mdmMode === undefined || !['user', 'fullyManaged'].includes(said)) return said;
  return mdmMode ? 'fullyManaged' : 'user';
};

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
