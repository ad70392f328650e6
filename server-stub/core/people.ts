// Users and groups as they change, below the rules that change them: licences are counted (C7), devices move with them (C4, C9), and what
// is assigned is found anew.
import type { Authority } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { notifyOfChange } from './change-notifications.js';
import { addChange, fixMissed } from './changes.js';
import { assertFits } from './descriptions.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { governed } from './governed.js';
import { gainsOf, shortOf } from './licence-changes.js';
import { managerOf } from './manager.js';
import { covers } from './products.js';
import { type Concerns, membershipChanged, type TenantState } from './state.js';
import type { Group, User } from './types.js';

/**
 * Adds this user, or puts them in the place of the one of this id. Throws REQUEST_INVALID where a field is wrong or the name is somebody
 * else's, LICENCES_SHORT, STORE_UNWRITABLE; nothing is changed then.
 */
export function putUser(state: TenantState, user: User, by: string): void {
  assertFits('user', user);
  state.directory.requireName(user);
  const before = state.directory.user(user.id);
  requireLicencesOf(state, [user]);
  state.saver.requireWritable();
  changeUser(state, user.id, by, () => {
    const isRegrouped = before === undefined || !isSame(before.groups, user.groups);
    if (isRegrouped) fixMissed(state, user.id);
    state.directory.put(user);
    if (isRegrouped) membershipChanged(state, user.id);
    state.saver.record('user', user.id, user);
  });
  if (before === undefined) return;
  tellOfLicences(state, { user: user.id }, before.products, user.products);
  if (!isSame(before.groups, user.groups)) state.events.emit({ type: 'assignment', what: 'members', user: user.id });
}

/** Their devices stay, and are those of somebody without any licence. Nothing happens when there is no such user. */
export function removeUser(state: TenantState, id: string, by: string): void {
  state.saver.requireWritable();
  if (state.directory.user(id) === undefined) return;
  changeUser(state, id, by, () => {
    fixMissed(state, id);
    state.directory.remove(id);
    membershipChanged(state, id);
    state.saver.record('user', id, undefined);
  });
}

/**
 * Adds this group, or puts it in the place of the one of this id. Throws REQUEST_INVALID where a field is wrong, a group that it is a
 * member of does not exist, or is a member of it, LICENCES_SHORT, STORE_UNWRITABLE; nothing is changed then.
 */
export function putGroup(state: TenantState, group: Group, by: string): void {
  assertFits('group', group);
  const { directory } = state;
  const before = directory.group(group.id);
  if (before === undefined && directory.groupCount >= mostGroups) {
    throw stubError('REQUEST_INVALID', `A tenant has ${mostGroups} groups at most`);
  }
  requireParents(state, group);
  const products = before?.products ?? [];
  requireLicences(state, gainsOfGroup(state, group, products));
  state.saver.requireWritable();
  directory.putGroup(group);
  if (before === undefined || !isSame(before.groups, group.groups)) membershipChanged(state);
  state.saver.record('group', group.id, group);
  if (!isSame(products, group.products)) settleSoon(state);
  tellOfLicences(state, { group: group.id }, products, group.products);
  if (before !== undefined && !isSame(before.groups, group.groups)) {
    state.events.emit({ type: 'assignment', what: 'members', group: group.id });
  }
  const [was, is] = [covers(products, 'intune'), covers(group.products, 'intune')];
  if (!state.coexistence || was === is || directory.members(group.id).size === 0) return;
  addLicenceChange(state, by, is ? ['office365', 'intune'] : ['intune', 'office365'], { group: group.id }, () =>
    devicesOf(state, directory.members(group.id)),
  );
}

const mostGroups = 10_000;

/** Applies the change; where another authority manages the user's devices from it on, it is one of the history. */
function changeUser(state: TenantState, id: string, by: string, apply: () => void): void {
  const manager = () => managerOf(state, governed(state, state.directory.user(id)));
  const devices = [...(state.index.byUser.get(id) ?? [])];
  const from = devices.length > 0 ? manager() : undefined;
  apply();
  if (from === undefined) return;
  const to = manager();
  if (from !== to) addLicenceChange(state, by, [from, to], { users: [id] }, () => devices);
}

/**
 * Nobody is notified of it, but where the tenant says so (C9). Devices of a group's members are counted only then: without that it
 * costs the same however many there are.
 */
function addLicenceChange(
  state: TenantState,
  by: string,
  [from, to]: readonly [Authority, Authority],
  concerns: Concerns,
  devices: () => readonly TenantDevice[],
): void {
  const { notifyOnLicenceChange: isNotified } = state.settings;
  const enrolled = isNotified || (concerns !== 'all' && 'users' in concerns) ? devices().filter(isEnrolled).length : 0;
  addChange(state, {
    at: state.ports.clock.now(),
    by,
    cause: 'licence',
    from,
    to,
    concerns,
    lastSequence: state.index.order.last,
    enrolled,
    toNotify: isNotified ? enrolled : 0,
  });
  state.ports.log.info('LICENCE_CHANGED', { from, to, by });
  notifyOfChange(state, state.changes.length - 1);
}

/** Members of a group are counted after the answer, so many at a time. */
function settleSoon(state: TenantState): void {
  setImmediate(() => {
    if (!state.directory.settle(membersAtOnce)) settleSoon(state);
  });
}

const membersAtOnce = 200;

function tellOfLicences(
  state: TenantState,
  whose: { readonly user?: string; readonly group?: string },
  before: readonly string[],
  after: readonly string[],
): void {
  if (isSame(before, after)) return;
  const added = after.filter((sku) => !before.includes(sku)).join(' ');
  const removed = before.filter((sku) => !after.includes(sku)).join(' ');
  state.events.emit({ type: 'licence', ...whose, added, removed });
}

function devicesOf(state: TenantState, userIds: Iterable<string>): TenantDevice[] {
  const devices: TenantDevice[] = [];
  for (const id of userIds) for (const device of state.index.byUser.get(id) ?? []) devices.push(device);
  return devices;
}

const productsOf = (state: TenantState, user: User | undefined): ReadonlySet<string> =>
  user === undefined ? new Set() : state.directory.productsOf(user);

/** Throws LICENCES_SHORT where these users, as they shall be, would have more than were bought. */
export function requireLicencesOf(state: TenantState, users: readonly User[]): void {
  const sum = new Map<string, number>();
  for (const user of users) {
    const before = state.directory.user(user.id);
    for (const [sku, gain] of gainsOf(productsOf(state, before), productsOf(state, user))) {
      sum.set(sku, (sum.get(sku) ?? 0) + gain);
    }
  }
  requireLicences(state, sum);
}

/**
 * Of products that a group is given, how many more users would have them; where there are enough for all of its members, that is not
 * looked at more closely.
 */
function gainsOfGroup(
  { directory, licences }: TenantState,
  { id, products }: Group,
  before: readonly string[],
): ReadonlyMap<string, number> {
  const all = directory.members(id).size;
  const counted = products.filter((sku) => {
    const bought = licences.get(sku);
    return bought !== undefined && !before.includes(sku) && directory.consumed(sku) + all > bought;
  });
  return new Map(counted.map((sku) => [sku, directory.membersWithout(id, sku)]));
}

/** C7: nobody has one when there are not enough for all. */
function requireLicences(state: TenantState, gains: ReadonlyMap<string, number>): void {
  const [shortage] = shortOf(state.licences, state.directory, gains);
  if (shortage === undefined) return;
  const { sku, bought, consumed, short } = shortage;
  throw stubError(
    'LICENCES_SHORT',
    `${sku}: ${bought} licences were bought and ${consumed} are in use; ${short} too few are left for this`,
    { details: { ...shortage } },
  );
}

/** Throws REQUEST_INVALID where the group would be a member of none or of itself. */
export function requireParents(state: TenantState, { id, groups }: Group): void {
  const before = state.directory.group(id);
  const missing = groups.find(
    (parent) => state.directory.group(parent) === undefined && !before?.groups.includes(parent),
  );
  if (missing !== undefined) throw stubError('REQUEST_INVALID', `No group has the id ${missing}`);
  if (groups.includes(id) || state.directory.withParents(groups).has(id)) {
    throw stubError('REQUEST_INVALID', 'The group would be a member of itself: groups cannot lie in a circle');
  }
}

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item, index) => item === other[index]);
