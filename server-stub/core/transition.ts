// What a move makes of the settings that a device holds (A8, A9, C5): asked by the session in which it moves, and by the dry run.
import type { Authority } from '../../protocol/vocabulary.js';
import { type Cause, consequences } from './causes.js';
import type { HeldProfile } from './types.js';

export interface Move {
  readonly from: Authority;
  readonly to: Authority;
  readonly cause: Cause;
}

/** Of the changes that a device missed, in order, the last one that led to the authority to which it moves. */
export const causeOf = (missed: readonly Pick<Move, 'to' | 'cause'>[], to: Authority): Cause =>
  (missed.findLast((change) => change.to === to) ?? missed.at(-1))?.cause ?? 'licence';

/** The held settings as they are once the device has moved, each the same object where nothing changes. */
export function transition(
  held: readonly HeldProfile[],
  { from, to, cause }: Move,
  isExpired: (profile: HeldProfile) => boolean,
): readonly HeldProfile[] {
  const goes = to !== from && consequences[cause].leaves === 'removed';
  return held.map((profile) => {
    if (isExpired(profile)) return profile.expired ? profile : { ...profile, expired: true }; // A9
    if (goes && profile.authority === from && !profile.pinned) return { ...profile, leaving: true }; // C5
    return profile.leaving && profile.authority === to ? withoutLeaving(profile) : profile;
  });
}

/** It comes back to the authority whose settings were to go: they are its own again. */
function withoutLeaving({ leaving: _, ...profile }: HeldProfile): HeldProfile {
  return profile;
}
