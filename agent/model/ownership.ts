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
