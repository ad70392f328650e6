import type { Authority, PlatformName } from '../../protocol/vocabulary.js';
import type { AdmissionState } from './admission-state.js';
import { isAssigned } from './assignment.js';
import { isExcluded } from './bms-exclusions.js';
import type { CompliancePolicy } from './compliance-types.js';
import type { Directory } from './directory.js';
import { isForPlatform } from './platforms.js';

/** Of one authority's devices on one platform. */
interface Shared {
  readonly authority: Authority;
  readonly candidates: readonly CompliancePolicy[];
  /** Those for every device: what one without a user has. */
  readonly userless: readonly CompliancePolicy[];
  /** By which of the candidates apply: the same list for the same policies. */
  readonly byChoice: Map<string, readonly CompliancePolicy[]>;
  /** What was found of each user; forgotten when a membership changes. */
  readonly users: Map<string, readonly CompliancePolicy[]>;
}

/**
 * Which compliance policies a device is judged by, found once per user and change: the same list comes back until a policy or a
 * membership changes.
 */
export class ApplicablePolicies {
  readonly #policies: ReadonlyMap<string, CompliancePolicy>;
  readonly #directory: Pick<Directory, 'groupsOf'>;
  readonly #admission: Pick<AdmissionState, 'bms'>;
  readonly #shared = new Map<`${Authority}/${PlatformName}`, Shared>();

  constructor(
    policies: ReadonlyMap<string, CompliancePolicy>,
    directory: Pick<Directory, 'groupsOf'>,
    admission: Pick<AdmissionState, 'bms'>,
  ) {
    this.#policies = policies;
    this.#directory = directory;
    this.#admission = admission;
  }

  policiesChanged(): void {
    this.#shared.clear();
  }

  /** Somebody's groups changed: this user's, or anybody's. */
  membershipChanged(userId?: string): void {
    for (const { users } of this.#shared.values()) {
      if (userId === undefined) users.clear();
      else users.delete(userId);
    }
  }

  of(authority: Authority, platform: PlatformName, userId: string | undefined): readonly CompliancePolicy[] {
    const shared = this.#sharedOf(authority, platform);
    if (userId === undefined) return shared.userless;
    let chosen = shared.users.get(userId);
    if (chosen === undefined) {
      chosen = this.#choose(shared, userId);
      shared.users.set(userId, chosen);
    }
    return chosen;
  }

  #choose({ authority, candidates, byChoice }: Shared, userId: string): readonly CompliancePolicy[] {
    const groups = this.#directory.groupsOf(userId);
    const isNone = isExcluded(this.#admission, authority, groups);
    const chosen = isNone ? [] : candidates.filter(({ assignment }) => isAssigned(assignment, userId, groups));
    const key = chosen.map(({ id }) => id).join(' ');
    const known = byChoice.get(key);
    if (known !== undefined) return known;
    byChoice.set(key, chosen);
    return chosen;
  }

  #sharedOf(authority: Authority, platform: PlatformName): Shared {
    const known = this.#shared.get(`${authority}/${platform}`);
    if (known !== undefined) return known;
    const candidates = [...this.#policies.values()].filter(
      (policy) => policy.authority === authority && isForPlatform(policy, platform),
    );
    const userless = candidates.filter(({ assignment }) => assignment.to === 'all');
    const made: Shared = { authority, candidates, userless, byChoice: new Map(), users: new Map() };
    this.#shared.set(`${authority}/${platform}`, made);
    return made;
  }
}
