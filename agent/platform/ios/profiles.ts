// Installing and removing configuration profiles: wholly or not at all.
import { isRollcallError } from '../../../base/errors.js';
import { link, refuse } from '../../../protocol/apple-mdm/error-chain.js';
import { checkProfile } from '../../../protocol/apple-mdm/profile/check.js';
import { enrollmentOf, installOrder } from '../../../protocol/apple-mdm/profile/enrollment.js';
import { neutralNames } from '../../../protocol/apple-mdm/profile/names.js';
import type { AppleProfile } from '../../../protocol/apple-mdm/profile/profile.js';
import { readProfile } from '../../../protocol/apple-mdm/profile/read.js';
import { toNeutral } from '../../../protocol/apple-mdm/profile/translate.js';
import { openEnvelope } from '../../../protocol/x509/cms.js';
import type { Keys } from '../../model/ports.js';
import type { Change } from '../holdings.js';
import { type Answer, done, later } from './answer.js';
import type { CommandContext } from './context.js';
import { identityOfMaterial, managementOf } from './enrollment-data.js';
import { isTheirs } from './exchange.js';
import { heldProfile, settingsOf, toHeld } from './held-profiles.js';
import { changeHoldings } from './holdings.js';
import { plistLifted } from './lifted.js';
import { gatherMaterials } from './materials.js';
import { sendOwed } from './owed.js';
import type { InstalledProfile, IosData } from './saved.js';

/**
 * Installs a profile, or replaces the one of the same PayloadIdentifier. Of the enrollment profile itself it makes a
 * renewal: a new identity, then Authenticate and TokenUpdate with it. Answers done or later; throws PROFILE_REFUSED.
 */
export async function installProfile(
  bytes: Uint8Array,
  context: CommandContext,
  options: { readonly declaration?: string } = {},
): Promise<Answer> {
  const { memory, ports, device } = context;
  const before = memory.data;
  const profile = readProfile(bytes, {
    allowHttp: before.management.allowHttp ?? false,
    osVersion: device.state.facts.osVersion,
    decrypt: (envelope) => decrypt(envelope, before, ports.keys),
    onLifted: plistLifted(device),
  });
  context.named?.(profile.identifier);
  const now = ports.clock.now();
  checkProfile(profile, {
    supervised: device.state.facts.supervised,
    now: new Date(now),
    heldProfiles: before.profiles.map(toHeld),
  });
  const replaced = before.profiles.find(({ identifier }) => identifier === profile.identifier);
  checkSource(replaced, options.declaration);

  const enrollment = enrollmentOf(profile);
  const identityUuid = enrollment?.identity.payload.uuid;
  const materials = await gatherMaterials(profile.payloads, {
    ports,
    signal: context.signal,
    server: context.exchange.server,
    onRequest: () => context.exchange.countRequest(),
    refusesUnreachable: true,
    device,
  });
  const settings = settingsInOrder(profile, identityUuid);
  const dropped = (replaced?.holdings ?? []).filter(
    (name) => !settings.some((each) => each.name === name) && !isNeeded(name, before, profile.identifier),
  );
  const change = await changeHoldings({ install: settings, remove: dropped }, device.state, context.apply);
  if (change === undefined) return later;

  const held = heldProfile(profile, settings, materials, now, {
    ...(identityUuid === undefined ? {} : { identityUuid }),
    ...options,
  });
  const others = memory.data.profiles.filter(({ identifier }) => identifier !== profile.identifier);
  memory.change({ profiles: [...others, held] });
  const material = identityUuid === undefined ? undefined : materials.get(identityUuid);
  if (enrollment !== undefined && material !== undefined) {
    memory.change({
      management: managementOf(profile, enrollment, before.management.allowHttp),
      identity: identityOfMaterial(material),
      owes: 'Authenticate',
      former: { management: before.management, identity: before.identity },
    });
    if (!(await isNoted(context, before, change))) return { ...later, reason: 'the new identity could not be stored' };
    await renew(context, before, change);
  }
  return done();
}

/** The settings of a profile in the order of installation; the MDM identity is none of them unless one of them uses it. */
export function settingsInOrder(profile: AppleProfile, identityUuid: string | undefined) {
  const identityName = identityUuid === undefined ? undefined : neutralNames(profile).get(identityUuid);
  const ordered = toNeutral({ identifier: profile.identifier, payloads: installOrder(profile.payloads) });
  return settingsOf(ordered, identityName);
}

/**
 * Saves the new identity before the server hears of it: from then on it may know no other. False where that cannot be: nothing has
 * changed then.
 */
async function isNoted({ memory, save }: CommandContext, before: IosData, change: Change): Promise<boolean> {
  try {
    await save();
    return true;
  } catch (error) {
    if (!isRollcallError(error, 'STATE_UNSAVED')) throw error;
    memory.restore(before);
    await change.undo();
    return false;
  }
}

/**
 * The server hears of the new identity by Authenticate and TokenUpdate that carry it (specs/apple.md §1.3, renewal). When it
 * refuses the first, nothing has changed. When its answer is lost it may know the new one only: then that stays, and what is
 * owed is said again by the next session.
 */
async function renew(context: CommandContext, before: IosData, change: Change): Promise<void> {
  const { memory, exchange } = context;
  exchange.close(); // connections were made with the old identity
  try {
    await sendOwed(context);
  } catch (error) {
    const isRefused = memory.data.owes === 'Authenticate' && isTheirs(error);
    if (!isRefused || isRollcallError(error, 'CHECKIN_REFUSED')) throw error;
    memory.restore(before);
    exchange.close();
    await change.undo();
    throw refuse(
      link('installation', 4001, 'The profile failed to install.'),
      link('mdm', 12002, 'The device could not check in with its new identity.'),
    );
  }
}

/** A profile that a declaration brought is changed by declarations only, and the other way round. */
function checkSource(replaced: InstalledProfile | undefined, declaration: string | undefined): void {
  if (replaced === undefined || (replaced.declaration === undefined) === (declaration === undefined)) return;
  const by = replaced.declaration === undefined ? 'a command' : 'a declaration';
  throw refuse(link('installation', 4012, `The profile “${replaced.identifier}” was installed by ${by}.`));
}

/** With whichever identity on the device it was encrypted to (profile.install.yaml: any installed identity). */
function decrypt(envelope: Uint8Array, data: IosData, keys: Keys): Uint8Array {
  const identities = [
    { der: data.identity.certificate, key: data.identity.key },
    ...data.profiles.flatMap(({ certificates }) => certificates.flatMap(({ der, key }) => (key ? [{ der, key }] : []))),
  ];
  let last: unknown;
  for (const { der, key } of identities) {
    try {
      return openEnvelope(envelope, der, keys.open(key).privateKey);
    } catch (error) {
      if (!isRollcallError(error)) throw error;
      last = error;
    }
  }
  throw last;
}

/** True when a profile other than this one brought the same setting: what others still need stays. */
function isNeeded(name: string, data: IosData, exceptIdentifier: string): boolean {
  return data.profiles.some(({ identifier, holdings }) => identifier !== exceptIdentifier && holdings.includes(name));
}

/** What a removal needs: no network. */
type RemovalContext = Pick<CommandContext, 'device' | 'ports' | 'memory' | 'apply'>;

/** Takes a profile off the device with all that came with it. Throws PROFILE_REFUSED when the device refuses. */
export async function removeProfile(profile: InstalledProfile, context: RemovalContext): Promise<Answer> {
  const { memory, device } = context;
  const names = profile.holdings.filter((name) => !isNeeded(name, memory.data, profile.identifier));
  const change = await changeHoldings({ install: [], remove: [...names].reverse() }, device.state, context.apply);
  if (change === undefined) return later;
  memory.change({ profiles: memory.data.profiles.filter(({ identifier }) => identifier !== profile.identifier) });
  return done();
}

/**
 * Removes what has reached its RemovalDate or lived its DurationUntilRemoval by `now`. True when that is the enrollment
 * profile: the device is its user's again. A profile that cannot be removed stays, and is tried again before the next session.
 */
export async function removeExpired(context: RemovalContext, now: number): Promise<boolean> {
  const { memory, ports, apply } = context;
  for (const profile of memory.data.profiles) {
    if (profile.removeAt === undefined || profile.removeAt > now) continue;
    if (profile.identifier === memory.data.management.profileIdentifier)
      return (await apply({ kind: 'retire' })).status === 'done';
    try {
      await removeProfile(profile, context);
    } catch (error) {
      if (!isRollcallError(error, 'PROFILE_REFUSED')) throw error;
      ports.log.info(error.code, { during: 'RemovalDate', profile: profile.identifier, problem: error.message });
    }
  }
  return false;
}

/** When the first of the held profiles goes by itself after the moment `after`. */
export function nextExpiry({ profiles }: IosData, after: number): number | undefined {
  let next: number | undefined;
  for (const { removeAt } of profiles)
    if (removeAt !== undefined && removeAt > after && (next === undefined || removeAt < next)) next = removeAt;
  return next;
}
