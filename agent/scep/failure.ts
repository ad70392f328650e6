import { isRollcallError, type RollcallError } from '../../base/errors.js';
import { agentError } from '../errors.js';

/** Where a request for a certificate stood when it failed: `details.step` of SCEP_FAILED and SCEP_PENDING. */
export type ScepStep = 'GetCACaps' | 'GetCACert' | 'PKIOperation' | 'CertPoll';

export function scepFailed(
  step: ScepStep,
  message: string,
  details: Record<string, unknown>,
  cause?: unknown,
): RollcallError {
  return agentError('SCEP_FAILED', `SCEP ${step}: ${message}`, { details: { step, ...details }, cause });
}

/** What cannot be read in an answer is the server's failure, under the step's name. */
export function readOrFail<T>(step: ScepStep, reader: () => T, reason = 'malformed'): T {
  try {
    return reader();
  } catch (error) {
    if (!isRollcallError(error) || error.code === 'SCEP_FAILED') throw error;
    throw scepFailed(step, error.message, { reason, problem: error.code }, error);
  }
}
