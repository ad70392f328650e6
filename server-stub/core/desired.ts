import type { Authority, PlatformName, Profile, ProfileKind } from '../../protocol/vocabulary.js';
import type { AdmissionState } from './admission-state.js';
import { isAssigned } from './assignment.js';
import { isExcluded } from './bms-exclusions.js';
import type { Directory } from './directory.js';
import { isForPlatform } from './platforms.js';
import type { AssignedProfile } from './types.js';
import { versionOf } from './version.js';

interface DesiredProfile {
  readonly name: string;
  readonly authority: Authority;
  readonly version: string;
  readonly profile: Profile;
}

/** What a device shall hold, in the order of installing: what others refer to comes first. */
export interface Desired {
  readonly list: readonly DesiredProfile[];
  readonly byName: ReadonlyMap<string, DesiredProfile>;
  /** False while profiles that were assigned cannot be read: that one is not here does not say that it was taken away. */
  readonly isWhole: boolean;
  /** Kinds that another manager keeps (C6): what the device holds of them stays until it is overwritten. */
  readonly withheld: ReadonlySet<ProfileKind>;
}

const rank: Record<ProfileKind, number> = { certificate: 0, configuration: 3, wifi: 4, vpn: 5, email: 6 };
const roleRank = { root: 0, intermediate: 1, identity: 2 } as const;
/** The place of a profile in the order of installing: what others refer to comes first. */
export const orderOf = (profile: Profile): number =>
  profile.kind === 'certificate' ? roleRank[profile.role] : rank[profile.kind];

function toDesired(assigned: readonly AssignedProfile[], isWhole: boolean): Desired {
  const list = assigned
    .map(({ authority, profile }) => ({ name: profile.name, authority, version: versionOf(profile), profile }))
    .sort((a, b) => orderOf(a.profile) - orderOf(b.profile));
  return { list, byName: new Map(list.map((item) => [item.name, item])), isWhole, withheld: nothing };
}

function without({ list, isWhole }: Desired, withheld: ReadonlySet<ProfileKind>): Desired {
  const given = list.filter(({ profile }) => !withheld.has(profile.kind));
  return { list: given, byName: new Map(given.map((item) => [item.name, item])), isWhole, withheld };
}

const nothing: ReadonlySet<ProfileKind> = new Set();

/** Of one authority's devices on one platform. */
interface Shared {
  readonly authority: Authority;
  readonly candidates: readonly AssignedProfile[];
  /** What a device without a user is given. */
  readonly userless: Desired;
  /** By which of the candidates are assigned: whoever is assigned the same is given the same object. */
  readonly byChoice: Map<string, Desired>;
  /** What was found of each user; forgotten when a membership changes. */
  readonly users: Map<string, Desired>;
}

/**
 * The desired states, made once per change of the profiles and shared: most users have the same. The same object comes back
 * until a profile changes, so that "nothing new" is one comparison of references for an idle device.
 */
export class DesiredStates {
  readonly #profiles: ReadonlyMap<string, AssignedProfile>;
  readonly #directory: Pick<Directory, 'groupsOf'>;
  readonly #admission: Pick<AdmissionState, 'bms'>;
  readonly #areWhole: () => boolean;
  readonly #parts = new WeakMap<Desired, Map<ReadonlySet<ProfileKind>, Desired>>();
  readonly #shared = new Map<`${Authority}/${PlatformName}`, Shared>();

  /** `areWhole`: whether all profiles that were assigned can be read. Asked when a desired state is made. */
  constructor(
    profiles: ReadonlyMap<string, AssignedProfile>,
    directory: Pick<Directory, 'groupsOf'>,
    admission: Pick<AdmissionState, 'bms'>,
    areWhole: () => boolean,
  ) {
    this.#profiles = profiles;
    this.#directory = directory;
    this.#admission = admission;
    this.#areWhole = areWhole;
  }

  profilesChanged(): void {
    this.#shared.clear();
  }

  /** `withheld`: kinds that are not given; the same set for the same kinds. */
  of(
    authority: Authority,
    platform: PlatformName,
    userId: string | undefined,
    withheld: ReadonlySet<ProfileKind> = nothing,
  ): Desired {
    const whole = this.#whole(authority, platform, userId);
    if (withheld.size === 0) return whole;
    let parts = this.#parts.get(whole);
    if (parts === undefined) {
      parts = new Map();
      this.#parts.set(whole, parts);
    }
    let part = parts.get(withheld);
    if (part === undefined) {
      part = without(whole, withheld);
      parts.set(withheld, part);
    }
    return part;
  }

  #whole(authority: Authority, platform: PlatformName, userId: string | undefined): Desired {
    let shared = this.#shared.get(`${authority}/${platform}`);
    if (shared === undefined) {
      shared = this.#build(authority, platform);
      this.#shared.set(`${authority}/${platform}`, shared);
    }
    if (userId === undefined) return shared.userless;
    let desired = shared.users.get(userId);
    if (desired === undefined) {
      desired = this.#choose(shared, userId);
      shared.users.set(userId, desired);
    }
    return desired;
  }

  /** Somebody's groups changed: this user's, or anybody's. */
  membershipChanged(userId?: string): void {
    for (const { users } of this.#shared.values()) {
      if (userId === undefined) users.clear();
      else users.delete(userId);
    }
  }

  #choose({ authority, candidates, byChoice }: Shared, userId: string): Desired {
    const groups = this.#directory.groupsOf(userId);
    const isNone = isExcluded(this.#admission, authority, groups);
    const chosen = isNone ? [] : candidates.filter(({ assignment }) => isAssigned(assignment, userId, groups));
    const key = chosen.map(({ id }) => id).join(' ');
    let desired = byChoice.get(key);
    if (desired === undefined) {
      desired = toDesired(chosen, this.#areWhole());
      byChoice.set(key, desired);
    }
    return desired;
  }

  #build(authority: Authority, platform: PlatformName): Shared {
    const candidates = [...this.#profiles.values()].filter(
      (assigned) => assigned.authority === authority && isForPlatform(assigned, platform),
    );
    const forAll = candidates.filter(({ assignment }) => assignment.to === 'all');
    return {
      authority,
      candidates,
      userless: toDesired(forAll, this.#areWhole()),
      byChoice: new Map(),
      users: new Map(),
    };
  }
}
