// Passcode policies in Apple's words: com.apple.mobiledevice.passwordpolicy and the declaration passcode.settings.
import type { PasscodePolicy } from '../../../protocol/vocabulary.js';
import { type PasscodeManners, passcodeFault, passcodePolicies } from '../../model/passcode.js';
import type { DeviceState } from '../../model/state.js';

/**
 * "Repeated characters, or increasing or decreasing characters, such as 123 or CBA": Apple does not say how many repeat; three,
 * as in its examples (convention). The codes are MCPasscodeErrorDomain's (specs/apple.md §1.9).
 */
export const passcodeManners: PasscodeManners = {
  repeated: 3,
  sequence: 3,
  codes: {
    missing: 'MCPasscodeErrorDomain 5014',
    short: 'MCPasscodeErrorDomain 5000',
    'few-complex': 'MCPasscodeErrorDomain 5002',
    repeats: 'MCPasscodeErrorDomain 5003',
    sequence: 'MCPasscodeErrorDomain 5004',
    'no-digit': 'MCPasscodeErrorDomain 5005',
    'no-letter': 'MCPasscodeErrorDomain 5006',
    expired: 'MCPasscodeErrorDomain 5007',
    'used-before': 'MCPasscodeErrorDomain 5008',
  },
};

interface PasscodeReport {
  readonly isPresent: boolean;
  /** True when every policy on the device is met. */
  readonly isCompliant: boolean;
}

/**
 * What the device says of its passcode, held against the policies that profiles and declarations brought. `now`, in
 * milliseconds since the epoch, is what its age is judged by; without it the age is not judged.
 */
export function passcodeReport(state: DeviceState, now = Number.NEGATIVE_INFINITY): PasscodeReport {
  return {
    isPresent: state.condition.passcode !== undefined,
    isCompliant: passcodeFault(state, now, passcodeManners) === undefined,
  };
}

/** The grace period in force: what was chosen, at most what the strictest policy allows. In seconds. */
export function graceSeconds(state: DeviceState, chosenSeconds: number): number {
  const longest = passcodePolicies(state).map(
    ({ maxGraceMinutes }) => (maxGraceMinutes ?? Number.POSITIVE_INFINITY) * 60,
  );
  return Math.min(chosenSeconds, ...longest);
}

/** Each key of passcode.settings that iOS has, and the neutral rule it is. */
const declared: Readonly<Record<string, Exclude<keyof PasscodePolicy, 'required' | 'allowSimple'>>> = {
  RequireAlphanumericPasscode: 'requireAlphanumeric',
  MinimumLength: 'minLength',
  MinimumComplexCharacters: 'minComplexCharacters',
  MaximumFailedAttempts: 'maxFailedAttempts',
  MaximumGracePeriodInMinutes: 'maxGraceMinutes',
  MaximumInactivityInMinutes: 'maxInactivityMinutes',
  MaximumPasscodeAgeInDays: 'maxAgeDays',
  PasscodeReuseLimit: 'historyLength',
};

/** The policy of a com.apple.configuration.passcode.settings. Any key but RequirePasscode requires a passcode by being there. */
export function declaredPolicy(payload: Readonly<Record<string, unknown>>): PasscodePolicy {
  const rules = Object.entries(declared).flatMap(([key, rule]) =>
    payload[key] === undefined ? [] : [[rule, payload[key]] as const],
  );
  const complex = payload['RequireComplexPasscode'];
  return {
    ...(complex === undefined ? {} : { allowSimple: complex !== true }),
    ...Object.fromEntries(rules),
    required: rules.length > 0 || complex !== undefined || payload['RequirePasscode'] === true,
  };
}
