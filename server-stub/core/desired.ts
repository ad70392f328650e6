import type { Authority, PlatformName, Profile, ProfileKind } from '../../protocol/vocabulary.js';
import { isForPlatform } from './platforms.js';
import type { AssignedProfile } from './types.js';
import { versionOf } from './version.js';

export interface DesiredProfile {
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
  return { list, byName: new Map(list.map((item) => [item.name, item])), isWhole };
}

/** Of one authority's devices on one platform. */
interface Shared {
  readonly forAll: readonly AssignedProfile[];
  readonly everybody: Desired;
  /** Users with profiles of their own, besides those for all. */
  readonly extras: ReadonlyMap<string, readonly AssignedProfile[]>;
  readonly users: Map<string, Desired>;
}

/**
 * The desired states, made once per change of the profiles and shared: most users have the same. The same object comes back
 * until a profile changes, so that "nothing new" is one comparison of references for an idle device.
 */
export class DesiredStates {
  readonly #profiles: ReadonlyMap<string, AssignedProfile>;
  readonly #areWhole: () => boolean;
  readonly #shared = new Map<`${Authority}/${PlatformName}`, Shared>();

  /** `areWhole`: whether all profiles that were assigned can be read. Asked when a desired state is made. */
  constructor(profiles: ReadonlyMap<string, AssignedProfile>, areWhole: () => boolean) {
    this.#profiles = profiles;
    this.#areWhole = areWhole;
  }

  profilesChanged(): void {
    this.#shared.clear();
  }

  of(authority: Authority, platform: PlatformName, userId: string | undefined): Desired {
    let shared = this.#shared.get(`${authority}/${platform}`);
    if (shared === undefined) {
      shared = this.#build(authority, platform);
      this.#shared.set(`${authority}/${platform}`, shared);
    }
    const extra = userId === undefined ? undefined : shared.extras.get(userId);
    if (userId === undefined || extra === undefined) return shared.everybody;
    let desired = shared.users.get(userId);
    if (desired === undefined) {
      desired = toDesired([...shared.forAll, ...extra], this.#areWhole());
      shared.users.set(userId, desired);
    }
    return desired;
  }

  #build(authority: Authority, platform: PlatformName): Shared {
    const forAll: AssignedProfile[] = [];
    const extras = new Map<string, AssignedProfile[]>();
    for (const assigned of this.#profiles.values()) {
      if (assigned.authority !== authority || !isForPlatform(assigned, platform)) continue;
      if (assigned.assignedTo === 'all') forAll.push(assigned);
      else
        for (const userId of new Set(assigned.assignedTo)) {
          const list = extras.get(userId);
          if (list === undefined) extras.set(userId, [assigned]);
          else list.push(assigned);
        }
    }
    return { forAll, everybody: toDesired(forAll, this.#areWhole()), extras, users: new Map() };
  }
}
