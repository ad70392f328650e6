// Which devices of a fleet are so alike that one of them can be the example of the others.
import { type DeviceFacts, platforms } from '../../agent/index.js';
import { standsIn, textsIn } from '../../base/template.js';
import { authorities, platformNames, profileKinds } from '../../protocol/vocabulary.js';
import type { TenantConfig } from '../../server-stub/index.js';
import { personOf } from '../engine/invitation.js';
import type { Cast } from '../engine/selection.js';
import { type Shard, wholeOf } from '../engine/shard.js';
import { factsOf, traitsOf } from '../engine/traits.js';
import type { FleetPlan } from '../scenario/model.js';

/** Who device `index` of a fleet is, and how it enrolls. The same as in a run of the plan. */
export interface Roster {
  readonly total: number;
  facts(index: number): DeviceFacts;
  enrolledAs(index: number): string | undefined;
  user(index: number): string;
}

/** `native`: what only the platform knows of its devices beside what is invented, as a run's engine gives it. */
export function rosterOf(plan: FleetPlan, cast: Cast, native: Readonly<Record<string, DeviceFacts['native']>>): Roster {
  const shard: Shard = wholeOf(cast.total);
  const traits = traitsOf(cast, plan.groups, plan.seed, shard);
  return {
    total: cast.total,
    enrolledAs: (index) => traits.enrolledAs(index),
    user: (index) => personOf(plan.users, index).user,
    facts(index) {
      const group = cast.groupOf(index);
      const own = { supervised: traits.supervised(index), as: traits.enrolledAs(index) };
      const facts = factsOf(group, plan.seed, index, own, native[group.platform]);
      if (facts === undefined) throw new Error(`no ${group.platform} can be emulated`);
      return facts;
    },
  };
}

/** Each device with the first of its kind. */
export interface Kinds {
  /** Indexes, ascending. */
  readonly examples: readonly number[];
  exampleOf(index: number): number;
}

/**
 * Devices are of a kind that have the platform, the family and version of the operating system, the way to enroll, the group and the sort of
 * facts in common, and whose people are given the same.
 */
export function kindsOf(roster: Roster, cast: Cast, given: (user: string) => string): Kinds {
  const first = new Map<string, number>();
  const exampleOf = new Uint32Array(roster.total);
  for (let index = 0; index < roster.total; index++) {
    const key = JSON.stringify([
      cast.groupOf(index).name,
      roster.enrolledAs(index) ?? '',
      ...sortOf(roster.facts(index)),
      given(roster.user(index)),
    ]);
    const known = first.get(key) ?? index;
    first.set(key, known);
    exampleOf[index] = known;
  }
  return { examples: [...first.values()], exampleOf: (index) => exampleOf[index] ?? index };
}

/** What of the facts decides what an enrollment leaves on the device. */
function sortOf({ platform, modelName, osVersion, supervised, imei, meid, native }: DeviceFacts): readonly unknown[] {
  const family = platform === 'ios' ? modelName : '';
  const flags = Object.entries(native).map(([key, value]) => (typeof value === 'boolean' ? `${key}=${value}` : key));
  return [platform, family, osVersion, supervised, imei !== undefined, meid !== undefined, ...flags.sort()];
}

/** Names that stand in states and records of any device. */
const usualNames = [...platformNames, ...profileKinds, ...Object.keys(authorities), 'user', 'device'];

/**
 * What decides what the devices of a person are given: equal for two who are given the same. Without a tenant of the plan's own all are. A
 * person is like nobody whose id or name stands anywhere else in the tenant, for it could not be told from that of the other; and only
 * like those of whose words the same ones are equal.
 */
export function givenBy(tenant: TenantConfig | undefined): (user: string) => string {
  if (tenant === undefined) return () => '';
  const { users, ...rest } = tenant;
  const elsewhere = [...textsIn(rest), ...usualNames].join('\n').toLowerCase();
  const byName = new Map(
    users.map(({ id, upn, displayName, ...each }) => {
      const [name = ''] = upn.split('@');
      const isNamed = [id, name].some((word) => standsIn(elsewhere, word.toLowerCase()));
      const words = [id, id.toLowerCase(), id.toUpperCase(), upn, displayName, name];
      const alike = words.map((word) => words.indexOf(word));
      return [upn.toLowerCase(), JSON.stringify([each, isNamed ? id : '', alike])];
    }),
  );
  return (user) => byName.get(user.toLowerCase()) ?? '';
}

export const platformOf = ({ platform }: DeviceFacts) => platforms.find(({ name }) => name === platform);
