// What a person is told to check when an enrollment fails (B6): by name for scripts, and in words.
import { RollcallError } from '../base/errors.js';

/** The four checks of B6. */
export type EnrollmentCheck = 'provider' | 'dateAndTime' | 'network' | 'companyPortal';

interface CheckRow {
  readonly check: EnrollmentCheck;
  /** Whether this failure asks for it. */
  readonly isFor: (error: RollcallError) => boolean;
  /** Beside what the failure itself says. Absent: it says all of it. */
  readonly advice?: string;
}

const has =
  (...codes: readonly string[]) =>
  ({ code }: RollcallError) =>
    codes.includes(code);

/** The first that fits is told. */
const checks: readonly CheckRow[] = [
  { check: 'provider', isFor: has('ALREADY_ENROLLED') },
  { check: 'companyPortal', isFor: has('PORTAL_BROKEN') },
  {
    check: 'companyPortal',
    isFor: ({ details }) => details['code'] === 'E05',
    advice: 'Update the Company Portal on the device (at the prompt: portal VERSION).',
  },
  {
    check: 'dateAndTime',
    isFor: has('TLS_EXPIRED'),
    advice: 'Check date and time of the device (at the prompt: clock, skew 0s).',
  },
  {
    check: 'network',
    isFor: ({ code, details }) => code === 'TRANSPORT_LOST' && details['reason'] === 'offline',
    advice: 'Switch to Wi-Fi or cellular (at the prompt: network wifi).',
  },
  { check: 'network', isFor: has('TRANSPORT_LOST') },
];

/**
 * The failure of an enrollment with the check of B6 that it asks for, in `details.check` and at the end of its hint. One that asks for
 * none comes back as it is.
 *
 * @example
 * checked(agentError('ALREADY_ENROLLED', 'managed by stub already')).details; // { check: 'provider' }
 */
export function checked<E>(error: E): E | RollcallError {
  if (!(error instanceof RollcallError)) return error;
  const row = checks.find(({ isFor }) => isFor(error));
  if (row === undefined) return error;
  const { code, message, cause, details, hint } = error;
  return new RollcallError(code, error, message, {
    cause,
    details: { ...details, check: row.check },
    hint: row.advice === undefined || hint.includes(row.advice) ? hint : `${hint} ${row.advice}`,
  });
}
