import type { AutopilotProfile } from './admission-types.js';

/** Deployment profiles in the order in which they were made, by id and by the groups that they are for. */
export class AutopilotProfileIndex {
  readonly #byId = new Map<string, AutopilotProfile>();
  /** By id: which were made before which. One that is changed keeps its place. */
  readonly #places = new Map<string, number>();
  /** By group: ids of profiles. */
  readonly #byGroup = new Map<string, Set<string>>();
  readonly #forAll = new Set<string>();
  /** The first of `#forAll`. */
  #first: AutopilotProfile | undefined;
  #made = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** The first that is for all devices. */
  get forAll(): AutopilotProfile | undefined {
    return this.#first;
  }

  values(): Iterable<AutopilotProfile> {
    return this.#byId.values();
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  get(id: string): AutopilotProfile | undefined {
    return this.#byId.get(id);
  }

  /** The first that is for one of these groups. */
  forGroups(groupIds: ReadonlySet<string>): AutopilotProfile | undefined {
    return this.#firstOf([...groupIds].flatMap((id) => [...(this.#byGroup.get(id) ?? [])]));
  }

  set(profile: AutopilotProfile): void {
    const { id, groups = [], allDevices } = profile;
    const place = this.#places.get(id) ?? this.#made++;
    this.#unname(id);
    this.#byId.set(id, profile);
    this.#places.set(id, place);
    for (const group of groups) this.#byGroup.set(group, (this.#byGroup.get(group) ?? new Set()).add(id));
    if (allDevices === true) this.#forAll.add(id);
    this.#first = this.#firstOf(this.#forAll);
  }

  delete(id: string): void {
    this.#unname(id);
    this.#byId.delete(id);
    this.#places.delete(id);
    this.#first = this.#firstOf(this.#forAll);
  }

  #firstOf(ids: Iterable<string>): AutopilotProfile | undefined {
    let first: string | undefined;
    for (const id of ids) if (first === undefined || this.#placeOf(id) < this.#placeOf(first)) first = id;
    return this.#byId.get(first ?? '');
  }

  #placeOf(id: string): number {
    return this.#places.get(id) ?? Number.POSITIVE_INFINITY;
  }

  #unname(id: string): void {
    this.#forAll.delete(id);
    for (const group of this.#byId.get(id)?.groups ?? []) {
      const same = this.#byGroup.get(group);
      same?.delete(id);
      if (same?.size === 0) this.#byGroup.delete(group);
    }
  }
}
