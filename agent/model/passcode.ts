// What a passcode must be, and what a person may set. The rules are the same on every platform; where a run of equal or
// neighbouring characters begins to count, and the numbers that name a refusal, are the platform's (PasscodeManners).
import type { PasscodePolicy } from '../../protocol/vocabulary.js';
import { agentError } from '../errors.js';
import { type Condition, type DeviceState, mostPasscodesKept } from './state.js';

const passcodeFaults = [
  'missing',
  'short',
  'no-letter',
  'no-digit',
  'few-complex',
  'repeats',
  'sequence',
  'expired',
  'used-before',
] as const;
/** Which rule a passcode breaks. */
export type PasscodeFault = (typeof passcodeFaults)[number];

/** How a platform reads the rules. */
export interface PasscodeManners {
  /** So many equal characters side by side make a passcode simple. */
  readonly repeated: number;
  /** So many characters, each the next or each the one before in the code table, make a passcode simple. */
  readonly sequence: number;
  /** The platform's own words for a refusal, such as `MCPasscodeErrorDomain 5003`. */
  readonly codes?: Readonly<Partial<Record<PasscodeFault, string>>>;
}

const usualManners: PasscodeManners = { repeated: 3, sequence: 3 };

const says: Readonly<Record<PasscodeFault, string>> = {
  missing: 'a passcode is required',
  short: 'it is too short',
  'no-letter': 'it has no letter',
  'no-digit': 'it has no digit',
  'few-complex': 'it has too few characters that are neither letter nor digit',
  repeats: 'it repeats a character',
  sequence: 'it has characters in ascending or descending order',
  expired: 'it is older than it may be',
  'used-before': 'it was used before',
};

/** The passcode policies on the device, whoever brought them. */
export const passcodePolicies = (state: DeviceState): PasscodePolicy[] =>
  state.holdings.flatMap(({ profile }) =>
    profile.kind === 'configuration' && profile.passcode !== undefined ? [profile.passcode] : [],
  );

/** The first rule of this policy that the passcode itself breaks; its age and those before it are not asked. */
export function qualityFault(
  passcode: string | undefined,
  policy: PasscodePolicy,
  { repeated, sequence }: PasscodeManners = usualManners,
): PasscodeFault | undefined {
  if (passcode === undefined) return policy.required ? 'missing' : undefined;
  if (passcode.length < (policy.minLength ?? 0)) return 'short';
  if (policy.requireAlphanumeric === true) {
    if (!/\p{L}/u.test(passcode)) return 'no-letter';
    if (!/\p{N}/u.test(passcode)) return 'no-digit';
  }
  const complex = [...passcode].filter((character) => !/[\p{L}\p{N}]/u.test(character)).length;
  if (complex < (policy.minComplexCharacters ?? 0)) return 'few-complex';
  if (policy.allowSimple !== false) return undefined;
  if (longestRun(passcode, [0]) >= repeated) return 'repeats';
  return longestRun(passcode, [1, -1]) >= sequence ? 'sequence' : undefined;
}

/** The most characters side by side of which each differs from the one before it by the same one of these steps. */
function longestRun(text: string, steps: readonly number[]): number {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  let longest = 0;
  for (const step of steps) {
    let run = 0;
    for (const [index, code] of codes.entries()) {
      run = code - (codes[index - 1] ?? Number.NaN) === step ? run + 1 : 1;
      longest = Math.max(longest, run);
    }
  }
  return longest;
}

const dayMs = 24 * 3600 * 1000;

/** Which rule of any policy on the device its present passcode breaks, its age included; undefined when it meets all of them. */
export function passcodeFault(state: DeviceState, now: number, manners?: PasscodeManners): PasscodeFault | undefined {
  const { passcode, passcodeSetAt } = state.condition;
  for (const policy of passcodePolicies(state)) {
    const fault = qualityFault(passcode, policy, manners);
    if (fault !== undefined) return fault;
    const { maxAgeDays = 0 } = policy; // none, or 0: it may stay for ever
    if (passcode === undefined || passcodeSetAt === undefined || maxAgeDays === 0) continue;
    if (now - passcodeSetAt >= maxAgeDays * dayMs) return 'expired';
  }
  return undefined;
}

/**
 * The device after a person has set a passcode, or with `undefined` has switched it off. Throws PASSCODE_REFUSED, with the
 * `fault` and the platform's code for it in the details, where a policy on the device does not let it be set. A passcode
 * that was there before the policy stays, and is not compliant.
 */
export function withPasscode(
  state: DeviceState,
  passcode: string | undefined,
  now: number,
  manners: PasscodeManners = usualManners,
): DeviceState {
  for (const policy of passcodePolicies(state)) {
    const fault = qualityFault(passcode, policy, manners) ?? historyFault(state.condition, passcode, policy);
    if (fault === undefined) continue;
    const code = manners.codes?.[fault];
    throw agentError(
      'PASSCODE_REFUSED',
      `the passcode cannot be ${passcode === undefined ? 'removed' : 'set'}: ${says[fault]}`,
      {
        details: { fault, ...(code === undefined ? {} : { code }) },
      },
    );
  }
  const { passcode: _old, passcodeSetAt: _then, ...rest } = state.condition;
  if (passcode === undefined) return { ...state, condition: { ...rest, locked: false } };
  const passcodesUsed = [passcode, ...used(state.condition)].slice(0, mostPasscodesKept);
  return { ...state, condition: { ...rest, passcode, passcodeSetAt: now, passcodesUsed } };
}

/** The passcodes that were set, the newest first: the present one too where it was set before they were kept. */
function used({ passcode, passcodesUsed = [] }: Condition): readonly string[] {
  return passcode === undefined || passcodesUsed[0] === passcode ? passcodesUsed : [passcode, ...passcodesUsed];
}

function historyFault(
  condition: Condition,
  passcode: string | undefined,
  { historyLength = 0 }: PasscodePolicy,
): PasscodeFault | undefined {
  if (passcode === undefined) return undefined;
  return used(condition).slice(0, historyLength).includes(passcode) ? 'used-before' : undefined;
}

/** The condition without its passcode, as when an authority clears it: what was used before is still known. */
export function withoutPasscode({ passcode: _passcode, passcodeSetAt: _then, ...condition }: Condition): Condition {
  return condition;
}
