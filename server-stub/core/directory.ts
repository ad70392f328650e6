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
  /** By display name, as `nameKey` has it: ids of groups. */
  readonly #groupsByName = new Map<string, Set<string>>();
  /** By group: the users who are members of it directly. */
  readonly #members = new Map<string, Set<string>>();
  /** By product: users who have it, directly or by a group. */
  readonly #consumed = new Map<string, number>();
  /** Members of a group whose products have changed that are not counted yet. They are, before anything else changes or is asked. */
  #uncounted: { readonly members: Iterator<string>; readonly count: Counting } | undefined;

  /** Names of the users who were removed last, by their ids. */
  readonly #removed = new Map<string, string>();

  list(): readonly User[] {
    return [...this.#byId.values()];
  }

  find(idOrUpn: string): User | undefined {
    return this.#byId.get(idOrUpn) ?? this.#byUpn.get(idOrUpn.toLowerCase());
  }

  user(id: string): User | undefined {
    return this.#byId.get(id);
  }

  /** Id and last name of one of those who were removed last, since the process began. */
  removed(id: string): Pick<User, 'id' | 'upn'> | undefined {
    const upn = this.#removed.get(id);
    return upn === undefined ? undefined : { id, upn };
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

  /** Ids of the groups of this display name, without regard to case and to blanks around it. */
  groupsNamed(displayName: string): ReadonlySet<string> {
    return this.#groupsByName.get(nameKey(displayName)) ?? none;
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

  /** How many users have the product, directly or by a group. After a change of a group it looks at those members not yet counted. */
  consumed(sku: string): number {
    this.settle();
    return this.#consumed.get(sku) ?? 0;
  }

  /** How many direct members of the group have the product neither themselves nor by another group. Looks at each of them. */
  membersWithout(groupId: string, sku: string): number {
    const count = this.#counting(groupId, [{ sku, by: 1 }]);
    let found = 0;
    for (const userId of this.members(groupId)) count(userId, () => found++);
    return found;
  }

  /** Counts so many of the members whose group was given other products; false: some are left. */
  settle(most = Number.POSITIVE_INFINITY): boolean {
    for (let looked = 0; this.#uncounted !== undefined; looked++) {
      if (looked >= most) return false;
      const { done, value } = this.#uncounted.members.next();
      if (done) this.#uncounted = undefined;
      else this.#uncounted.count(value, (sku, by) => this.#consumed.set(sku, (this.#consumed.get(sku) ?? 0) + by));
    }
    return true;
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
    this.settle();
    this.#forget(this.#byId.get(user.id));
    this.#removed.delete(user.id);
    this.#byId.set(user.id, user);
    this.#byUpn.set(user.upn.toLowerCase(), user);
    for (const id of user.groups) this.#membersOf(id).add(user.id);
    this.#count(user, 1);
  }

  remove(id: string): boolean {
    this.settle();
    const user = this.#byId.get(id);
    this.#forget(user);
    if (user === undefined) return false;
    this.#removed.set(id, user.upn);
    const [oldest] = this.#removed.keys();
    if (this.#removed.size > keptNames && oldest !== undefined) this.#removed.delete(oldest);
    return this.#byId.delete(id);
  }

  /** Who uses which product is counted later: it costs the same, however many members there are. */
  putGroup(group: Group): void {
    this.#recount(group.id, group.products);
    this.#unname(group.id);
    this.#groups.set(group.id, group);
    const key = nameKey(group.displayName);
    this.#groupsByName.set(key, (this.#groupsByName.get(key) ?? new Set()).add(group.id));
  }

  /** Members keep its id, which means nothing until there is a group of that id again. */
  removeGroup(id: string): boolean {
    this.#recount(id, []);
    this.#unname(id);
    return this.#groups.delete(id);
  }

  #unname(groupId: string): void {
    const key = nameKey(this.#groups.get(groupId)?.displayName ?? '');
    const same = this.#groupsByName.get(key);
    same?.delete(groupId);
    if (same?.size === 0) this.#groupsByName.delete(key);
  }

  #forget(user: User | undefined): void {
    if (user === undefined) return;
    this.#count(user, -1);
    this.#byUpn.delete(user.upn.toLowerCase());
    for (const group of user.groups) this.#members.get(group)?.delete(user.id);
  }

  #count(user: User, by: 1 | -1): void {
    for (const sku of this.productsOf(user)) this.#consumed.set(sku, (this.#consumed.get(sku) ?? 0) + by);
  }

  #recount(groupId: string, products: readonly string[]): void {
    this.settle();
    const before = this.#groups.get(groupId)?.products ?? [];
    const added = products.filter((sku) => !before.includes(sku)).map((sku) => ({ sku, by: 1 }) as const);
    const removed = before.filter((sku) => !products.includes(sku)).map((sku) => ({ sku, by: -1 }) as const);
    if (added.length + removed.length === 0) return;
    const count = this.#counting(groupId, [...added, ...removed]);
    this.#uncounted = { members: this.members(groupId).values(), count };
  }

  /** Tells which of these products a member has by nothing but this group. */
  #counting(groupId: string, skus: readonly { readonly sku: string; readonly by: 1 | -1 }[]): Counting {
    const groups = [...this.#groups.values()].filter(({ id }) => id !== groupId);
    const asked = skus.map(({ sku, by }) => ({
      sku,
      by,
      others: new Set(groups.flatMap(({ id, products }) => (products.includes(sku) ? [id] : []))),
    }));
    return (userId, found) => {
      const user = this.#byId.get(userId);
      if (user === undefined) return;
      for (const { sku, by, others } of asked) {
        if (user.products.includes(sku)) continue;
        if (others.size === 0 || !user.groups.some((id) => others.has(id))) found(sku, by);
      }
    };
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

const nameKey = (displayName: string): string => displayName.trim().toLowerCase();

/** Of users who were removed. */
const keptNames = 10_000;

type Counting = (userId: string, found: (sku: string, by: 1 | -1) => void) => void;

const none: ReadonlySet<string> = new Set();
