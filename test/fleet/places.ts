// Fleets at servers that are only named: what a person types, and what devices make of it.
import { type DeviceFacts, type Invitation, platforms, seededRandom } from '../../agent/index.js';
import { invitationOf } from '../../fleet/engine/invitation.js';
import { secretsIn } from '../../fleet/engine/secrets.js';
import { engineTargetOf, type Target } from '../../fleet/engine/target.js';
import type { TargetOptions } from '../../fleet/options.js';
import { placeOf } from '../../fleet/place.js';
import type { FleetPlan, UserRow, Users } from '../../fleet/scenario/model.js';
import type { PlatformName } from '../../protocol/vocabulary.js';

export const people = (rows: readonly UserRow[]): Users => ({ rows, file: 'people.csv' });
export const numbered: Users = { count: 10 };

export const planOf = (devices: Partial<Record<PlatformName, number>>, users: Users = numbered): FleetPlan => ({
  version: 1,
  name: 'x',
  seed: 'x',
  groups: Object.entries(devices).map(([name, count]) => ({ name, platform: name as PlatformName, count })),
  users,
  authority: 'office365',
  keys: { pool: 1 },
  concurrency: 1,
  connections: 'per-session',
  phases: [],
  thresholds: [],
  abortOn: [],
  omitted: [],
});

export type Given = Partial<Omit<TargetOptions, 'lenient'>>;
export const place = (given: Given, plan: FleetPlan): Target | undefined =>
  placeOf({ 'allow-http': false, ...given }, plan);

export function open(given: Given, plan: FleetPlan): Target {
  const target = place(given, plan);
  if (target === undefined) throw new Error('no place');
  return target;
}

export function factsOf(platform: PlatformName): DeviceFacts {
  const found = platforms.find(({ name }) => name === platform);
  if (found === undefined) throw new Error(`no ${platform}`);
  return found.describe(seededRandom('facts', 0));
}

/** How device `index` of this platform is invited. */
export function invited(given: Given, plan: FleetPlan, platform: PlatformName, index = 0): Invitation {
  const target = open(given, plan);
  return invitationOf(engineTargetOf(target), plan.users, secretsIn(target.secrets, false), index, factsOf(platform));
}
