// Settings of the document itself that are neutral profiles: a passcode policy, and what a server of ours has labelled.
import { hash as hashOf } from 'node:crypto';
import { readLabels } from '../../../../protocol/headwind/labels.js';
import type { HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import { authorityNamed } from '../../../../protocol/managing-authority.js';
import type { Authority, PasscodePolicy, Profile } from '../../../../protocol/vocabulary.js';
import { qualityFault } from '../../../model/passcode.js';
import { logLine } from './device-log.js';
import { type ApplyRun, find, shown } from './run.js';
import { carryOut } from './told.js';

/** What each password mode asks for (Utils.setPasswordMode), in neutral words: Android's own minimum of kinds of letters has none. */
const policies: Readonly<Record<string, PasscodePolicy>> = {
  present: { required: true, minLength: 1 },
  easy: { required: true, minLength: 6 },
  moderate: { required: true, minLength: 8, requireAlphanumeric: true },
  strong: { required: true, minLength: 8, requireAlphanumeric: true, minComplexCharacters: 1 },
};

/** Type of a profile that is made of settings of the document. */
const profileType = 'headwind';
const carrier = 'configuration:';
const passwordMode = 'passwordMode';

/** The value of a key of the document, whether the codec knows it or keeps it in `rest`. */
function documentValue(configuration: HeadwindConfiguration, key: string): unknown {
  const { rest, ...known } = configuration;
  const holder: Readonly<Record<string, unknown>> = Object.hasOwn(known, key) ? { ...known } : rest;
  return Object.hasOwn(holder, key) ? (holder[key] ?? undefined) : undefined;
}

/** The profiles that these settings are. A label whose key is a package's belongs to its app (profiles/). */
export function settingProfiles(configuration: HeadwindConfiguration): readonly Profile[] {
  const keys = new Map<string, Set<string>>();
  for (const { carrier: where, name } of readLabels(configuration.applicationSettings)) {
    const key = where.slice(carrier.length);
    if (!where.startsWith(carrier) || key.includes('.')) continue;
    keys.set(name, (keys.get(name) ?? new Set()).add(key));
  }
  const isNamed = [...keys.values()].some((named) => named.has(passwordMode));
  if (!isNamed) keys.set(passwordMode, new Set([passwordMode]));
  return [...keys].flatMap(([name, named]) => profileOf(configuration, name, [...named]));
}

/** Whose each named setting is, where the document says so (by convention). */
const ownersOf = ({ applicationSettings }: HeadwindConfiguration): ReadonlyMap<string, Authority> =>
  new Map(
    readLabels(applicationSettings).flatMap(({ name, authority }) => {
      const owner = authorityNamed(authority);
      return owner === undefined ? [] : [[name, owner] as const];
    }),
  );

function profileOf(configuration: HeadwindConfiguration, name: string, keys: readonly string[]): Profile[] {
  const settings: Record<string, unknown> = {};
  for (const key of keys) {
    const value = documentValue(configuration, key);
    if (value !== undefined && key !== '__proto__') settings[key] = value;
  }
  if (Object.keys(settings).length === 0) return [];
  const { passwordMode: mode } = settings;
  const passcode = typeof mode === 'string' && Object.hasOwn(policies, mode) ? policies[mode] : undefined;
  return [
    { kind: 'configuration', name, type: profileType, ...(passcode === undefined ? {} : { passcode }), settings },
  ];
}

/** Holds these profiles, and no longer those that were made of an earlier document. */
export async function applySettingProfiles(run: ApplyRun): Promise<void> {
  const { context, configuration, counts } = run;
  const { memory, device, manners } = context;
  const before = new Map(memory.data.settingProfiles ?? []);
  const wanted = manners.management === 'application' ? withoutPasscode(run) : settingProfiles(configuration);
  const owners = ownersOf(configuration);
  const kept: [string, string][] = [];
  for (const profile of wanted) {
    const hash = hashOf('sha256', JSON.stringify(profile), 'base64');
    const owner = owners.get(profile.name);
    const held = device.state.holdings.find((holding) => holding.profile.name === profile.name);
    const isOfAnother = owner !== undefined && held?.authority !== owner;
    if (held === undefined || isOfAnother || before.get(profile.name) !== hash) {
      counts.commands++;
      const about = shown(profile.name);
      const command = { kind: 'install-profile', profile } as const;
      const outcome = await carryOut(context, command, { name: 'configuration', about }, { owner });
      if (outcome.status === 'done') logPassword(run, profile);
      else {
        counts[outcome.status]++;
        find(run, 'HEADWIND_FAILED', profile.name, `setting “${about}”: ${outcome.reason}`);
        continue;
      }
    }
    kept.push([profile.name, hash]);
  }
  for (const name of before.keys()) {
    if (wanted.some((profile) => profile.name === name)) continue;
    if (!device.state.holdings.some((holding) => holding.profile.name === name)) continue;
    counts.commands++;
    await carryOut(context, { kind: 'remove-profile', name }, { name: 'configuration', about: shown(name) });
  }
  if (kept.length === 0) memory.forget('settingProfiles');
  else if (JSON.stringify(kept) !== JSON.stringify(memory.data.settingProfiles))
    memory.change({ settingProfiles: kept });
}

/** Without the device administrator the quality of passwords cannot be set. */
function withoutPasscode(run: ApplyRun): readonly Profile[] {
  const { context, configuration, counts } = run;
  return settingProfiles(configuration).filter((profile) => {
    if (profile.kind !== 'configuration' || profile.passcode === undefined) return true;
    logLine(context, 'warning', 'Failed to update password quality: no device administrator');
    find(run, 'HEADWIND_FAILED', passwordMode, 'passwordMode: the launcher is no device administrator');
    counts.failed++;
    return false;
  });
}

function logPassword({ context }: ApplyRun, profile: Profile): void {
  if (profile.kind !== 'configuration' || profile.passcode === undefined) return;
  const isSufficient = qualityFault(context.device.state.condition.passcode, profile.passcode) === undefined;
  logLine(context, 'debug', `Active password quality sufficient: ${isSufficient}`);
}
