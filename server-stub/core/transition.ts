// What a move makes of the settings that a device holds (A8, A9, C5): asked by the session in which it moves, and by the dry run.
import type { Authority } from '../../protocol/vocabulary.js';
import { type Cause, consequences } from './causes.js';
import type { HeldProfile } from './types.js';

export interface Move {
  readonly from: Authority;
  readonly to: Authority;
  readonly cause: Cause;
  /** The changes that the device has missed and that this one move makes up for, this one among them. */
  readonly missed?: readonly Change[];
}

type Change = Pick<Move, 'from' | 'to' | 'cause'>;

/** Of the changes that a device missed, in order, the cause of the last one that led to the authority to which it moves. */
export const causeOf = (missed: readonly Change[], to: Authority): Cause =>
  (missed.findLast((change) => change.to === to) ?? missed.at(-1))?.cause ?? 'licence';

/** The held settings as they are once the device has moved, each the same object where nothing changes. */
export function transition(
  held: readonly HeldProfile[],
  move: Move,
  isExpired: (profile: HeldProfile) => boolean,
): readonly HeldProfile[] {
  const left = leftForGood(move);
  return held.map((profile) => {
    if (isExpired(profile)) return profile.expired ? profile : { ...profile, expired: true }; // A9
    if (left.has(profile.authority) && !profile.pinned) return { ...profile, leaving: true }; // C5
    return profile.leaving && profile.authority === move.to ? withoutLeaving(profile) : profile;
  });
}

/**
 * The authorities whose settings go (C5): that from which the device moves for such a cause, and those from which a change that it missed
 * led to where it is now, although they had been left before and had not managed it again.
 */
function leftForGood({ missed = [], ...move }: Move): ReadonlySet<Authority> {
  const ends = ({ from, to, cause }: Move) => to === move.to && from !== to && consequences[cause].leaves === 'removed';
  return new Set([move, ...missed].filter(ends).map(({ from }) => from));
}

/** It comes back to the authority whose settings were to go: they are its own again. */
function withoutLeaving({ leaving: _, ...profile }: HeldProfile): HeldProfile {
  return profile;
}
