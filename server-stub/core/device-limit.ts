// How many devices a user may enroll (E17).
import type { Attempt } from './admission-types.js';
import type { TenantState } from './state.js';
import { traitsOf } from './traits.js';
import type { User } from './types.js';

type Limited = Pick<Attempt, 'platform' | 'way' | 'deviceId' | 'formerDeviceId'> & {
  readonly state: TenantState;
  readonly person: User | undefined;
};

/** Why one more is too many; undefined: it is not. Ways that a platform has without a limit are neither stopped nor counted. */
export function beyondLimit({ state, person, platform, way, deviceId = '', formerDeviceId = '' }: Limited) {
  const own = person && state.index.byUser.get(person.id);
  if (person === undefined || own === undefined || isUnlimited(state, platform, way)) return undefined;
  const limit = limitOf(state, person);
  if (own.size < limit) return undefined; // those that do not count need not be looked for
  const itself = [deviceId, formerDeviceId].map((id) => state.devices.get(id));
  const counts = [...own].filter(
    (device) => !itself.includes(device) && !isUnlimited(state, device.record.platform, device.record.enrollmentType),
  );
  const others = counts.length;
  return others >= limit ? `The user has ${others} devices, and ${limit} are allowed.` : undefined;
}

const isUnlimited = ({ ports }: TenantState, platform: Attempt['platform'], way: Attempt['way'] = 'user'): boolean =>
  traitsOf(ports.traits, platform).unlimitedWays?.includes(way) ?? false;

/** By the restriction of the user's groups, else the tenant's. */
const limitOf = ({ admission: { restrictions }, directory, settings }: TenantState, { id }: User): number =>
  restrictions.limitFor(directory.groupsOf(id))?.limit ?? settings.deviceLimitPerUser;
