// Whether this device may install a profile that was read: what depends on supervision, on what is held already, and on
// the hour.
import { onePerDevice, onlyByMdm, supervisedTypes, userEnrollmentForbids } from './configuration.js';
import { easAccount } from './eas.js';
import { onlyOneServer } from './mdm.js';
import { type AppleProfile, type Payload, payloadTypes } from './profile.js';
import { notInstallable, notInstalled, payloadFailed, profileFault } from './refusals.js';
import { checkMdmUpdate } from './update.js';
import { textAt } from './values.js';

/** What of an installed profile matters to the next one. */
export interface InstalledPayloads extends Pick<AppleProfile, 'identifier' | 'payloads'> {
  /** False when a person installed it. An authority may not replace such a profile. Default true. */
  readonly isManaged?: boolean;
}

export interface CheckContext {
  readonly supervised: boolean;
  readonly now: Date;
  readonly heldProfiles: readonly InstalledPayloads[];
  /** Account-driven enrollment of a person's own device. Default false. */
  readonly userEnrollment?: boolean;
  /** Who installs: the authority, or a person at the device who opens a file. Default `mdm`. */
  readonly by?: 'mdm' | 'person';
  /** The identifier of the profile that this one is sent to replace, where the sender named one (4010). */
  readonly replaces?: string;
}

/** Throws PROFILE_REFUSED with Apple's chain when the device may not install the profile; returns what it would replace. */
export function checkProfile(profile: AppleProfile, context: CheckContext): InstalledPayloads | undefined {
  const { heldProfiles, now, by = 'mdm' } = context;
  checkDates(profile, now);
  if (profile.targetDeviceType > 1) throw profileFault('value', 'TargetDeviceType');
  const replaced = heldProfiles.find(({ identifier }) => identifier === profile.identifier);
  if (context.replaces !== undefined && context.replaces !== profile.identifier)
    throw notInstallable(4010, `The profile “${profile.identifier}” cannot update “${context.replaces}”.`);
  if (by === 'mdm' && replaced?.isManaged === false)
    throw notInstallable(4012, `The profile “${profile.identifier}” was installed by hand and cannot be updated.`);
  for (const payload of profile.payloads) checkAllowed(payload, context);
  const others = heldProfiles.filter((held) => held !== replaced).flatMap(({ payloads }) => payloads);
  checkMdm(profile, replaced, others);
  checkCounts(profile, others);
  checkAccounts(profile, others);
  return replaced;
}

function checkDates(profile: AppleProfile, now: Date): void {
  const { removalDate, durationUntilRemovalSeconds } = profile;
  const isPast =
    (removalDate !== undefined && removalDate.getTime() <= now.getTime()) ||
    (durationUntilRemovalSeconds !== undefined && durationUntilRemovalSeconds <= 0);
  if (isPast) throw notInstallable(4006, 'The date on which the profile is to be removed is past.');
}

/** When the profile goes by itself: the earlier of RemovalDate and DurationUntilRemoval after `installedAt`. */
export function removalTime(
  profile: Pick<AppleProfile, 'removalDate' | 'durationUntilRemovalSeconds'>,
  installedAt: Date,
): Date | undefined {
  const { removalDate, durationUntilRemovalSeconds: seconds } = profile;
  const times = removalDate === undefined ? [] : [removalDate.getTime()];
  if (seconds !== undefined) times.push(installedAt.getTime() + seconds * 1000);
  const earliest = new Date(Math.min(...times));
  return Number.isNaN(earliest.getTime()) ? undefined : earliest; // none given, or later than a date can be
}

function checkAllowed(payload: Payload, { supervised, userEnrollment = false, by = 'mdm' }: CheckContext): void {
  const { type, content } = payload;
  const isAlwaysOn = type === payloadTypes.vpn && textAt(content, 'VPNType') === 'AlwaysOn';
  if (!supervised && (supervisedTypes.includes(type) || isAlwaysOn)) {
    const why = `The payload “${payload.identifier}” can only be installed on a supervised device.`;
    throw notInstallable(4025, why, { domain: 'chaperone', code: 29000, why: 'The device is not supervised.' });
  }
  if (by === 'person' && onlyByMdm.includes(type))
    throw notInstallable(4022, `The payload “${payload.identifier}” must be installed by MDM.`);
  const forbidden = userEnrollmentForbids.includes(type) || wifiForbids.some((key) => hasKey(payload, key));
  if (userEnrollment && forbidden)
    throw notInstallable(4023, `The payload “${payload.identifier}” is not acceptable in User Enrollment.`);
  if (type === payloadTypes.acme)
    throw notInstallable(4023, `The payload “${payload.identifier}” is ACME, which is not emulated: use SCEP.`);
}

/** Keys of a Wi-Fi payload that its schema forbids in User Enrollment. */
export const wifiForbids: readonly string[] = [
  'ProxyType',
  'ProxyServer',
  'ProxyServerPort',
  'ProxyUsername',
  'ProxyPassword',
  'ProxyPACURL',
  'ProxyPACFallbackAllowed',
  'DisableAssociationMACRandomization',
];
const hasKey = ({ type, content }: Payload, key: string): boolean =>
  type === payloadTypes.wifi && content[key] !== undefined;

const mdmOf = (payloads: readonly Payload[]): Payload | undefined =>
  payloads.find(({ type }) => type === payloadTypes.mdm);

/** One MDM link per device; a profile that brings it may be replaced, but not by one without it or with another server. */
function checkMdm(profile: AppleProfile, replaced: InstalledPayloads | undefined, others: readonly Payload[]): void {
  const mdm = mdmOf(profile.payloads);
  const old = replaced && mdmOf(replaced.payloads);
  if (mdm !== undefined && mdmOf(others) !== undefined) throw notInstalled('mdm', 12001, onlyOneServer);
  if (old !== undefined && mdm === undefined)
    throw notInstallable(4015, 'The profile would replace the MDM profile but has no MDM payload.');
  if (old !== undefined && mdm !== undefined) checkMdmUpdate(old, mdm);
}

function checkCounts(profile: AppleProfile, others: readonly Payload[]): void {
  const held = new Set(others.map(({ type }) => type));
  for (const { type, identifier } of profile.payloads) {
    const code = onePerDevice.get(type);
    if (code === undefined) continue;
    if (held.has(type)) throw notInstallable(code, `“${identifier}” is a second payload of the type ${type}.`);
    held.add(type);
  }
}

/** 21005: the same Exchange user at the same host twice. */
function checkAccounts(profile: AppleProfile, others: readonly Payload[]): void {
  const isExchange = ({ type }: Payload) => type === payloadTypes.exchange;
  const held = new Set(others.filter(isExchange).map(easAccount));
  for (const payload of profile.payloads.filter(isExchange)) {
    const account = easAccount(payload);
    if (held.has(account))
      throw payloadFailed(payload, 'eas', 21005, `The account ${account} is on the device already.`);
    held.add(account);
  }
}
