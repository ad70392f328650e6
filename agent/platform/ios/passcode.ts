import type { PasscodePolicy } from '../../../protocol/vocabulary.js';
import type { DeviceState } from '../../model/state.js';

export interface PasscodeReport {
  readonly isPresent: boolean;
  /** True when every policy on the device is met. */
  readonly isCompliant: boolean;
}

/** What the device says of its passcode, held against the policies that came with profiles. */
export function passcodeReport(state: DeviceState): PasscodeReport {
  const { passcode } = state.condition;
  const policies = state.holdings.flatMap(({ profile }) =>
    profile.kind === 'configuration' && profile.passcode !== undefined ? [profile.passcode] : [],
  );
  return {
    isPresent: passcode !== undefined,
    isCompliant: policies.every((policy) => meets(passcode, policy)),
  };
}

function meets(passcode: string | undefined, policy: PasscodePolicy): boolean {
  if (passcode === undefined) return !policy.required;
  if (passcode.length < (policy.minLength ?? 0)) return false;
  return policy.requireAlphanumeric !== true || (/\p{L}/u.test(passcode) && /\p{N}/u.test(passcode));
}
