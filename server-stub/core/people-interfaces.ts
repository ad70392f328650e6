// What may be done with a tenant's groups and licences.
import type { LicenceChange } from './licence-changes.js';
import type { Group, User } from './types.js';

/** The organization's security groups, and who is in them. */
export interface Groups {
  groups(): readonly Group[];
  group(id: string): Group | undefined;
  /**
   * Direct members: users, and groups, whose members count as members where profiles are assigned. With `all`, those of these groups
   * too, at any depth.
   */
  groupMembers(id: string, all?: 'all'): { readonly users: readonly User[]; readonly groups: readonly Group[] };
  /** The groups of a user or of a group, by id; with `all`, those that they are in by other groups too. */
  memberOf(id: string, all?: 'all'): readonly Group[];
  /**
   * Adds this group, or replaces the one of this id. Throws REQUEST_INVALID: it would be a member of itself, one of `groups` does not
   * exist, there are too many, or a field is wrong; LICENCES_SHORT as `assignGroupLicences`.
   */
  putGroup(group: Group, by?: string): void;
  /** What is assigned to it is assigned to nobody by it then (B2). Throws REQUEST_INVALID while it has licences. */
  removeGroup(id: string): void;
  /**
   * These users and groups, by id, become direct members, all of them or none. Throws NOT_FOUND; REQUEST_INVALID where one is a member
   * already, is in too many groups, or would be a member of itself; LICENCES_SHORT where the group's licences were not bought for so
   * many more.
   */
  addMembers(groupId: string, memberIds: readonly string[], by?: string): void;
  /** Throws NOT_FOUND where it is no direct member. */
  removeMember(groupId: string, memberId: string, by?: string): void;
}

/** A product of the tenant: how many licences were bought, and how many users have one. */
export interface LicenceCount {
  /** Graph's skuPartNumber. */
  readonly sku: string;
  /** Absent: not counted. */
  readonly bought?: number;
  /** Users who have it, directly or by a group. */
  readonly consumed: number;
}

/**
 * Licences are counted products of users and groups (C7, C9). Under coexistence a change of them may move devices, at their next
 * check-in (C4): each such change is in the history, with cause `licence`.
 */
export interface Licences {
  /** Products that were bought, or that somebody has. */
  licences(): readonly LicenceCount[];
  /** Part numbers of all products of a user, those of groups included; none for somebody who is unknown. */
  productsOf(userId: string): readonly string[];
  /**
   * Throws NOT_FOUND; LICENCES_SHORT where more would be used than were bought; REQUEST_INVALID where what is to be removed is not
   * licensed to this user directly. Nothing is changed then.
   */
  assignLicences(userId: string, change: LicenceChange, by: string): User;
  /** The same for everybody who is a direct member of the group. One change in the history, whatever their number (C9). */
  assignGroupLicences(groupId: string, change: LicenceChange, by: string): Group;
}
