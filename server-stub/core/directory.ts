import { stubError } from '../errors.js';
import type { Group, User } from './types.js';

/**
 * The organisation's people and groups, by id and by user principal name, which is compared without regard to case; and how many
 * of them use each product (C7), counted as they change.
 */
export class Directory {
  readonly #byId = new Map<string, User>();
  readonly #byUpn = new Map<string, User>();
  readonly #groups = new Map<string, Group>();
  /** By group: the users who are members of it directly. */
  readonly #members = new Map<string, Set<string>>();
  /** By product: users who have it, directly or by a group. */
  readonly #consumed = new Map<string, number>();

  list(): readonly User[] {
    return [...this.#byId.values()];
  }

  find(idOrUpn: string): User | undefined {
    return this.#byId.get(idOrUpn) ?? this.#byUpn.get(idOrUpn.toLowerCase());
  }

  user(id: string): User | undefined {
    return this.#byId.get(id);
  }

  groups(): readonly Group[] {
    return [...this.#groups.values()];
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  group(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  /** Ids of the users who are direct members. */
  members(groupId: string): ReadonlySet<string> {
    return this.#members.get(groupId) ?? none;
  }

  /** Groups that are direct members of this one. Looks at every group. */
  memberGroups(groupId: string): readonly Group[] {
    return this.groups().filter(({ groups }) => groups.includes(groupId));
  }

  /** Whether the user is a direct member; also of a group that was removed since. */
  isMember(userId: string, groupId: string): boolean {
    return this.#byId.get(userId)?.groups.includes(groupId) ?? false;
  }

  /** Ids of all groups that the user is a member of, directly or by other groups. */
  groupsOf(userId: string): ReadonlySet<string> {
    return this.withParents(this.#byId.get(userId)?.groups ?? []);
  }

  /** Ids of these groups and of all that they are members of, directly or by other groups. */
  withParents(groupIds: readonly string[]): ReadonlySet<string> {
    const found = new Set<string>();
    const open = [...groupIds];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const group = this.#groups.get(id);
      if (group === undefined || found.has(id)) continue;
      found.add(id);
      open.push(...group.groups);
    }
    return found;
  }

  /**
   * Part numbers of all products that the user has, directly or by the groups of which they are a direct member: licences of a group
   * do not reach the members of groups within it, as in Microsoft Entra.
   */
  productsOf(user: Pick<User, 'products' | 'groups'>): ReadonlySet<string> {
    const products = new Set(user.products);
    for (const id of user.groups) for (const sku of this.#groups.get(id)?.products ?? []) products.add(sku);
    return products;
  }

  /** How many users have the product, directly or by a group. */
  consumed(sku: string): number {
    return this.#consumed.get(sku) ?? 0;
  }

  /** By product: how many users more (or fewer) would have it if the group had these products. Looks at each of its members. */
  consumedWith(groupId: string, products: readonly string[]): ReadonlyMap<string, number> {
    const before = this.#groups.get(groupId)?.products ?? [];
    const changes = new Map<string, number>();
    for (const sku of products) if (!before.includes(sku)) changes.set(sku, this.#membersWithout(groupId, sku));
    for (const sku of before) if (!products.includes(sku)) changes.set(sku, -this.#membersWithout(groupId, sku));
    return changes;
  }

  /** Throws REQUEST_INVALID when the user's name belongs to somebody else. */
  requireName({ id, upn }: Pick<User, 'id' | 'upn'>): void {
    const owner = this.#byUpn.get(upn.toLowerCase());
    if (owner !== undefined && owner.id !== id) {
      throw stubError('REQUEST_INVALID', `The user principal name ${upn} is taken`);
    }
  }

  /** In the place of the user of this id, if there is one. Throws REQUEST_INVALID when the name belongs to somebody else. */
  put(user: User): void {
    this.requireName(user);
    this.#forget(this.#byId.get(user.id));
    this.#byId.set(user.id, user);
    this.#byUpn.set(user.upn.toLowerCase(), user);
    for (const id of user.groups) this.#membersOf(id).add(user.id);
    this.#count(user, 1);
  }

  remove(id: string): boolean {
    this.#forget(this.#byId.get(id));
    return this.#byId.delete(id);
  }

  putGroup(group: Group): void {
    this.#groupCounts(group.id, group.products);
    this.#groups.set(group.id, group);
  }

  /** Members keep its id, which means nothing until there is a group of that id again. */
  removeGroup(id: string): boolean {
    this.#groupCounts(id, []);
    return this.#groups.delete(id);
  }

  #forget(user: User | undefined): void {
    if (user === undefined) return;
    this.#count(user, -1);
    this.#byUpn.delete(user.upn.toLowerCase());
    for (const group of user.groups) this.#members.get(group)?.delete(user.id);
  }

  #count(user: User, by: 1 | -1): void {
    for (const sku of this.productsOf(user)) this.#consumed.set(sku, this.consumed(sku) + by);
  }

  #groupCounts(groupId: string, products: readonly string[]): void {
    for (const [sku, more] of this.consumedWith(groupId, products)) this.#consumed.set(sku, this.consumed(sku) + more);
  }

  /** Direct members who have the product neither themselves nor by another group. */
  #membersWithout(groupId: string, sku: string): number {
    const licensed = new Set<string>();
    for (const { id, products } of this.#groups.values())
      if (id !== groupId && products.includes(sku)) licensed.add(id);
    let count = 0;
    for (const userId of this.members(groupId)) {
      const user = this.#byId.get(userId);
      if (user === undefined || user.products.includes(sku)) continue;
      if (licensed.size === 0 || !user.groups.some((id) => licensed.has(id))) count++;
    }
    return count;
  }

  #membersOf(groupId: string): Set<string> {
    let members = this.#members.get(groupId);
    if (members === undefined) {
      members = new Set();
      this.#members.set(groupId, members);
    }
    return members;
  }
}

const none: ReadonlySet<string> = new Set();
