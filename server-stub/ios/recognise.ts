// What a request is of, for the faults of the wire.
import { isRollcallError } from '../../base/errors.js';
import { decodeCheckin } from '../../protocol/apple-mdm/check-in.js';
import { enrollmentKey } from '../../protocol/apple-mdm/fields.js';
import { contentTypes } from '../../protocol/apple-mdm/http-errors.js';
import { decodeResult } from '../../protocol/apple-mdm/result.js';
import type { About, Operation } from '../faults/faults.js';
import type { StubRequest } from '../http-types.js';

const ofMessage: Readonly<Record<string, Operation>> = {
  Authenticate: 'enroll',
  TokenUpdate: 'enroll',
  CheckOut: 'checkOut',
};

/** A message that cannot be read is of nobody. */
export function recognise(request: StubRequest): About {
  const { path, headers, body } = request;
  if (path === '/enroll/ios') return { operation: 'enroll' };
  if (path !== '/checkin' && path !== '/mdm') return { operation: 'file' };
  try {
    if (path === '/checkin' || headers['content-type']?.startsWith(contentTypes.checkin) === true) {
      const message = decodeCheckin(body);
      return { deviceId: enrollmentKey(message), operation: ofMessage[message.MessageType] ?? 'session' };
    }
    const { udid, enrollmentId } = decodeResult(body);
    return { deviceId: enrollmentKey({ UDID: udid, EnrollmentID: enrollmentId }), operation: 'session' };
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return { operation: 'session' };
  }
}
