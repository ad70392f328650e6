// Security groups and their members, as administrators change them (B2).
import { stubError } from '../errors.js';
import { saveMeta } from './changes.js';
import type { Groups } from './interfaces.js';
import { putGroup, putUser, requireLicencesOf, requireParents } from './people.js';
import { membershipChanged, type TenantState } from './state.js';
import type { Group, User } from './types.js';

export const groups = (state: TenantState): Groups => ({
  groups: () => state.directory.groups(),
  group: (id) => state.directory.group(id),
  groupMembers: (id, all) => groupMembers(state, id, all),
  memberOf: (id, all) => memberOf(state, id, all),
  putGroup: (group, by = 'administrator') => putGroup(state, group, by),
  removeGroup: (id) => removeGroup(state, id),
  addMembers: (groupId, memberIds, by = 'administrator') => addMembers(state, groupId, memberIds, by),
  removeMember: (groupId, memberId, by = 'administrator') => removeMember(state, groupId, memberId, by),
});

function groupMembers(state: TenantState, id: string, all: 'all' | undefined): ReturnType<Groups['groupMembers']> {
  if (all === undefined) return { users: usersIn(state, [id]), groups: state.directory.memberGroups(id) };
  const inner = groupsIn(state, id);
  const found = [...inner].flatMap((groupId) => state.directory.group(groupId) ?? []);
  return { users: usersIn(state, [id, ...inner]), groups: found };
}

/** Those who are direct members of one of these groups. */
function usersIn({ directory }: TenantState, groupIds: Iterable<string>): readonly User[] {
  const found = new Map<string, User>();
  for (const groupId of groupIds) {
    for (const id of directory.members(groupId)) {
      const user = directory.user(id);
      if (user !== undefined) found.set(id, user);
    }
  }
  return [...found.values()];
}

/** Ids of the groups within this one, at any depth. */
function groupsIn({ directory }: TenantState, id: string): ReadonlySet<string> {
  const children = new Map<string, string[]>();
  for (const group of directory.groups()) {
    for (const parent of group.groups) children.set(parent, [...(children.get(parent) ?? []), group.id]);
  }
  const found = new Set<string>();
  const open = [...(children.get(id) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(children.get(next) ?? []));
  }
  return found;
}

function memberOf({ directory }: TenantState, id: string, all: 'all' | undefined): readonly Group[] {
  const direct = directory.user(id)?.groups ?? directory.group(id)?.groups ?? [];
  const ids = all === 'all' ? directory.withParents(direct) : direct;
  return [...ids].flatMap((groupId) => directory.group(groupId) ?? []);
}

function removeGroup(state: TenantState, id: string): void {
  const group = state.directory.group(id);
  if (group === undefined) return;
  if (group.products.length > 0) {
    throw stubError(
      'REQUEST_INVALID',
      `The group ${group.displayName} has licences: take them away before it is deleted`,
    );
  }
  state.saver.requireWritable();
  state.directory.removeGroup(id);
  membershipChanged(state);
  state.saver.record('group', id, undefined);
  const { admission } = state;
  if (!admission.bms.exclusions.includes(id)) return;
  admission.bms = { ...admission.bms, exclusions: admission.bms.exclusions.filter((each) => each !== id) };
  saveMeta(state);
}

/** All is judged before the first becomes a member. */
function addMembers(state: TenantState, groupId: string, memberIds: readonly string[], by: string): void {
  const members = [...new Set(memberIds)].map((id) => member(state, groupId, id));
  for (const { id, groups: before } of members) {
    if (before.includes(groupId)) throw stubError('REQUEST_INVALID', `${id} is a member of ${groupId} already`);
    if (before.length >= mostGroupsOfOne) {
      throw stubError('REQUEST_INVALID', `${id} is a member of ${mostGroupsOfOne} groups, which is the most`);
    }
  }
  const changed = members.map((each): Member => ({ ...each, groups: [...each.groups, groupId] }));
  for (const each of changed) if (!isUser(each)) requireParents(state, each);
  requireLicencesOf(state, changed.filter(isUser));
  for (const each of changed) put(state, each, by);
}

function removeMember(state: TenantState, groupId: string, memberId: string, by: string): void {
  const { groups: before, ...rest } = member(state, groupId, memberId);
  if (!before.includes(groupId)) throw stubError('NOT_FOUND', `${memberId} is no direct member of ${groupId}`);
  put(state, { ...rest, groups: before.filter((id) => id !== groupId) }, by);
}

/** Direct memberships of one user or group: each look-up of what is assigned goes over them. */
const mostGroupsOfOne = 1000;

type Member = User | Group;

const isUser = (each: Member): each is User => 'upn' in each;

const put = (state: TenantState, each: Member, by: string): void =>
  isUser(each) ? putUser(state, each, by) : putGroup(state, each, by);

/** The user or group of this id, which is to be in the group or to leave it. Throws NOT_FOUND. */
function member({ directory }: TenantState, groupId: string, memberId: string): Member {
  if (directory.group(groupId) === undefined) throw stubError('NOT_FOUND', `No group has the id ${groupId}`);
  const found = directory.find(memberId) ?? directory.group(memberId);
  if (found === undefined) throw stubError('NOT_FOUND', `No user or group has the id ${memberId}`);
  return found;
}
