// The one place that turns a failure at the enrollment services into a SOAP fault, and logs it (specs/windows.md §1.6).
import { isRollcallError, type RollcallError } from '../../base/errors.js';
import { readEnvelope, soapContentType } from '../../protocol/soap/envelope.js';
import { writeFault } from '../../protocol/soap/fault.js';
import type { EnrollmentRefusal } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import type { StubAnswer, StubRequest } from '../http-types.js';
import type { WindowsContext } from './context.js';
import { guidOf } from './guid.js';
import { plainFault } from './quirks.js';

/** Subcode, and the ErrorType of the detail: what a device makes its HRESULT of. */
interface FaultWords {
  readonly subcode:
    | 'MessageFormat'
    | 'Authentication'
    | 'Authorization'
    | 'CertificateRequest'
    | 'EnrollmentServer'
    | 'InvalidSecurity';
  readonly errorType?:
    | 'DeviceCapReached'
    | 'DeviceNotSupported'
    | 'NotSupported'
    | 'NotEligibleToRenew'
    | 'InMaintenance'
    | 'UserLicense'
    | 'InvalidEnrollmentData';
}

/** The failures E02 to E20 by the table of specs/authority.md; an unknown user (E02) is told as a wrong password is. */
const faultOfRefusal: Readonly<Record<string, FaultWords>> = {
  E02: { subcode: 'Authorization', errorType: 'UserLicense' },
  E03: { subcode: 'Authorization' },
  E04: { subcode: 'Authorization', errorType: 'NotSupported' },
  E05: { subcode: 'Authorization' },
  E06: { subcode: 'Authorization', errorType: 'DeviceNotSupported' },
  E07: { subcode: 'Authorization' },
  E08: { subcode: 'Authorization', errorType: 'DeviceNotSupported' },
  E09: { subcode: 'Authorization', errorType: 'DeviceNotSupported' },
  E10: { subcode: 'Authorization', errorType: 'DeviceNotSupported' }, // as Intune says it of a personal PC (seen)
  E11: { subcode: 'Authorization', errorType: 'DeviceNotSupported' },
  E12: { subcode: 'Authentication' },
  E13: { subcode: 'Authorization', errorType: 'InvalidEnrollmentData' },
  E14: { subcode: 'Authorization', errorType: 'InvalidEnrollmentData' },
  E15: { subcode: 'Authorization', errorType: 'InvalidEnrollmentData' },
  E16: { subcode: 'Authorization', errorType: 'InvalidEnrollmentData' },
  E17: { subcode: 'Authorization', errorType: 'DeviceCapReached' },
  E18: { subcode: 'Authorization', errorType: 'NotSupported' },
  E19: { subcode: 'Authorization', errorType: 'DeviceNotSupported' },
  E20: { subcode: 'Authorization', errorType: 'NotSupported' },
};

const faultOfCode: Readonly<Record<string, FaultWords>> = {
  UNAUTHORIZED: { subcode: 'Authentication' },
  DEVICE_IDENTITY: { subcode: 'InvalidSecurity' },
  DEVICE_UNKNOWN: { subcode: 'Authorization', errorType: 'NotEligibleToRenew' },
  STUB_BUSY: { subcode: 'EnrollmentServer', errorType: 'InMaintenance' },
  MESSAGE_REFUSED: { subcode: 'MessageFormat' },
  REQUEST_INVALID: { subcode: 'MessageFormat' },
  XML_MALFORMED: { subcode: 'MessageFormat' },
  XML_LIMIT: { subcode: 'MessageFormat' },
  SOAP_MALFORMED: { subcode: 'MessageFormat' },
  MDE_MALFORMED: { subcode: 'MessageFormat' },
  DER_MALFORMED: { subcode: 'CertificateRequest' },
  X509_MALFORMED: { subcode: 'CertificateRequest' },
  CMS_MALFORMED: { subcode: 'CertificateRequest' },
  CMS_SIGNATURE: { subcode: 'CertificateRequest' },
};

/** A refusal that brings its own words: what is asked for cannot be given. */
export const refuseWith = (words: FaultWords, message: string) =>
  stubError('MESSAGE_REFUSED', message, { details: { words } });

/** Runs a SOAP handler; what it throws as ours becomes a fault, anything else is a bug and goes on. */
export function faulting(
  { log, random, settings }: Pick<WindowsContext, 'log' | 'random' | 'settings'>,
  handle: (request: StubRequest) => StubAnswer | Promise<StubAnswer>,
) {
  return async (request: StubRequest): Promise<StubAnswer> => {
    try {
      return await handle(request);
    } catch (error) {
      const words = isRollcallError(error) ? wordsOf(error) : undefined;
      if (words === undefined || !isRollcallError(error)) throw error;
      const refusal = readRefusal(error);
      const traceId = guidOf(random(16).toString('hex')).toLowerCase(); // a GUID, as Intune's (seen)
      const { path, remote } = request;
      const reason = error.message;
      log.warn(error.code, { path, ...words, reason, remote, traceId, ...(refusal && { failure: refusal.code }) });
      const written = fault(request, words, refusal === undefined ? reason : toldOf(refusal), traceId);
      return soapAnswer(settings.quirks ? Buffer.from(plainFault(written.toString('utf8')), 'utf8') : written);
    }
  };
}

/** With status 200, as all open servers answer, and not 500 as SOAP has it: what the fault says decides. */
function fault(request: StubRequest, words: FaultWords, message: string, traceId: string): Buffer {
  const relatesTo = messageIdOf(request.body);
  return writeFault({
    subcode: words.subcode,
    reason: message,
    detail: { ...(words.errorType !== undefined && { errorType: words.errorType }), message, traceId },
    ...(relatesTo !== undefined && { relatesTo }),
  });
}

export const soapAnswer = (body: Uint8Array): StubAnswer => ({
  status: 200,
  headers: { 'content-type': soapContentType, 'cache-control': 'no-store' },
  body,
});

/** What the person at the device is to read. */
const toldOf = ({ code, failureReason, remedies }: EnrollmentRefusal): string =>
  `${code}: ${failureReason} ${remedies}`;

function wordsOf(error: RollcallError): FaultWords | undefined {
  const own = error.details['words'];
  if (typeof own === 'object' && own !== null) return own as FaultWords;
  if (error.code !== 'ENROLLMENT_REFUSED')
    return Object.hasOwn(faultOfCode, error.code) ? faultOfCode[error.code] : undefined;
  return faultOfRefusal[readRefusal(error)?.code ?? ''] ?? { subcode: 'Authorization' };
}

function readRefusal({ details }: RollcallError): EnrollmentRefusal | undefined {
  const refusal = details['refusal'];
  return typeof refusal === 'object' && refusal !== null && 'code' in refusal
    ? (refusal as EnrollmentRefusal)
    : undefined;
}

function messageIdOf(body: Uint8Array): string | undefined {
  try {
    return readEnvelope(body).messageId?.slice(0, 200);
  } catch {
    return undefined; // what cannot be read is related to nothing
  }
}
