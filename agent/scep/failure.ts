import { isRollcallError, type RollcallError } from '../../base/errors.js';
import { agentError } from '../errors.js';

/** Where a request for a certificate stood when it failed: `details.step` of SCEP_FAILED and SCEP_PENDING. */
export type ScepStep = 'GetCACaps' | 'GetCACert' | 'PKIOperation' | 'CertPoll';

/** What a SCEP_FAILED says beside its message. */
export interface ScepFault {
  /** Which rule was broken, for a program; the platform makes its own code of it. */
  readonly reason?: ScepReason;
  /** What to do about it at the server. */
  readonly hint?: string;
  readonly status?: number;
  readonly failInfo?: string | undefined;
  readonly problem?: string;
}

/**
 * `details.reason` of SCEP_FAILED. `network`: unreachable or answered wrongly; `capabilities`: no digest named; `content-type`,
 * `fingerprint`, `ra`: of GetCACert; `subject`, `recipient`: a request cannot be written, or not be encrypted; `signer`,
 * `transaction`, `nonce`, `unmarked`, `cipher`, `bundle`: of an answer; `certificate`: what was issued is none, or none of ours; `key`: it is for
 * another key; `malformed`: anything else that could not be read.
 */
export type ScepReason =
  | 'network'
  | 'capabilities'
  | 'content-type'
  | 'fingerprint'
  | 'ra'
  | 'subject'
  | 'recipient'
  | 'signer'
  | 'transaction'
  | 'nonce'
  | 'unmarked'
  | 'cipher'
  | 'bundle'
  | 'certificate'
  | 'key'
  | 'malformed';

export function scepFailed(step: ScepStep, message: string, fault: ScepFault, cause?: unknown): RollcallError {
  const { hint, ...details } = fault;
  return agentError('SCEP_FAILED', `SCEP ${step}: ${message}`, {
    details: { step, ...details },
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What cannot be read in an answer is the server's failure, under the step's name. */
export function readOrFail<T>(step: ScepStep, reader: () => T, reason: ScepReason = 'malformed'): T {
  try {
    return reader();
  } catch (error) {
    if (!isRollcallError(error) || error.code === 'SCEP_FAILED') throw error;
    throw scepFailed(step, error.message, { reason, problem: error.code }, error);
  }
}
