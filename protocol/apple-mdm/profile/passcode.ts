// com.apple.mobiledevice.passwordpolicy: each key is one rule; the strictest of all installed policies holds.
import type { PasscodePolicy } from '../../vocabulary.js';
import type { Family } from './family.js';
import type { Payload } from './profile.js';
import { dictOf, everyOf, flag, integer, required, text } from './rules.js';
import { flagAt, integerAt, optional } from './values.js';

export const passcode: Family = {
  types: ['com.apple.mobiledevice.passwordpolicy'],
  rules: {
    allowSimple: flag,
    forcePIN: flag,
    maxFailedAttempts: integer(2, 11),
    maxInactivity: integer(0, 15),
    maxPINAgeInDays: integer(0, 730),
    minComplexChars: integer(0, 4),
    minLength: integer(0, 16),
    requireAlphanumeric: flag,
    pinHistory: integer(1, 50),
    maxGracePeriod: integer(),
    minutesUntilFailedLoginReset: integer(),
    changeAtNextAuth: flag,
    customRegex: dictOf({
      passwordContentRegex: required(text()),
      passwordContentDescription: everyOf(text()),
    }),
  },
};

export function passcodePolicy(payload: Payload): PasscodePolicy {
  const { content } = payload;
  return {
    required: flagAt(content, 'forcePIN'),
    ...optional('minLength', integerAt(content, 'minLength')),
    ...(content['requireAlphanumeric'] === undefined
      ? {}
      : { requireAlphanumeric: flagAt(content, 'requireAlphanumeric') }),
    ...optional('maxFailedAttempts', integerAt(content, 'maxFailedAttempts')),
    ...optional('maxAgeDays', integerAt(content, 'maxPINAgeInDays')),
    ...optional('maxInactivityMinutes', integerAt(content, 'maxInactivity')),
  };
}
