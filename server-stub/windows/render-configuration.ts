// Policy CSP: a configuration's type is the address of an area, its settings are that area's policies.
import { joinLocUri, splitLocUri } from '../../protocol/syncml/loc-uri.js';
import type { ConfigurationProfile, PasscodePolicy } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import type { Rendered } from './rendered.js';
import { replace } from './steps.js';

/** Where the passcode policy of Windows is. */
export const deviceLock = './Device/Vendor/MSFT/Policy/Config/DeviceLock';

/** Throws MESSAGE_REFUSED where the type is no address of a policy area, or a setting no value of a policy. */
export function renderConfiguration({ name, type, passcode, settings }: ConfigurationProfile): Rendered {
  const segments = splitLocUri(type) ?? [];
  const [scope, vendor, msft, policy, config] = segments;
  const isPolicy =
    (scope === 'Device' || scope === 'User') &&
    [vendor, msft, policy, config].join('/') === 'Vendor/MSFT/Policy/Config' &&
    segments.length === 6;
  if (!isPolicy) throw stubError('MESSAGE_REFUSED', `profile "${name}": "${type}" is no area of the Policy CSP`);
  const policies = [...Object.entries(settings), ...(passcode === undefined ? [] : deviceLockPolicies(passcode))];
  const drafts = policies.map(([policyName, value]) => {
    const { data, format } = policyValue(name, policyName, value);
    return replace(joinLocUri([...segments, policyName]), data, format);
  });
  if (drafts.length === 0) throw stubError('MESSAGE_REFUSED', `profile "${name}" has no policy`);
  return {
    nodes: drafts.flatMap(({ items }) => items.flatMap(({ target = '' }) => [target])),
    shape: policies.map(([policyName]) => policyName).join(),
    add: drafts,
    change: drafts,
    isOfUser: scope === 'User',
  };
}

function policyValue(name: string, policy: string, value: unknown): { readonly data: string; readonly format: string } {
  if (typeof value === 'string') return { data: value, format: 'chr' };
  if (typeof value === 'boolean') return { data: value ? '1' : '0', format: 'int' };
  if (typeof value === 'number' && Number.isInteger(value)) return { data: String(value), format: 'int' };
  throw stubError('MESSAGE_REFUSED', `profile "${name}": ${policy} is no text, whole number or truth value`);
}

/**
 * DeviceLock's policies. DevicePasswordEnabled 0 means that a password is needed; AlphanumericDevicePasswordRequired 0 is letters and
 * digits, 1 digits alone, 2 the user's choice. A grace after locking has no policy here.
 */
function deviceLockPolicies(policy: PasscodePolicy): [string, number][] {
  if (!policy.required) return [['DevicePasswordEnabled', 1]];
  const { minLength, requireAlphanumeric, allowSimple, minComplexCharacters, historyLength } = policy;
  const { maxFailedAttempts, maxAgeDays, maxInactivityMinutes } = policy;
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['DevicePasswordEnabled', 0],
    ['AlphanumericDevicePasswordRequired', requireAlphanumeric === undefined ? undefined : requireAlphanumeric ? 0 : 2],
    ['AllowSimpleDevicePassword', allowSimple === undefined ? undefined : Number(allowSimple)],
    ['MinDevicePasswordLength', minLength],
    ['MinDevicePasswordComplexCharacters', minComplexCharacters === undefined ? undefined : minComplexCharacters || 1],
    ['DevicePasswordHistory', historyLength],
    ['MaxDevicePasswordFailedAttempts', maxFailedAttempts],
    ['DevicePasswordExpiration', maxAgeDays],
    ['MaxInactivityTimeDeviceLock', maxInactivityMinutes],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}
