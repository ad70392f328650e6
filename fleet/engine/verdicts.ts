// What a device shows of itself after a step, and whether that is what the step asks for.
import { type DeviceState, type Holding, isStale, numberOf } from '../../agent/index.js';
import { isRollcallError } from '../../base/errors.js';
import type { Authority, ProfileKind } from '../../protocol/vocabulary.js';
import { fleetError } from '../errors.js';

/** Throws PROFILE_MISSING. */
export function assertHolds(state: DeviceState, kinds: readonly string[]): void {
  const held = new Set<string>(state.holdings.map((holding) => holding.profile.kind));
  const lacking = kinds.filter((kind) => !held.has(kind));
  const id = numberOf(state) ?? state.facts.id;
  if (lacking.length > 0) throw fleetError('PROFILE_MISSING', `${id} holds no ${lacking.join(', ')} profile`);
}

/**
 * The device knows by its protocol that this authority manages it (A6); each of its profiles is that authority's, but for so many
 * that were left behind (A8). Throws MOVE_MISSED, PROFILE_MISSING.
 */
export function assertMoved(state: DeviceState, to: Authority, stale: number): void {
  const { id } = state.facts;
  const authority = state.managedBy?.authority;
  if (authority !== to)
    throw fleetError('MOVE_MISSED', `${id} was told by its protocol that ${authority ?? 'nobody'} manages it`);
  const left = state.holdings.filter((holding) => isStale(holding, state)).map(nameOf);
  if (left.length === stale) return;
  const code = left.length < stale ? 'PROFILE_MISSING' : 'MOVE_MISSED';
  const which = left.length === 0 ? '' : ` (${left.join(', ')})`;
  throw fleetError(code, `${id} holds ${left.length} profiles of the authority before${which}, not ${stale} (A8)`);
}

const nameOf = ({ profile }: Holding): string => profile.name;

/** The profiles that a step uses. Throws PROFILE_MISSING where an authority has none of a kind there. */
export function usedBy(
  { facts, holdings }: DeviceState,
  { kinds, of }: { readonly kinds: readonly ProfileKind[]; readonly of?: Authority },
): readonly { readonly kind: ProfileKind; readonly name: string | undefined }[] {
  if (of === undefined) return kinds.map((kind) => ({ kind, name: undefined }));
  return kinds.flatMap((kind) => {
    const own = holdings.filter(({ profile, authority }) => profile.kind === kind && authority === of);
    if (own.length === 0) throw fleetError('PROFILE_MISSING', `${facts.id} holds no ${kind} profile of ${of}`);
    return own.map(({ profile }) => ({ kind, name: profile.name }));
  });
}

/** Resolves when the gate refuses. Throws RESOURCE_OPEN where it lets the device in, and what else went wrong. */
export async function refused(use: Promise<void>, name: string): Promise<void> {
  try {
    await use;
  } catch (error) {
    if (isRollcallError(error, 'RESOURCE_REFUSED')) return;
    throw error;
  }
  throw fleetError('RESOURCE_OPEN', `"${name}" was let through`);
}
