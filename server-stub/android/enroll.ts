// POST sync/configuration: a device that holds no configuration, as the server takes it in (specs/android.md §1.3).
import { companyPortalOf, enrollmentHeader, enrollmentWay } from '../../protocol/enrollment-header.js';
import { readEnrollment } from '../../protocol/headwind/enrollment.js';
import { isDeviceNumber } from '../../protocol/headwind/number.js';
import type { EnrollingDevice, EnrollmentRequest } from '../../protocol/headwind/types.js';
import { stubError } from '../errors.js';
import type { StubRequest } from '../http-types.js';
import { type AndroidContext, configurationId } from './context.js';
import { begin, lookUp, mayCreateOnDemand, put } from './look-up.js';
import { memoryOf, numberOf, remember } from './memory.js';
import type { Found } from './numbers.js';
import { formerOf } from './same-machine.js';

/**
 * A device that is known begins anew: it holds nothing of what it was given. One that is not known is created where the request
 * names the configuration, or "Create new devices" is on. By convention a group of the request stands for the user.
 *
 * Throws ENROLLMENT_REFUSED, HEADWIND_MALFORMED, REQUEST_INVALID.
 */
export function enroll(
  number: string,
  request: StubRequest,
  context: AndroidContext,
): Found | 'several' | 'duplicate' | undefined {
  const { settings } = context;
  const asked = readEnrollment(request.body);
  const said = {
    way: enrollmentWay(request.headers[enrollmentHeader.toLowerCase()], ['user', 'bulk', 'workProfile']),
    companyPortal: companyPortalOf(request.headers),
    told: asked?.device,
  };
  const found = lookUp(number, context);
  if (found === 'several') return found;
  if (found !== undefined) {
    const { device, by } = found;
    const hasEnrolled =
      memoryOf(device).lastInfoAt !== undefined || isEnrolledElsewhere(numberOf(device), said, context);
    if (settings.preventDuplicate && hasEnrolled) return 'duplicate';
    const userId = userOf(asked, context) ?? device.userId;
    const { oldNumber } = memoryOf(device);
    const again = begin(numberOf(device), { userId, ...said }, context);
    if (by !== 'old number') return { device: again, by };
    remember(context.tenant, again.deviceId, { oldNumber }); // the renumbering goes on
    return { device: put(again.deviceId, context), by };
  }
  if (asked === undefined)
    throw stubError('MESSAGE_REFUSED', 'an unknown device says nothing of how it is to be created');
  const userId = userOf(asked, context);
  if (!isDeviceNumber(number) || !mayCreate(number, userId, asked, context)) return undefined;
  if (settings.preventDuplicate && isEnrolledElsewhere(number, said, context)) return 'duplicate';
  return { device: begin(number, { userId, ...said }, context), by: 'number' };
}

/** The same machine has enrolled under another number. */
const isEnrolledElsewhere = (
  number: string,
  { told }: { readonly told: EnrollingDevice | undefined },
  context: AndroidContext,
): boolean => told !== undefined && formerOf(told, number, context) !== undefined;

/** The configuration must be ours, or none where that is enough. */
function mayCreate(
  number: string,
  userId: string | undefined,
  { configuration }: EnrollmentRequest,
  context: AndroidContext,
): boolean {
  if (configuration === null)
    return userId === undefined ? mayCreateOnDemand(number, context) : context.settings.createOnDemand;
  return /^[-+]?\d{1,10}$/.test(configuration) && Number(configuration) === configurationId;
}

/** Id of the user, or a name that is nobody's, which the core refuses (E02); undefined: no group stands for anybody. */
function userOf(asked: EnrollmentRequest | undefined, { groups }: AndroidContext): string | undefined {
  for (const group of asked?.groups ?? []) {
    const found = groups.find(group);
    if (found !== undefined) return found.user?.id ?? found.name;
  }
  return undefined;
}
