// HRESULTs of an enrollment, which a person is told with code and name (specs/windows.md §1.6; names from Learn,
// win32/mdmreg/mdm-registration-constants, and winerror.h).
import type { SoapFault } from '../soap/fault.js';

interface Hresult {
  /** Unsigned. */
  readonly code: number;
  /** As in Microsoft's headers; absent where none is known. */
  readonly name?: string;
  readonly meaning: string;
}

const enrollment = (low: number, name: string, meaning: string): Hresult => ({
  code: 0x80180000 + low,
  name: `MENROLL_E_${name}`,
  meaning,
});

/** What enrollments and renewals end with here. */
export const hresults: readonly Hresult[] = [
  enrollment(0x01, 'DEVICE_MESSAGE_FORMAT_ERROR', 'the server calls the message invalid'),
  enrollment(0x02, 'DEVICE_AUTHENTICATION_ERROR', 'the server does not know the user or the password'),
  enrollment(0x03, 'DEVICE_AUTHORIZATION_ERROR', 'the user is not allowed to enroll'),
  enrollment(0x04, 'DEVICE_CERTIFCATEREQUEST_ERROR', 'the server has no certificate for this request'), // sic
  enrollment(0x05, 'DEVICE_CONFIGMGRSERVER_ERROR', 'the enrollment server failed'),
  enrollment(0x06, 'DEVICE_INTERNALSERVICE_ERROR', 'the server failed and did not say why'),
  enrollment(0x07, 'DEVICE_INVALIDSECURITY_ERROR', 'the server does not take the security header'),
  enrollment(0x08, 'DEVICE_UNKNOWN_ERROR', 'the server refused and did not say why'),
  enrollment(0x09, 'ENROLLMENT_IN_PROGRESS', 'another enrollment is under way'),
  enrollment(0x0a, 'DEVICE_ALREADY_ENROLLED', 'the device is enrolled already'),
  enrollment(0x0b, 'DEVICE_NOT_ENROLLED', 'the device is not enrolled'),
  enrollment(0x0d, 'DISCOVERY_SEC_CERT_DATE_INVALID', "the server's certificate is not valid at this time"),
  enrollment(0x0e, 'PASSWORD_NEEDED', 'a password or token is needed'),
  enrollment(0x0f, 'WAB_ERROR', 'the sign-in page brought no token'),
  enrollment(0x10, 'CONNECTIVITY', 'the server cannot be reached'),
  enrollment(0x12, 'INVALIDSSLCERT', "the server's certificate is not trusted"),
  enrollment(0x13, 'DEVICECAPREACHED', 'the user has as many devices as are allowed'),
  enrollment(0x14, 'DEVICENOTSUPPORTED', 'the server does not take devices of this kind'),
  enrollment(0x15, 'NOT_SUPPORTED', 'the server does not manage this user'),
  enrollment(0x16, 'NOTELIGIBLETORENEW', 'the certificate may not be renewed'),
  enrollment(0x17, 'INMAINTENANCE', 'the account is in maintenance'),
  enrollment(0x18, 'USER_LICENSE', 'the user has no license'),
  enrollment(0x19, 'ENROLLMENTDATAINVALID', 'the server rejected the enrollment data'),
  enrollment(0x1a, 'INSECUREREDIRECT', 'the server redirects to an address without TLS'),
  enrollment(0x1e, 'PROV_CSP_CERTSTORE', 'the certificates in the provisioning document cannot be installed'),
  enrollment(0x1f, 'PROV_CSP_W7', 'the account in the provisioning document cannot be set up'),
  enrollment(0x20, 'PROV_CSP_DMCLIENT', 'the DMClient part of the provisioning document cannot be set up'),
  enrollment(0x22, 'PROV_CSP_MISC', 'another part of the provisioning document cannot be set up'),
  enrollment(0x23, 'PROV_UNKNOWN', 'the provisioning document cannot be set up'),
  enrollment(0x24, 'PROV_SSLCERTNOTFOUND', 'the client certificate is not found'),
  enrollment(0x26, 'DEVICE_MANAGEMENT_BLOCKED', 'enrollment is blocked on this device'),
  enrollment(0x29, 'EMPTY_MESSAGE', 'the server sent an empty message'),
  { code: 0x8018002b, meaning: 'automatic enrollment without a user principal name that can be used' },
  enrollment(0x30, 'USER_CANCELLED', 'the user cancelled'),
  enrollment(0x31, 'MDM_NOT_CONFIGURED', 'the tenant has no management server'),
  enrollment(0x32, 'CUSTOMSERVERERROR', 'the server refused with a text of its own'),
  enrollment(0x33, 'SERVER429', 'the server asks for patience (HTTP 429)'),
  { code: 0x80070057, name: 'E_INVALIDARG', meaning: 'a parameter is missing or wrong' },
  { code: 0x80070525, name: 'ERROR_NO_SUCH_USER', meaning: 'no such user is signed in' },
  { code: 0x80092021, name: 'CRYPT_E_INVALID_PRINTABLE_STRING', meaning: 'the string has a non-printable character' },
  { code: 0x83750005, meaning: 'the provisioning document has a part that is not known' },
];

const byCode = new Map(hresults.map((each) => [each.code, each]));

/** winerror.h, HTTP_E_STATUS_*. */
const statusNames = new Map([
  [400, 'BAD_REQUEST'],
  [401, 'DENIED'],
  [402, 'PAYMENT_REQ'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [405, 'BAD_METHOD'],
  [406, 'NONE_ACCEPTABLE'],
  [407, 'PROXY_AUTH_REQ'],
  [408, 'REQUEST_TIMEOUT'],
  [409, 'CONFLICT'],
  [410, 'GONE'],
  [411, 'LENGTH_REQUIRED'],
  [412, 'PRECOND_FAILED'],
  [413, 'REQUEST_TOO_LARGE'],
  [414, 'URI_TOO_LONG'],
  [415, 'UNSUPPORTED_MEDIA'],
  [500, 'SERVER_ERROR'],
  [501, 'NOT_SUPPORTED'],
  [502, 'BAD_GATEWAY'],
  [503, 'SERVICE_UNAVAIL'],
  [504, 'GATEWAY_TIMEOUT'],
  [505, 'VERSION_NOT_SUP'],
]);
const statusBase = 0x80190000;

/** What is known of a code; undefined for others. */
export function hresultOf(code: number): Hresult | undefined {
  const status = code - statusBase;
  if (status < 100 || status > 999) return byCode.get(code);
  const name = statusNames.get(status);
  return {
    code,
    ...(name !== undefined && { name: `HTTP_E_STATUS_${name}` }),
    meaning: `HTTP ${status} without an answer that can be used`,
  };
}

/** `0x80180003` */
export const hresultHex = (code: number): string => `0x${code.toString(16).toUpperCase().padStart(8, '0')}`;

/**
 * Code and name, or the code alone where it has none.
 *
 * @example
 * hresultText(0x80180003); // '0x80180003 MENROLL_E_DEVICE_AUTHORIZATION_ERROR'
 */
export function hresultText(code: number): string {
  const name = hresultOf(code)?.name;
  return name === undefined ? hresultHex(code) : `${hresultHex(code)} ${name}`;
}

/** In the order in which the enrollment client of Windows looks for them. */
const words: readonly (readonly [word: string, low: number])[] = [
  ['MessageFormat', 0x01],
  ['Authentication', 0x02],
  ['Authorization', 0x03],
  ['CertificateRequest', 0x04],
  ['CertificateAuthority', 0x04],
  ['EnrollmentServer', 0x05],
  ['InternalServiceFault', 0x06],
  ['InternalServerFault', 0x06],
  ['InvalidSecurity', 0x07],
  ['DeviceCapReached', 0x13],
  ['DeviceNotSupported', 0x14],
  ['NotSupported', 0x15],
  ['InMaintenance', 0x17],
  ['UserLicense', 0x18],
  ['InvalidEnrollmentData', 0x19],
  ['CustomServerError', 0x32],
];
const notEligible = 'NotEligibleToRenew';

/**
 * What a fault of the server ends an enrollment with, as the enrollment client of Windows reads it (GetWSSecurityFaultMessage and
 * ConvertFaultToHResult of its code): ErrorType alone where there is one, else the Subcode; the first of the words that occurs in it,
 * letter by letter, 0x80180008 where none does. Undefined where it finds neither, as where names are in lower case: then the HTTP
 * status decides, as for an answer without a fault (case D2).
 *
 * @example
 * hresultOfFault({ reason: '', word: 's:Authorization' }); // 0x80180003
 */
export function hresultOfFault({ word, reason }: Pick<SoapFault, 'word' | 'reason'>): number | undefined {
  if (word === undefined) return undefined;
  if (word.includes(notEligible) || reason.includes(notEligible)) return 0x80180016;
  return 0x80180000 + (words.find(([each]) => word.includes(each))?.[1] ?? 0x08);
}

/** What an answer without a usable body ends a step with; 429 has a code of its own. A status of 200 gives 0x801900C8. */
export const hresultOfStatus = (httpStatus: number): number =>
  httpStatus === 429 ? 0x80180033 : statusBase + (httpStatus & 0xffff);
