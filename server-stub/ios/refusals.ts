// The one place that turns a failure into an answer of the Apple endpoints, and logs it (specs/apple.md §1.6, table).
import { isRollcallError, type RollcallError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { contentTypes, errorCodes, writeErrorResponse } from '../../protocol/apple-mdm/http-errors.js';
import type { EnrollmentRefusal } from '../../protocol/vocabulary.js';
import { problem } from '../http.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import { retryAfterSeconds } from '../key-maker.js';

/** Runs a handler; what it throws as ours becomes the protocol's own refusal, anything else is a bug and goes on. */
export function refusing(log: Log, handle: (request: StubRequest) => StubAnswer | Promise<StubAnswer>) {
  return async (request: StubRequest): Promise<StubAnswer> => {
    try {
      return await handle(request);
    } catch (error) {
      const answer = isRollcallError(error) ? refusalOf(error) : undefined;
      if (answer === undefined || !isRollcallError(error)) throw error;
      const refusal = readRefusal(error);
      log.warn(error.code, {
        path: request.path,
        status: answer.status,
        reason: error.message,
        remote: request.remote,
        ...(refusal && { failure: refusal.code }),
      });
      return answer;
    }
  };
}

function refusalOf(error: RollcallError): StubAnswer | undefined {
  switch (error.code) {
    case 'ENROLLMENT_REFUSED':
      return enrollmentRefused(error);
    case 'DEVICE_UNKNOWN':
      return unrecognized(error.message);
    case 'CHECKIN_UNAVAILABLE':
      return problem(503, error.code, error.message); // A11: the device keeps its enrollment and tries again
    case 'STUB_BUSY': {
      const answer = problem(503, error.code, error.message);
      return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
    }
    case 'UNAUTHORIZED':
      return {
        ...problem(401, error.code, error.message),
        headers: { 'content-type': contentTypes.json, 'www-authenticate': 'Basic realm="Rollcall", charset="UTF-8"' },
      };
    case 'NOT_FOUND':
      return problem(404, error.code, error.message);
    case 'DEVICE_IDENTITY':
      // M2: 403 without Apple's document is no reason to leave. What somebody else sends is none of it: 400.
      return problem(error.details['standing'] === 'expired' ? 403 : 400, error.code, error.message);
    case 'MESSAGE_REFUSED':
    case 'REQUEST_INVALID':
    case 'PLIST_MALFORMED':
    case 'PLIST_LIMIT':
    case 'MDM_MALFORMED':
    case 'DDM_MALFORMED':
      return problem(400, error.code, error.message);
    default:
      return undefined;
  }
}

/** 403 that makes a device leave management (iOS 17 and later). */
function unrecognized(description: string): StubAnswer {
  const { contentType, body } = writeErrorResponse({
    code: errorCodes.unrecognizedDevice,
    description,
    message: 'This device is not managed here any more.',
  });
  return { status: 403, headers: { 'content-type': contentType }, body };
}

/** 403 with one of the failures E01 to E20, for the person at the device. */
function enrollmentRefused(error: RollcallError): StubAnswer {
  const body = JSON.stringify({ ...readRefusal(error), message: error.message });
  return { status: 403, headers: { 'content-type': contentTypes.json }, body };
}

function readRefusal({ details }: RollcallError): EnrollmentRefusal | undefined {
  const refusal = details['refusal'];
  return typeof refusal === 'object' && refusal !== null && 'code' in refusal
    ? (refusal as EnrollmentRefusal)
    : undefined;
}
