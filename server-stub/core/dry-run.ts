// The dry run (A21): the same functions as the change and the sessions after it, on a governance that is not yet true.
import type { Authority } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { isGiven } from './admission-state.js';
import { type ConsentAct, consentActs, pushConsent } from './admission-types.js';
import { wouldCoexist, wouldSet } from './authority-order.js';
import { outsideOfBms } from './bms-outside.js';
import { type Cause, consequences } from './causes.js';
import { changesAt, missedChanges } from './changes.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import type { DryRun, DryRunPage, DryRunUser, Fate, IntendedChange, Missing, UserLicence } from './dry-run-types.js';
import { governed, managerOfUser } from './governed.js';
import { isExpired } from './grace.js';
import type { DryRuns } from './interfaces.js';
import { type LicenceChange, productsAfter, requireUserLicensed } from './licence-changes.js';
import { type Governance, managerOf } from './manager.js';
import { workFor } from './plan.js';
import { covers, findProduct, products } from './products.js';
import { desiredUnder, type TenantState } from './state.js';
import { traitsOf } from './traits.js';
import { causeOf, type Move, transition } from './transition.js';
import type { HeldProfile } from './types.js';

export const dryRuns = (state: TenantState): DryRuns => ({
  dryRun: (change, page = { most: 100 }) => dryRun(state, change, page),
});

/** The tenant as it would be. */
interface Intended {
  readonly governance: Governance;
  readonly cause: Cause;
  productsOf(userId: string): ReadonlySet<string>;
}

function dryRun(state: TenantState, change: IntendedChange, page: DryRunPage): DryRun {
  const intended = intend(state, change);
  const users: DryRunUser[] = [];
  const movedUnasked: string[] = [];
  const unlicensed: string[] = [];
  const named = new Set((change.licences?.add ?? []).concat(change.licences?.remove ?? []).map(({ user }) => user));
  let next: string | undefined;
  let counted = 0;
  for (const userId of [...state.index.byUser.keys()].sort()) {
    const devices = [...(state.index.byUser.get(userId) ?? [])].filter(isEnrolled);
    if (devices.length === 0) continue;
    counted++;
    const user = state.directory.find(userId);
    const to = managerAfter(state, intended, userId);
    const upn = user?.upn ?? userId;
    if (!isCovered(state, intended, userId, to)) unlicensed.push(upn);
    const from = managerOfUser(state, userId);
    const isMoving = from !== to || devices.some(({ record }) => record.managedBy !== to);
    if (!isMoving) continue;
    if (change.coexistence === true && !named.has(userId) && !named.has(upn)) movedUnasked.push(upn);
    if (next !== undefined || (page.after !== undefined && userId <= page.after)) continue;
    if (users.length >= page.most) next = users.at(-1)?.userId;
    else
      users.push({
        userId,
        upn,
        from,
        to,
        devices: devices.map((each) => fated(state, each, to, changeFor(state, intended, from, to))),
      });
  }
  return {
    users,
    ...(next === undefined ? {} : { next }),
    movedUnasked,
    userless: userlessOf(state, intended),
    unlicensed,
    licencesShort: short(state, change, counted),
    missing: missing(state, intended),
    ...(intended.governance.authority === 'office365' && { withoutEffect: outsideOfBms(state) }),
  };
}

/** Throws what the change itself would, for what it is and not for who holds which device. */
function intend(state: TenantState, { authority, coexistence, licences }: IntendedChange): Intended {
  if (authority !== undefined && coexistence !== undefined) {
    throw stubError('REQUEST_INVALID', 'A change of the authority and coexistence are two changes');
  }
  const changes = changesOf(state, licences);
  const added = [...changes.values()].flatMap(({ add }) => add);
  const wasSet = authority !== undefined && wouldSet(state, authority);
  const isJoined = coexistence === true && wouldCoexist(state, added);
  return {
    governance: wasSet
      ? { authority, coexistence: false }
      : isJoined
        ? { authority: 'intune', coexistence: true }
        : state,
    cause: wasSet ? 'authority' : isJoined ? 'coexistence' : 'licence',
    productsOf(userId) {
      const user = state.directory.find(userId);
      if (user === undefined) return new Set();
      return productsAfter(state.directory, user, changes.get(userId) ?? { add: [], remove: [] });
    },
  };
}

/** By user: what the licences named make of each. */
function changesOf(state: TenantState, licences: IntendedChange['licences']): ReadonlyMap<string, LicenceChange> {
  const changes = new Map<string, { readonly add: string[]; readonly remove: string[] }>();
  const note = (kind: keyof LicenceChange) => (licence: UserLicence) => {
    const user = state.directory.find(licence.user);
    if (user === undefined) throw stubError('REQUEST_INVALID', `No user is called ${licence.user}`);
    const product = findProduct(licence.sku);
    if (product === undefined) throw stubError('REQUEST_INVALID', `The product ${licence.sku} is unknown here`);
    let change = changes.get(user.id);
    if (change === undefined) {
      change = { add: [], remove: [] };
      changes.set(user.id, change);
    }
    change[kind].push(product.sku);
  };
  licences?.remove.forEach(note('remove'));
  licences?.add.forEach(note('add'));
  for (const [userId, change] of changes) requireUserLicensed(state, userId, change);
  return changes;
}

const managerAfter = (state: TenantState, { governance, productsOf }: Intended, userId: string): Authority =>
  managerOf(governance, { products: productsOf(userId), isComanaged: state.comanagement.isComanaged(userId) });

/** Under coexistence whoever does not reach intune stays for want of a licence. */
function isCovered(state: TenantState, { governance, productsOf }: Intended, userId: string, to: Authority): boolean {
  if (governance.coexistence) return to === 'intune';
  if (to === 'unknown') return true;
  const isComanaged = to === 'intune' && governed(state, state.directory.find(userId)).isComanaged;
  return isComanaged || covers(productsOf(userId), to === 'office365' ? 'office365' : 'intune');
}

/** The rows of the history that the change would make of a user's devices: none where licences change and not who manages them. */
function changeFor(
  { authority }: TenantState,
  { governance, cause }: Intended,
  from: Authority,
  to: Authority,
): readonly Move[] {
  if (cause !== 'licence') return [{ from: authority, to: governance.authority, cause }];
  return from === to ? [] : [{ from, to, cause }];
}

/** What would become of the device's settings in its first session after the change: `rows`, as those that it has missed already. */
function fated(state: TenantState, device: TenantDevice, to: Authority, rows: readonly Move[]) {
  const { record } = device;
  const missed = [...changesAt(state, missedChanges(state, device)), ...rows];
  const move = { from: record.managedBy, to, cause: causeOf(missed, to), missed };
  const left = rows.some(({ cause }) => consequences[cause].hasGrace) ? state.authority : undefined;
  const isOver = (profile: HeldProfile) => isExpired(state, device, profile, { manager: to, left });
  const held = transition(record.held, move, isOver);
  const desired = desiredUnder(state, record, to);
  const work = workFor({ desired, held, managedBy: to, failed: new Map(), doubtful: [] });
  const installed = new Set(work.flatMap((each) => (each.kind === 'install' ? [each.name] : [])));
  const removed = new Set(work.flatMap((each) => (each.kind === 'remove' ? [each.name] : [])));
  const fate: Record<keyof Fate, string[]> = { overwritten: [], leftBehind: [], removed: [] };
  for (const { name, authority } of held) {
    if (installed.has(name)) fate.overwritten.push(name);
    else if (removed.has(name)) fate.removed.push(name);
    else if (authority !== to) fate.leftBehind.push(name);
  }
  return { id: record.id, deviceName: record.deviceName ?? record.serial, ...fate };
}

/** Devices without a user that are managed by another authority than the tenant's would be. */
function userlessOf(state: TenantState, { governance }: Intended): readonly string[] {
  const found: string[] = [];
  for (const { record } of state.index.userless) {
    if (record.status !== 'pending' && record.managedBy !== governance.authority) found.push(record.id);
  }
  return found;
}

/** Bought for intune, less than there are users with enrolled devices. Where a product is not counted, none is missing. */
function short(state: TenantState, { authority, coexistence, licences }: IntendedChange, users: number): number {
  const wanted = authority ?? (coexistence === true ? 'intune' : undefined);
  const needed = wanted === undefined || wanted === 'sccm' || wanted === 'unknown' ? undefined : wanted;
  if (needed === undefined) return licences === undefined ? 0 : shortOfAdded(state, licences.add);
  const counted = products.filter((product) => product.covers.includes(needed) && state.licences.has(product.sku));
  if (counted.length === 0) return 0;
  return Math.max(0, users - counted.reduce((sum, { sku }) => sum + (state.licences.get(sku) ?? 0), 0));
}

function shortOfAdded(state: TenantState, added: readonly UserLicence[]): number {
  const more = new Map<string, number>();
  for (const { user: name, sku: given } of added) {
    const [user, sku] = [state.directory.find(name), findProduct(given)?.sku];
    if (user === undefined || sku === undefined || state.directory.productsOf(user).has(sku)) continue;
    more.set(sku, (more.get(sku) ?? 0) + 1);
  }
  let missing = 0;
  for (const [sku, count] of more) {
    const bought = state.licences.get(sku);
    if (bought !== undefined) missing += Math.max(0, state.directory.consumed(sku) + count - bought);
  }
  return missing;
}

/**
 * What an administrator must do besides, or devices stand still (A11), also on the way back to the authority of an earlier upload; and
 * consents that are not given, without which devices cannot be enrolled in that way, nor a push certificate be uploaded (A25).
 */
const missing = (state: TenantState, { cause }: Intended): readonly Missing[] => [
  ...(consequences[cause].endsPushCertificate && hasDevicesToPush(state) ? (['pushCertificate'] as const) : []),
  ...(cause === 'licence' ? [] : missingConsents(state).map((act) => `consent:${act}` as const)),
];

function hasDevicesToPush({ devices, ports }: TenantState): boolean {
  for (const { record } of devices.values()) {
    if (traitsOf(ports.traits, record.platform).needsPushCertificate) return true;
  }
  return false;
}

/** Of the acts that a served platform needs. */
function missingConsents({ admission, ports: { traits } }: TenantState): readonly ConsentAct[] {
  const needed = new Set(
    [...traits.values()].flatMap(({ consents = {}, needsPushCertificate }) => [
      ...Object.values(consents),
      ...(needsPushCertificate ? [pushConsent] : []),
    ]),
  );
  return consentActs.filter((act) => needed.has(act) && !isGiven(admission, act));
}
