import { accessRights, hasRights } from '../../../../protocol/apple-mdm/request-types.js';
import { isEnforced } from '../../../../protocol/apple-mdm/restriction-keys.js';
import { dict, type PlistDict } from '../../../../protocol/plist/value.js';
import type { PasscodePolicy } from '../../../../protocol/vocabulary.js';
import type { DeviceFacts, DeviceState } from '../../../model/state.js';
import { done, refusalOf } from '../answer.js';
import type { HandlerTable } from '../context.js';
import { native, toPlistDict } from '../translate.js';

const restrictionsType = 'com.apple.applicationaccess';

// How restrictions of several profiles are one, told by their names (com.apple.applicationaccess.yaml: defaults and lists).
const isPermission = /^(safariA|a)llow/;
const isAtLeast = /^(min|pinHistory$|enforcedSoftwareUpdateDelay$)/;
const isForbiddingList = /blocked|blacklisted|denied|disallowed/i;

type Limit = {
  [K in keyof PasscodePolicy]-?: Required<PasscodePolicy>[K] extends number ? K : never;
}[keyof PasscodePolicy];
const passcodeLimits: readonly (readonly [Limit, string])[] = [
  ['minLength', 'minLength'],
  ['minComplexCharacters', 'minComplexChars'],
  ['maxFailedAttempts', 'maxFailedAttempts'],
  ['maxInactivityMinutes', 'maxInactivity'],
  ['maxAgeDays', 'maxPINAgeInDays'],
  ['historyLength', 'pinHistory'],
  ['maxGraceMinutes', 'maxGracePeriod'],
];

/** Restrictions of one profile or of all: a switch forbids when any profile forbids, a number is the strictest asked for. */
class Restrictions {
  readonly #switches = new Map<string, boolean>();
  readonly #values = new Map<string, number>();
  readonly #intersection = new Map<string, string[]>();
  readonly #union = new Map<string, string[]>();

  /** Of a com.apple.applicationaccess, what this device enforces. */
  add(settings: Readonly<Record<string, unknown>>, facts: DeviceFacts): void {
    for (const [key, value] of Object.entries(settings)) {
      if (!isEnforced(key, facts)) continue;
      if (typeof value === 'boolean') this.#addSwitch(key, value);
      else if (typeof value === 'number' && Number.isSafeInteger(value)) this.#addValue(key, value);
      else if (Array.isArray(value))
        this.#addTexts(
          key,
          value.filter((entry) => typeof entry === 'string'),
        );
    }
  }

  /** What a passcode policy forbids and limits, under the names that Restrictions knows it by: those of the profile's keys. */
  addPasscode(policy: PasscodePolicy): void {
    this.#addSwitch('allowSimple', policy.allowSimple !== false);
    this.#addSwitch('forcePIN', policy.required);
    this.#addSwitch('requireAlphanumeric', policy.requireAlphanumeric === true);
    for (const [rule, key] of passcodeLimits) {
      const limit = policy[rule];
      if (limit !== undefined) this.#addValue(key, limit);
    }
  }

  /** A permission is on unless forbidden, everything else is off unless forced. */
  #addSwitch(key: string, value: boolean): void {
    const before = this.#switches.get(key) ?? value;
    this.#switches.set(key, isPermission.test(key) ? before && value : before || value);
  }

  #addValue(key: string, value: number): void {
    const before = this.#values.get(key) ?? value;
    this.#values.set(key, isAtLeast.test(key) ? Math.max(before, value) : Math.min(before, value));
  }

  #addTexts(key: string, values: string[]): void {
    const isForbidding = isForbiddingList.test(key);
    const into = isForbidding ? this.#union : this.#intersection;
    const before = into.get(key);
    if (before === undefined) into.set(key, values);
    else if (isForbidding) into.set(key, [...new Set([...before, ...values])]);
    else
      into.set(
        key,
        before.filter((entry) => values.includes(entry)),
      );
  }

  toDict(): PlistDict {
    const wrap = (entries: Iterable<[string, boolean | number]>) =>
      toPlistDict(Object.fromEntries([...entries].map(([key, value]) => [key, { value }])));
    const wrapAll = (entries: Iterable<[string, string[]]>) =>
      toPlistDict(Object.fromEntries([...entries].map(([key, values]) => [key, { values }])));
    return dict({
      restrictedBool: wrap(this.#switches),
      restrictedValue: wrap(this.#values),
      intersection: wrapAll(this.#intersection),
      union: wrapAll(this.#union),
    });
  }
}

function collect(state: DeviceState, names?: readonly string[]): PlistDict {
  const restrictions = new Restrictions();
  for (const { profile } of state.holdings) {
    if (profile.kind !== 'configuration' || (names !== undefined && !names.includes(profile.name))) continue;
    if (profile.type === restrictionsType) restrictions.add(profile.settings, state.facts);
    if (profile.passcode !== undefined) restrictions.addPasscode(profile.passcode);
  }
  return restrictions.toDict();
}

export const restrictionCommands: HandlerTable = {
  async Restrictions(parameters, context) {
    // "Per-profile restrictions queries require an Inspect Configuration Profiles access right."
    const mayInspect = hasRights(context.memory.data.management.accessRights, accessRights.inspectProfiles);
    const perProfile = (parameters.optionalBoolean('ProfileRestrictions') ?? false) && mayInspect;
    const refused = refusalOf(await context.apply(native('Restrictions')));
    if (refused !== undefined) return refused;
    const state = context.device.state;
    const profiles: PlistDict = Object.create(null);
    for (const profile of context.memory.data.profiles) profiles[profile.identifier] = collect(state, profile.holdings);
    return done(dict({ GlobalRestrictions: collect(state), ProfileRestrictions: perProfile ? profiles : undefined }));
  },
};
