// com.apple.mobiledevice.passwordpolicy: each key is one rule; the strictest of all installed policies holds.
import type { PasscodePolicy } from '../../vocabulary.js';
import type { Family } from './family.js';
import type { Payload } from './profile.js';
import { flag, integer } from './rules.js';
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
    // minutesUntilFailedLoginReset, changeAtNextAuth and customRegex are macOS's own: iOS does not look at them.
  },
};

/** The rules of a checked payload in neutral words. A key that is not there is no rule. */
export function passcodePolicy(payload: Payload): PasscodePolicy {
  const { content } = payload;
  const flagOf = <K extends string>(name: K, key: string) =>
    optional(name, content[key] === undefined ? undefined : flagAt(content, key));
  const grace = integerAt(content, 'maxGracePeriod');
  return {
    required: flagAt(content, 'forcePIN'),
    ...flagOf('allowSimple', 'allowSimple'),
    ...flagOf('requireAlphanumeric', 'requireAlphanumeric'),
    ...optional('minLength', integerAt(content, 'minLength')),
    ...optional('minComplexCharacters', integerAt(content, 'minComplexChars')),
    ...optional('maxFailedAttempts', integerAt(content, 'maxFailedAttempts')),
    ...optional('maxAgeDays', integerAt(content, 'maxPINAgeInDays')),
    ...optional('maxInactivityMinutes', integerAt(content, 'maxInactivity')),
    ...optional('historyLength', integerAt(content, 'pinHistory')),
    ...optional('maxGraceMinutes', grace === undefined ? undefined : Math.min(Math.max(grace, 0), mostGraceMinutes)),
  };
}

/** Apple names no bound: any number at or above a day and a half is as good as none. */
const mostGraceMinutes = 100_000;
