// What an enrollment that failed is called, by the step at which it did.
import { isRollcallError } from '../../../base/errors.js';
import { chainOf } from '../../../protocol/apple-mdm/error-chain.js';
import { agentError, tlsRefusals } from '../../errors.js';

/** The steps of an enrollment, in their order. */
export type EnrollmentStep = 'network' | 'profile' | 'identity' | 'install' | 'Authenticate' | 'push' | 'TokenUpdate';

/** What may pass by itself keeps its name; a refusal by the authority is one; the rest stopped half-way. */
export function failureAt(step: EnrollmentStep, error: unknown): unknown {
  if (!isRollcallError(error) || asTheyCome.includes(error.code)) return error;
  if (error.code === 'AUTHORITY_BUSY' && step === 'profile') return error;
  const chain = chainOf(error);
  const details = { ...error.details, step, ...(chain === undefined ? {} : { errorChain: chain }) };
  const status = error.details['status'];
  const isRefusal = error.code === 'CHECKIN_REFUSED' || (status === 403 && error.details['code'] !== undefined);
  const isMessage = step === 'Authenticate' || step === 'TokenUpdate';
  const hint = chain !== undefined ? error.hint : isMessage ? hintOf(status) : undefined;
  return agentError(isRefusal ? 'ENROLL_REFUSED' : 'ENROLL_FAILED', `${step}: ${error.message}`, {
    cause: error,
    details,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What to do about the status that an MDM endpoint answered while enrolling; undefined where the catalogue says as much. */
function hintOf(status: unknown): string | undefined {
  if (status === 401)
    return 'The server does not believe the identity that the device shows: look at which CA it trusts for devices, and whether it reads Mdm-Signature or the TLS client certificate.';
  if (status === 404 || status === 405 || status === 410)
    return 'Nothing takes check-ins at this address: look at CheckInURL and ServerURL of the profile.';
  if (typeof status === 'number' && status >= 400 && status < 500 && status !== 403 && status !== 429)
    return 'The server does not take this message, and would not take it again; its own log says why. Often the identity is of another CA than it trusts, or Topic and push certificate differ.';
  return undefined;
}

const asTheyCome = ['TRANSPORT_LOST', ...tlsRefusals, 'INTERRUPTED', 'ENROLL_REFUSED', 'KEY_MISSING', 'STATE_UNSAVED'];
