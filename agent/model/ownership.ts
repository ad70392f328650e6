// Whose the profiles on a device are, as far as the device can know it.
import { authorityNamed } from '../../protocol/managing-authority.js';
import type { Authority } from '../../protocol/vocabulary.js';
import type { DeviceState, Holding } from './state.js';

/** The authority whose setting it is; undefined where nobody said so. */
export const ownerOf = ({ authority }: Pick<Holding, 'authority'>): Authority | undefined => authorityNamed(authority);

/**
 * Left behind by an authority that manages the device no more (A8). False where the protocol names none: a device that has
 * not connected since a change knows nothing of it.
 *
 * @example
 * const left = state.holdings.filter((holding) => isStale(holding, state)).map(({ profile }) => profile.name);
 */
export function isStale(holding: Pick<Holding, 'authority'>, { managedBy }: Pick<DeviceState, 'managedBy'>): boolean {
  const owner = ownerOf(holding);
  return owner !== undefined && managedBy !== undefined && owner !== managedBy.authority;
}

/** A change of a tenant's authority (A3), in milliseconds since the epoch. */
export interface Switch {
  readonly at: number;
  readonly from: Authority;
  readonly to: Authority;
}

/** What a device that follows the stub's clock is told with the time, by convention: the last switches, oldest first. */
export interface Switches {
  readonly switches: readonly Switch[];
  /** How long the profiles of a device that stays away work after a change (A9), in milliseconds. */
  readonly profileGraceMs: number;
}

/**
 * When a profile works no more because its device has missed a switch of the authority (A9, A23); undefined where it has missed none,
 * or where the profile is whose the tenant is now. A device of nobody's never moves (A10): ask for those of a user alone.
 *
 * @example
 * const clock = await followClock({ url: authority.url, ca: authority.caPem });
 * const ends = device.state.holdings.map((holding) => graceEndsAt(holding, device.state, clock.switches));
 */
export function graceEndsAt(
  holding: Pick<Holding, 'authority' | 'installedAt'>,
  { lastCheckInAt = holding.installedAt, managedBy }: Pick<DeviceState, 'lastCheckInAt' | 'managedBy'>,
  { switches, profileGraceMs }: Switches,
): number | undefined {
  const owner = ownerOf(holding);
  const contactAt = Math.max(lastCheckInAt, holding.installedAt);
  const isUntold = ({ at, to }: Switch) => at === contactAt && managedBy !== undefined && managedBy.authority !== to; // a clock that stands
  const missed = switches.find((each) => each.at > contactAt || isUntold(each));
  if (owner === undefined || missed === undefined || switches.at(-1)?.to === owner) return undefined;
  const left = switches.findLast(({ from }) => from === owner);
  return Math.max(missed.at, left?.at ?? 0) + profileGraceMs;
}
