import { type ErrorEntry, errorsOf } from '../base/errors.js';

/** Failures of the agent: one device and its way to an authority. */
export const agentCatalogue = {
  ENROLL_REFUSED: {
    retry: false,
    hint: 'The authority refused this user or device; the details carry its reason and remedies.',
  },
  ENROLL_FAILED: {
    retry: false,
    hint: 'The enrollment stopped half-way and was rolled back; the cause says at which step.',
  },
  ALREADY_ENROLLED: { retry: false, hint: 'Leave the present authority first: a device has one at a time.' },
  PORTAL_BROKEN: {
    retry: false,
    hint: 'The Company Portal on the device does not start: install it again (at the prompt: portal reinstall), then enroll.',
  },
  NOT_ENROLLED: { retry: false, hint: 'Enroll the device first.' },
  CHECKIN_REFUSED: {
    retry: false,
    hint: 'The authority no longer knows this device; it left management. Enroll it again.',
  },
  AUTHORITY_BUSY: { retry: true, hint: 'The authority answered 4xx or 5xx. Look at its own log first.' },
  AUTHORITY_REFUSED: {
    retry: false,
    hint: 'The authority answered 4xx: it does not take the message, and would not take it again. Its own log says why.',
  },
  ANSWER_MALFORMED: { retry: false, hint: 'The authority sent something that its protocol does not know.' },
  TRANSPORT_LOST: {
    retry: true,
    hint: 'No answer came: check that the server runs there, the address and port, a proxy, and the timeout.',
  },
  TLS_UNTRUSTED: {
    retry: false,
    hint: 'The server certificate leads to no root that the device trusts: have the root installed there, or give it with --ca FILE.',
  },
  TLS_PIN: {
    retry: false,
    hint: 'The server has none of the certificates that the enrollment profile pins; renew the profile.',
  },
  TLS_NAME: {
    retry: false,
    hint: 'Issue a server certificate whose SubjectAltName has the name or address that is asked for.',
  },
  TLS_EXPIRED: {
    retry: false,
    hint: 'A certificate of the server is not yet or no longer valid by the device’s own clock; renew it, or set the clock right.',
  },
  TLS_KEY: {
    retry: false,
    hint: 'Issue the server certificate with a larger key, or one on P-256: iOS asks for RSA of 2048 bits, Windows and Android of 1024.',
  },
  TLS_DIGEST: { retry: false, hint: 'Have the server certificate, or the one above it, signed with SHA-256.' },
  TLS_VALIDITY: {
    retry: false,
    hint: 'The server certificate is valid for too long: iOS takes 825 days, 398 of public authorities.',
  },
  TLS_USAGE: { retry: false, hint: 'Issue the server certificate with serverAuth among its extended key usages.' },
  TLS_CERTIFICATE: {
    retry: false,
    hint: 'A certificate of the server is not as X.509 has it; the message says what is wrong.',
  },
  HTTP_TOO_LARGE: { retry: false, hint: 'The answer is larger than this message may be.' },
  HTTP_REDIRECTS: { retry: false, hint: 'The server redirects in a circle or to an address that is not https.' },
  FETCH_FAILED: {
    retry: false,
    hint: 'What a command or declaration names could not be fetched; look at the address and at the server there.',
  },
  PUSH_LOST: { retry: true, hint: 'The push service closed the connection; the device goes on by its own schedule.' },
  PUSH_DUPLICATE: {
    retry: false,
    hint: 'Two devices have the same number, and the broker disconnects the one for the other: give one of them another number.',
  },
  PUSH_FLOOD: {
    retry: true,
    hint: 'The broker sends faster than any device could act; look at who publishes to its topic. The device leaves it alone for 15 minutes.',
  },
  SCEP_FAILED: {
    retry: false,
    hint: 'The SCEP server refused or answered wrongly; the details carry failInfo and the step.',
  },
  SCEP_PENDING: {
    retry: true,
    hint: 'The request waits for an administrator; raise Retries or RetryDelay in the profile.',
  },
  KEY_MISSING: {
    retry: false,
    hint: 'The key pool that this device was enrolled with is gone; enroll the device again.',
  },
  STATE_CORRUPT: { retry: false, hint: 'The stored device cannot be read; restore the folder or enroll again.' },
  STATE_INVALID: {
    retry: false,
    hint: 'A bug of ours: this state does not fit its description, and was not written over the last one that does.',
  },
  STATE_UNSAVED: {
    retry: true,
    hint: 'The device could not be written: look at the folder, its rights and the space left.',
  },
  STATE_LOCKED: { retry: true, hint: 'Another process uses this state folder.' },
  DEVICE_OFF: {
    retry: false,
    hint: 'The device was shut down, by ShutDownDevice or its like: bring it online, which switches it on again.',
  },
  PASSCODE_REFUSED: {
    retry: false,
    hint: 'A passcode policy on the device does not let this be set; the message says which rule.',
  },
  LIFECYCLE_FORBIDDEN: { retry: false, hint: 'A bug of ours: an event arrived in a state that has no row for it.' },
  RESOURCE_REFUSED: {
    retry: false,
    hint: 'The gate refused mail, VPN or Wi-Fi with this profile, for the reason that it gives.',
  },
  HEADWIND_SERVER: {
    retry: false,
    hint: 'The Headwind server does something that is wrong or that does not verify; the message says what. The device went on.',
  },
  LAUNCHER_DIFFERS: {
    retry: false,
    hint: 'Launcher 6.36 would have stopped, stayed silent or been refused here; with --exact the device does the same.',
  },
  HEADWIND_FAILED: {
    retry: false,
    hint: 'An item of the configuration failed: a file, an app, a certificate or a profile; the message says why. The rest was applied, but for what launcher 6.36 leaves out with --exact.',
  },
  HEADWIND_IGNORED: {
    retry: false,
    hint: 'A push or a key of the configuration means nothing to this device and was passed over.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** Refusals of a server's certificate: nothing was said to it. */
export const tlsRefusals: readonly string[] = Object.keys(agentCatalogue).filter((code) => code.startsWith('TLS_'));

/** Makes the errors of `agentCatalogue`, for platforms and ports of your own. */
export const agentError = errorsOf(agentCatalogue);
