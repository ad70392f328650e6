// Enrollment restrictions by the groups that they are for: whose is whose is found without looking at the others.
import type { EnrollmentRestriction, LimitRestriction, PlatformRestrictions } from './admission-types.js';

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

export class RestrictionIndex {
  readonly #all = new Map<string, EnrollmentRestriction>();
  /** By kind and group: the one that comes first. Undefined after a change, until it is asked for. */
  #first: Readonly<Record<Kind, ReadonlyMap<string, EnrollmentRestriction>>> | undefined;

  /** The default first, the others by kind and priority. */
  list(): readonly EnrollmentRestriction[] {
    return [this.default, ...['platforms' as const, 'limit' as const].flatMap((kind) => this.ofKind(kind))];
  }

  /** Those of groups, by priority. */
  ofKind<K extends Kind>(kind: K): readonly OfKind<K>[] {
    const found = [...this.#all.values()].filter((each): each is OfKind<K> => each.kind === kind && each.priority > 0);
    return found.sort((one, other) => one.priority - other.priority);
  }

  /** How many of groups there are. */
  sizeOf(kind: Kind): number {
    return this.ofKind(kind).length;
  }

  find(id: string): EnrollmentRestriction | undefined {
    return id === defaultRestrictionId ? this.default : this.#all.get(id);
  }

  get default(): PlatformRestrictions {
    const found = this.#all.get(defaultRestrictionId);
    return found?.kind === 'platforms' ? found : noRestriction;
  }

  /** In the place of the one of this id. */
  put(restriction: EnrollmentRestriction): void {
    this.#all.set(restriction.id, restriction);
    this.#first = undefined;
  }

  remove(id: string): void {
    this.#all.delete(id);
    this.#first = undefined;
  }

  /** What counts for a user of these groups, those of groups included. */
  platformsFor(groups: Iterable<string>): PlatformRestrictions {
    return this.#firstFor('platforms', groups) ?? this.default;
  }

  /** Undefined: the default limit counts. */
  limitFor(groups: Iterable<string>): LimitRestriction | undefined {
    return this.#firstFor('limit', groups);
  }

  #firstFor<K extends Kind>(kind: K, groups: Iterable<string>): OfKind<K> | undefined {
    this.#first ??= { limit: this.#byGroup('limit'), platforms: this.#byGroup('platforms') };
    const byGroup = this.#first[kind];
    let found: EnrollmentRestriction | undefined;
    for (const group of groups) {
      const each = byGroup.get(group);
      if (each !== undefined && (found === undefined || each.priority < found.priority)) found = each;
    }
    return found as OfKind<K> | undefined;
  }

  #byGroup(kind: Kind): ReadonlyMap<string, EnrollmentRestriction> {
    const first = new Map<string, EnrollmentRestriction>();
    for (const restriction of this.ofKind(kind)) {
      for (const group of restriction.groups) if (!first.has(group)) first.set(group, restriction);
    }
    return first;
  }
}
