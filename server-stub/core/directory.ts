import { stubError } from '../errors.js';
import type { Group, User } from './types.js';

/** The organisation's people and groups, by id and by user principal name, which is compared without regard to case. */
export class Directory {
  readonly #byId = new Map<string, User>();
  readonly #byUpn = new Map<string, User>();
  readonly #groups = new Map<string, Group>();
  /** By group: the users who are members of it directly. */
  readonly #members = new Map<string, Set<string>>();

  list(): readonly User[] {
    return [...this.#byId.values()];
  }

  find(idOrUpn: string): User | undefined {
    return this.#byId.get(idOrUpn) ?? this.#byUpn.get(idOrUpn.toLowerCase());
  }

  groups(): readonly Group[] {
    return [...this.#groups.values()];
  }

  group(id: string): Group | undefined {
    return this.#groups.get(id);
  }

  /** Ids of the users who are direct members. */
  members(groupId: string): ReadonlySet<string> {
    return this.#members.get(groupId) ?? none;
  }

  /** Ids of all groups that the user is a member of, directly or by other groups. */
  groupsOf(userId: string): ReadonlySet<string> {
    const found = new Set<string>();
    const open = [...(this.#byId.get(userId)?.groups ?? [])];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const group = this.#groups.get(id);
      if (group === undefined || found.has(id)) continue;
      found.add(id);
      open.push(...group.groups);
    }
    return found;
  }

  /** Part numbers of all products that the user has, directly or by groups. */
  productsOf(user: User): ReadonlySet<string> {
    const products = new Set(user.products);
    for (const id of this.groupsOf(user.id)) for (const sku of this.#groups.get(id)?.products ?? []) products.add(sku);
    return products;
  }

  /** Throws REQUEST_INVALID when the name belongs to somebody else. */
  put(user: User): void {
    const upn = user.upn.toLowerCase();
    const owner = this.#byUpn.get(upn);
    if (owner !== undefined && owner.id !== user.id) {
      throw stubError('REQUEST_INVALID', `The user principal name ${user.upn} is taken`);
    }
    this.#drop(user.id);
    this.#byId.set(user.id, user);
    this.#byUpn.set(upn, user);
    for (const id of user.groups) this.#membersOf(id).add(user.id);
  }

  remove(id: string): boolean {
    return this.#drop(id);
  }

  putGroup(group: Group): void {
    this.#groups.set(group.id, group);
  }

  /** Members keep its id, which means nothing then; undefined groups count for nothing. */
  removeGroup(id: string): boolean {
    this.#members.delete(id);
    return this.#groups.delete(id);
  }

  #drop(id: string): boolean {
    const user = this.#byId.get(id);
    if (user === undefined) return false;
    this.#byId.delete(id);
    this.#byUpn.delete(user.upn.toLowerCase());
    for (const group of user.groups) this.#members.get(group)?.delete(id);
    return true;
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
