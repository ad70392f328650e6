// Configurations: a passcode policy as passwordMode, keys of the document itself (type `headwind`), or an app's restrictions.

import type { PlainBundle, PlainValue } from '../../../protocol/managed-config/bundle.js';
import type { ConfigurationProfile, PasscodePolicy } from '../../../protocol/vocabulary.js';
import type { Draft } from './draft.js';
import { cannot, carried, type Part } from './part.js';

/** The type whose settings are keys of the Headwind configuration. */
export const headwind = 'headwind';

/** Keys of the document that the authority itself decides. */
const ours: ReadonlySet<string> = new Set([
  ...['applications', 'applicationSettings', 'files', 'pushOptions', 'keepaliveTime', 'newNumber', 'newServerUrl'],
  ...['factoryReset', 'reboot', 'lock', 'lockMessage', 'passwordReset', 'description', 'custom1', 'custom2'],
  ...['imei', 'phone', 'passwordMode'],
]);

/** Keys of the document by the type of their values (specs/android.md §1.3). */
const flags = new Set(
  (
    'disableLocation gps bluetooth wifi mobileData usbStorage displayStatus runDefaultLauncher disableScreenshots ' +
    'autostartForeground autoBrightness manageTimeout lockVolume manageVolume lockSafeSettings permissive kioskExit ' +
    'showWifi kioskMode kioskHome kioskRecents kioskNotifications kioskSystemInfo kioskKeyguard kioskLockButtons ' +
    'kioskScreenOn lockStatusBar scheduleAppUpdate'
  ).split(' '),
);
const numbers = new Set('brightness timeout volume orientation systemUpdateType'.split(' '));
const texts = new Set(
  (
    'backgroundColor textColor backgroundImageUrl iconSize title password requestUpdates appPermissions timeZone ' +
    'allowedClasses mainApp systemUpdateFrom systemUpdateTo appUpdateFrom appUpdateTo downloadUpdates restrictions ' +
    'custom3 appName vendor'
  ).split(' '),
);

/**
 * Throws MESSAGE_REFUSED: a type that is neither `headwind` nor a package, a key that the authority decides or that nobody knows, a
 * value of another type, a passcode policy that no mode of the launcher's says.
 */
export function renderConfiguration(profile: ConfigurationProfile, draft: Draft): Part {
  const { name, type, settings, passcode } = profile;
  const mode = passcode === undefined ? undefined : passwordMode(name, passcode);
  const part = type === headwind ? document(name, settings, draft) : ofApp(name, type, settings, draft);
  if (passcode === undefined) return part;
  draft.keys['passwordMode'] = mode ?? null;
  return { carriers: [...part.carriers, 'configuration:passwordMode'] };
}

function document(name: string, settings: ConfigurationProfile['settings'], draft: Draft): Part {
  const entries = Object.entries(settings).map(([key, value]) => [key, judged(name, key, value)] as const);
  for (const [key, value] of entries) {
    if (key === 'restrictions') for (const each of csv(String(value))) draft.restrictions.add(each);
    else draft.keys[key] = value;
  }
  return { carriers: entries.map(([key]) => `configuration:${key}`) };
}

const csv = (text: string): string[] =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

function judged(name: string, key: string, value: unknown): string | number | boolean {
  if (ours.has(key)) throw cannot(name, `"${key}" is not for a configuration to decide`);
  if (flags.has(key) && typeof value === 'boolean') return value;
  if (numbers.has(key) && typeof value === 'number' && Number.isInteger(value)) return value;
  if (texts.has(key) && typeof value === 'string') return value;
  const isKnown = flags.has(key) || numbers.has(key) || texts.has(key);
  throw cannot(
    name,
    isKnown ? `the value of "${key}" is of another type` : `Headwind has no key "${key.slice(0, 60)}"`,
  );
}

/** An app's restrictions. */
function ofApp(name: string, type: string, settings: ConfigurationProfile['settings'], draft: Draft): Part {
  if (!/^[A-Za-z]\w*(?:\.\w+)+$/.test(type)) {
    throw cannot(name, `"${type.slice(0, 60)}" is neither "${headwind}" nor an Android package`);
  }
  const plain: Record<string, PlainValue> = {};
  for (const [key, value] of Object.entries(settings)) plain[key] = plainOf(name, key, value);
  Object.assign(draft.bundle(type), carried(name, plain));
  return { carriers: [`configuration:${type}`] };
}

function plainOf(name: string, key: string, value: unknown): PlainValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => plainOf(name, key, item));
    if (items.every((item) => typeof item === 'string')) return items;
    if (items.every(isBundle)) return items;
  } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    return Object.fromEntries(Object.entries(value).map(([each, item]) => [each, plainOf(name, each, item)]));
  }
  throw cannot(name, `an app cannot be given the value of "${key.slice(0, 60)}"`);
}

const isBundle = (value: PlainValue): value is PlainBundle => typeof value === 'object' && !Array.isArray(value);

/** What the launcher asks of Android for each mode: the least first. */
const modes = [
  { mode: 'present', minLength: 1, isAlphanumeric: false, complex: 0 },
  { mode: 'easy', minLength: 6, isAlphanumeric: false, complex: 0 },
  { mode: 'moderate', minLength: 8, isAlphanumeric: true, complex: 0 },
  { mode: 'strong', minLength: 8, isAlphanumeric: true, complex: 1 },
] as const;

const noWord = ['allowSimple', 'historyLength', 'maxFailedAttempts', 'maxAgeDays', 'maxInactivityMinutes'] as const;

/** The least mode that asks for no less. Null: no passcode is needed. */
function passwordMode(name: string, policy: PasscodePolicy): string | null {
  const lost = [...noWord, 'maxGraceMinutes' as const].filter((key) => policy[key] !== undefined);
  if (lost.length > 0) throw cannot(name, `Headwind has no word for ${lost.join(', ')} of a passcode`);
  if (!policy.required) return null;
  const { minLength = 1, requireAlphanumeric = false, minComplexCharacters = 0 } = policy;
  const found = modes.find(
    (each) =>
      each.minLength >= minLength &&
      (each.isAlphanumeric || !requireAlphanumeric) &&
      each.complex >= minComplexCharacters,
  );
  if (found === undefined) throw cannot(name, 'no mode of the launcher asks for so long or so complex a passcode');
  return found.mode;
}
