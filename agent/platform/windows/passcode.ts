// What Windows says of a password or PIN that cannot be set, and the DeviceLock policies read as rules.
import type { PasscodePolicy } from '../../../protocol/vocabulary.js';
import type { PasscodeManners } from '../../model/passcode.js';

const restriction = 'HRESULT 0x8007052D ERROR_PASSWORD_RESTRICTION';

/**
 * Simple ones are "such as 1111 or 1234" (Learn, AllowSimpleDevicePassword): so many in a row as in the examples (convention). Windows
 * has one number for length, complexity and history together (win32 errors 1325 and 1330).
 */
export const passcodeManners: PasscodeManners = {
  repeated: 4,
  sequence: 4,
  codes: {
    missing: restriction,
    short: restriction,
    'no-letter': restriction,
    'no-digit': restriction,
    'few-complex': restriction,
    repeats: restriction,
    sequence: restriction,
    'used-before': restriction,
    expired: 'HRESULT 0x80070532 ERROR_PASSWORD_EXPIRED',
  },
};

/**
 * The policies of the area DeviceLock in neutral words, or undefined where none of them is one. They count while DevicePasswordEnabled is
 * 0, which means that a password is needed (Learn: the other way round from what its name says). A number beyond what the neutral
 * policy can say is left out, as is 0, which means no bound; what the server wrote stays in the profile's settings.
 */
export function deviceLockPolicy(policies: Readonly<Record<string, string>>): PasscodePolicy | undefined {
  const written = new Map(Object.entries(policies).map(([name, value]) => [name.toLowerCase(), value.trim()]));
  const enabled = written.get('devicepasswordenabled');
  if (enabled === undefined && !names.some((name) => written.has(name))) return undefined;
  if (enabled !== '0') return { required: false };
  const number = (name: string): number | undefined => {
    const text = written.get(name);
    return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
  };
  const within = <K extends string>(key: K, name: string, least: number, most: number) => {
    const value = number(name);
    return value === undefined || value < least || value > most ? {} : ({ [key]: value } as Record<K, number>);
  };
  const kinds = number('mindevicepasswordcomplexcharacters') ?? 1;
  const isAlphanumeric = number('alphanumericdevicepasswordrequired') === 0 || kinds >= 2;
  return {
    required: true,
    ...within('minLength', 'mindevicepasswordlength', 1, 16),
    ...within('maxFailedAttempts', 'maxdevicepasswordfailedattempts', 2, 11),
    ...within('maxInactivityMinutes', 'maxinactivitytimedevicelock', 1, 60),
    ...within('historyLength', 'devicepasswordhistory', 1, 50),
    ...within('maxAgeDays', 'devicepasswordexpiration', 1, 730),
    // how many kinds of characters: digits, small letters, capitals, others. Capitals have no neutral word.
    ...(isAlphanumeric ? { requireAlphanumeric: true } : {}),
    ...(kinds >= 4 ? { minComplexCharacters: 1 } : {}),
    ...(number('allowsimpledevicepassword') === 0 ? { allowSimple: false } : {}),
  };
}

const names = [
  'mindevicepasswordlength',
  'maxdevicepasswordfailedattempts',
  'maxinactivitytimedevicelock',
  'devicepasswordhistory',
  'devicepasswordexpiration',
  'alphanumericdevicepasswordrequired',
  'mindevicepasswordcomplexcharacters',
  'allowsimpledevicepassword',
] as const;
