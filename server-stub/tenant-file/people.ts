// Users, ranges of them, and groups, which are made as they are mentioned.
import { idOf } from '../core/identifiers.js';
import { productsOf } from '../core/products.js';
import type { Group, User } from '../core/types.js';
import { judge } from './judge.js';
import type { Path, Report } from './problems.js';
import { groupWords, userWords } from './words.js';

const mostUsers = 1_000_000;
const mostGroups = 10_000;

/** Groups by name, without regard to capitals, and by id. */
export class Groups {
  readonly #byId = new Map<string, Group>();
  readonly #byName = new Map<string, string | 'several'>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  list(): Group[] {
    return [...this.#byId.values()];
  }

  declare(group: Group): boolean {
    if (this.#byId.has(group.id)) return false;
    this.#byId.set(group.id, group);
    const key = group.displayName.toLowerCase();
    this.#byName.set(key, this.#byName.has(key) ? 'several' : group.id);
    return true;
  }

  /** The id of the group that is meant; one that is not there yet is made. Undefined where its name is that of several. */
  mentioned(name: string, at: Path): string | undefined {
    if (this.#byId.has(name)) return name;
    const id = this.#byName.get(name.toLowerCase());
    if (id === 'several') this.#report(at, `several groups are called ${name}: write the id of one`);
    if (id !== undefined) return id === 'several' ? undefined : id;
    if (this.#byId.size >= mostGroups) {
      this.#report(at, `a tenant has ${mostGroups} groups at most`);
      return undefined;
    }
    const made: Group = { id: groupId(name), displayName: name, groups: [], products: [] };
    this.declare(made);
    return made.id;
  }

  allMentioned(names: readonly string[], at: Path): string[] {
    const ids = names.flatMap((name, index) => this.mentioned(name, [...at, index]) ?? []);
    return [...new Set(ids)];
  }

  /** What a group listed in the file is a member of, once all that are listed are known. */
  nest(id: string, groups: readonly string[]): void {
    const group = this.#byId.get(id);
    if (group !== undefined) this.#byId.set(id, { ...group, groups });
  }

  /** Whether somebody who is in this group is in itself by that. */
  isCircle(start: string): boolean {
    const seen = new Set<string>();
    const open = [...(this.#byId.get(start)?.groups ?? [])];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (id === start) return true;
      if (seen.has(id)) continue;
      seen.add(id);
      open.push(...(this.#byId.get(id)?.groups ?? []));
    }
    return false;
  }
}

/** The id of a group that is known by its name alone. */
export const groupId = (name: string): string => idOf('group', name.toLowerCase());
/** The id of a user who is known by the user principal name alone. */
export const userId = (upn: string): string => idOf('user', upn.toLowerCase());

export function readGroups(items: readonly unknown[], report: Report): Groups {
  const groups = new Groups(report);
  const nested: (() => void)[] = [];
  for (const [index, item] of items.entries()) {
    const at = ['groups', index];
    const read = judge(groupWords, item, at, report);
    if (read === undefined) continue;
    const { id = groupId(read.name), name: displayName, memberOf = [], licences = [] } = read;
    const isNew = groups.declare({ id, displayName, groups: [], products: [...new Set(licences)] });
    if (!isNew) report([...at, read.id === undefined ? 'name' : 'id'], `${read.id ?? displayName} is listed twice`);
    else nested.push(() => groups.nest(id, groups.allMentioned(memberOf, [...at, 'memberOf'])));
    nested.push(() => {
      if (groups.isCircle(id)) report([...at, 'memberOf'], `${displayName} is a member of itself by this`);
    });
  }
  // Whoever closes a circle is told.
  for (const nest of nested) nest();
  return groups;
}

/** Who is listed. */
interface ReadUsers {
  readonly users: readonly User[];
  /** Ids by user principal name in small letters and by id; of users in whose entry something is wrong, too. */
  readonly byName: ReadonlyMap<string, string>;
}

/** `isFormer`: a file of before licences were products, whose users have one that covers both unless they say otherwise. */
export function readUsers(items: readonly unknown[], groups: Groups, isFormer: boolean, report: Report): ReadUsers {
  const users: User[] = [];
  const byName = new Map<string, string>();
  const note = (id: string, upn: string, at: Path) => {
    const key = upn.toLowerCase();
    if (byName.has(key)) report([...at, 'upn'], `${upn} is listed twice`);
    else if (byName.has(id)) report([...at, 'id'], `the id ${id} is used twice`);
    byName.set(key, id).set(id, id);
  };
  for (const [index, item] of items.entries()) {
    const at = ['users', index];
    const read = judge(userWords, item, at, report);
    if (read === undefined) {
      const named = namedBy(item);
      if (named !== undefined) note(named.id, named.upn, at);
      continue;
    }
    const { licence, licences, password, displayName } = read;
    if (licence !== undefined && licences !== undefined) report([...at, 'licence'], 'is said by licences too');
    const range = rangeOf(read.upn, read.id, users.length, at, report);
    if (range === undefined) continue;
    const products = licences ?? productsOf(licence ?? (isFormer ? 'both' : 'none'));
    const memberOf = groups.allMentioned(read.groups ?? [], [...at, 'groups']);
    for (const { upn, number } of expand(read.upn, range)) {
      const id = read.id ?? userId(upn);
      note(id, upn, at);
      users.push({
        id,
        upn,
        displayName: displayName?.replaceAll('{n}', String(number ?? '')) ?? upn.split('@')[0] ?? upn,
        products: [...new Set(products)],
        groups: memberOf,
        ...(password !== undefined && { password }),
      });
    }
  }
  return { users, byName };
}

/** Of an entry with mistakes: whom it is of all the same, so that nobody is told that this user is not listed. */
function namedBy(item: unknown): { readonly id: string; readonly upn: string } | undefined {
  if (typeof item !== 'object' || item === null || !('upn' in item) || typeof item.upn !== 'string') return undefined;
  const { upn } = item;
  if (readRange(upn) !== 'none') return undefined;
  return { upn, id: 'id' in item && typeof item.id === 'string' ? item.id : userId(upn) };
}

interface Range {
  readonly before: string;
  readonly first: number;
  readonly count: number;
  readonly after: string;
}

/** `none` for one user; undefined once a mistake is reported. */
function rangeOf(upn: string, id: string | undefined, before: number, at: Path, report: Report) {
  const range = readRange(upn);
  if (range === 'bad') report([...at, 'upn'], 'expected a range such as user{1..1000}@contoso.example');
  else if (range !== 'none' && id !== undefined) report([...at, 'id'], 'a range has no id of its own');
  else if (before + (range === 'none' ? 1 : range.count) > mostUsers) {
    report([...at, 'upn'], `a tenant has ${mostUsers} users at most`);
  } else return range;
  return undefined;
}

function readRange(upn: string): Range | 'bad' | 'none' {
  if (!/[{}]/.test(upn)) return 'none';
  const [, before = '', first, last, after = ''] = /^([^{}]*)\{(\d{1,7})\.\.(\d{1,7})\}([^{}]*)$/.exec(upn) ?? [];
  const count = Number(last) - Number(first) + 1;
  return first === undefined || count < 1 ? 'bad' : { before, first: Number(first), count, after };
}

function* expand(upn: string, range: Range | 'none'): Generator<{ upn: string; number?: number }> {
  if (range === 'none') {
    yield { upn };
    return;
  }
  for (let number = range.first; number < range.first + range.count; number++) {
    yield { upn: `${range.before}${number}${range.after}`, number };
  }
}
