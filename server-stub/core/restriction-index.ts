// Enrollment restrictions by the groups that they are for: whose is whose is found without looking at the others.
import type { EnrollmentRestriction, LimitRestriction, PlatformRestrictions } from './admission-types.js';
import { ChunkedOrder } from './chunked-order.js';

type Kind = EnrollmentRestriction['kind'];
type OfKind<K extends Kind> = Extract<EnrollmentRestriction, { kind: K }>;

/** Id of the one that is for everybody, behind all others. */
export const defaultRestrictionId = 'default';

/** As a new tenant has it: nothing is restricted. The default of the kind `limit` is the setting `deviceLimitPerUser`. */
export const noRestriction: PlatformRestrictions = Object.freeze({
  id: defaultRestrictionId,
  kind: 'platforms',
  displayName: 'All users and all devices',
  priority: 0,
  groups: [],
  platforms: {},
});

/** Those of a kind that are for groups. */
interface OfGroups {
  readonly order: ChunkedOrder;
  /** By group: those that name it, by rank. */
  readonly byGroup: Map<string, EnrollmentRestriction[]>;
  lastRank: number;
}

/**
 * A restriction that is put here has a *rank* for its priority, which orders those of a kind and has gaps where some were removed: so
 * none of the others changes with it. What is told has the priority, which has none.
 */
export class RestrictionIndex {
  readonly #all = new Map<string, EnrollmentRestriction>();
  readonly #kinds: Readonly<Record<Kind, OfGroups>> = { platforms: emptyKind(), limit: emptyKind() };

  /** The default first, the others by kind and priority. */
  list(): readonly EnrollmentRestriction[] {
    return [this.default, ...['platforms' as const, 'limit' as const].flatMap((kind) => this.ofKind(kind))];
  }

  /** Those of groups, by priority. */
  ofKind<K extends Kind>(kind: K): readonly OfKind<K>[] {
    return this.ranked(kind).map((each, place) => ({ ...each, priority: place + 1 }));
  }

  /** The same, with their ranks. */
  ranked<K extends Kind>(kind: K): readonly OfKind<K>[] {
    return [...this.#kinds[kind].order].map((id) => this.#all.get(id) as OfKind<K>);
  }

  /** How many of groups there are. */
  sizeOf(kind: Kind): number {
    return this.#kinds[kind].order.size;
  }

  find(id: string): EnrollmentRestriction | undefined {
    if (id === defaultRestrictionId) return this.default;
    const found = this.#all.get(id);
    return found && { ...found, priority: this.#kinds[found.kind].order.placeOf(id) + 1 };
  }

  get default(): PlatformRestrictions {
    const found = this.#all.get(defaultRestrictionId);
    return found?.kind === 'platforms' ? found : noRestriction;
  }

  /** The rank of the one of this id, or one behind all others of the kind. */
  rankFor(id: string, kind: Kind): number {
    if (id === defaultRestrictionId) return 0;
    return this.#all.get(id)?.priority ?? this.#kinds[kind].lastRank + 1;
  }

  /** With its rank, in the place of the one of this id. A new one must come behind those of its kind that are there. */
  put(restriction: EnrollmentRestriction): void {
    const { id, kind, priority: rank, groups } = restriction;
    const before = this.#all.get(id);
    this.#all.set(id, restriction);
    if (id === defaultRestrictionId) return;
    const known = this.#kinds[kind];
    if (before === undefined) known.order.add(id);
    else this.#forgetGroups(before);
    known.lastRank = Math.max(known.lastRank, rank);
    for (const group of new Set(groups)) {
      const own = known.byGroup.get(group) ?? [];
      known.byGroup.set(group, own);
      own.splice(placeOf(rank, own), 0, restriction);
    }
  }

  /** Those of a kind in another order. Gives those whose ranks are others now, with these. */
  reorder(kind: Kind, ids: readonly string[]): readonly EnrollmentRestriction[] {
    const ranked = this.ranked(kind);
    const byId = new Map(ranked.map((each) => [each.id, each]));
    for (const { id } of ranked) this.remove(id);
    return ids.flatMap((id, place) => {
      const [before, rank] = [byId.get(id), ranked[place]?.priority];
      if (before === undefined || rank === undefined) return [];
      const after = { ...before, priority: rank };
      this.put(after);
      return before.priority === rank ? [] : [after];
    });
  }

  remove(id: string): void {
    const found = this.#all.get(id);
    if (found === undefined) return;
    this.#all.delete(id);
    this.#forgetGroups(found);
    this.#kinds[found.kind].order.remove(id);
  }

  /** In the place of all that are there, by their priorities. Gives them with their ranks, which are 1, 2, 3 and so on. */
  replaceAll(restrictions: readonly EnrollmentRestriction[]): readonly EnrollmentRestriction[] {
    this.#all.clear();
    Object.assign(this.#kinds, { platforms: emptyKind(), limit: emptyKind() });
    return [...restrictions]
      .sort((one, other) => one.priority - other.priority)
      .map((each) => {
        const ranked = { ...each, priority: this.rankFor(each.id, each.kind) };
        this.put(ranked);
        return ranked;
      });
  }

  /** What counts for a user of these groups, those of groups included. Its priority is a rank. */
  platformsFor(groups: Iterable<string>): PlatformRestrictions {
    return this.#firstFor('platforms', groups) ?? this.default;
  }

  /** Undefined: the default limit counts. Its priority is a rank. */
  limitFor(groups: Iterable<string>): LimitRestriction | undefined {
    return this.#firstFor('limit', groups);
  }

  #firstFor<K extends Kind>(kind: K, groups: Iterable<string>): OfKind<K> | undefined {
    const { byGroup } = this.#kinds[kind];
    let found: EnrollmentRestriction | undefined;
    for (const group of groups) {
      const each = byGroup.get(group)?.[0];
      if (each !== undefined && (found === undefined || each.priority < found.priority)) found = each;
    }
    return found as OfKind<K> | undefined;
  }

  #forgetGroups({ id, kind, priority: rank, groups }: EnrollmentRestriction): void {
    const { byGroup } = this.#kinds[kind];
    for (const group of new Set(groups)) {
      const own = byGroup.get(group) ?? [];
      let place = placeOf(rank, own);
      while (own[place] !== undefined && own[place]?.id !== id) place++;
      own.splice(place, 1);
      if (own.length === 0) byGroup.delete(group);
    }
  }
}

const emptyKind = (): OfGroups => ({ order: new ChunkedOrder(), byGroup: new Map(), lastRank: 0 });

/** Where one of this rank is, or is to be. */
function placeOf(rank: number, ranked: readonly EnrollmentRestriction[]): number {
  let [low, high] = [0, ranked.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranked[middle]?.priority ?? 0) < rank) low = middle + 1;
    else high = middle;
  }
  return low;
}
