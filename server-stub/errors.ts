import { type ErrorEntry, errorsOf } from '../base/errors.js';

/** Failures of the stub authority, as its log and its admin API name them. */
export const stubCatalogue = {
  AUTHORITY_FORBIDDEN: {
    retry: false,
    hint: 'The authority may be set to intune or office365, never to sccm and never back to unknown.',
  },
  CONFLICT: { retry: false, hint: 'The tenant is in a state in which this cannot be done; the message says which.' },
  ENROLLMENT_REFUSED: {
    retry: false,
    hint: 'The details carry the failure code E01 to E20, its category and remedies.',
  },
  CHECKIN_UNAVAILABLE: {
    retry: true,
    hint: 'Upload a renewed Apple push certificate; the devices recover by themselves.',
  },
  DEVICE_UNKNOWN: { retry: false, hint: 'No such device is enrolled here; it must enroll again.' },
  DEVICE_IDENTITY: { retry: false, hint: 'The certificate is foreign, expired, revoked or bound to another device.' },
  MESSAGE_REFUSED: {
    retry: false,
    hint: 'The message broke its protocol and was refused; nothing stored was changed.',
  },
  MESSAGE_TOO_LARGE: { retry: false, hint: 'The message is larger than the stub takes.' },
  SCEP_REFUSED: {
    retry: false,
    hint: 'The certificate request was refused; the details carry failInfo and the reason.',
  },
  NOT_FOUND: { retry: false, hint: 'No such user, device, profile or address.' },
  REQUEST_INVALID: { retry: false, hint: 'The request to the admin API is wrong; the message names the field.' },
  LICENCES_SHORT: {
    retry: false,
    hint: 'More licences would be used than were bought; take one away, or raise the number in the tenant file.',
  },
  UNAUTHORIZED: { retry: false, hint: 'Send the bearer token that the server printed at its start.' },
  FORBIDDEN: { retry: false, hint: 'Use the token of a role that may do this: GET /stub/v1/roles says which.' },
  CONSENT_MISSING: {
    retry: false,
    hint: 'Give the consent that the message names, by PUT /stub/v1/consents/{act}, as administrator.',
  },
  OUTSIDE_BMS: {
    retry: false,
    hint: 'Basic Mobility and Security alone manages here (B7): add Intune by POST /stub/v1/coexistence, or set the authority.',
  },
  TENANT_INVALID: { retry: false, hint: 'The tenant file has mistakes; the details list all of them.' },
  DATA_CORRUPT: { retry: false, hint: 'The data folder cannot be read; restore it or start with another.' },
  DATA_LOCKED: { retry: false, hint: 'Another stub authority uses the data folder; stop it or choose another folder.' },
  STORE_UNWRITABLE: {
    retry: true,
    hint: 'Make room on the disk of the data folder, or make it writable; the stub goes on by itself then.',
  },
  STUB_BUSY: {
    retry: true,
    hint: 'Too many ask for keys at the same time; ask again after the time that Retry-After says.',
  },
  PORT_TAKEN: { retry: false, hint: 'Another program listens there; choose another with --port.' },
  PUSH_REFUSED: { retry: false, hint: 'The notification was refused; the reason is one of the push service.' },
} as const satisfies Record<string, ErrorEntry>;

export const stubError = errorsOf(stubCatalogue);
