import { z } from 'zod';
import type { Clock } from '../../base/clock.js';
import type { Keep } from '../keep.js';
import { readKept } from './kept.js';

/** Whom a challenge was given to, and what the certificate it is worth will be for. */
export interface Invited {
  readonly userId?: string | undefined;
  /** Known only where the challenge went to an enrolled device. */
  readonly deviceId?: string | undefined;
  readonly purpose: 'identity' | 'profile';
}

export const invitedSchema = z.object({
  userId: z.string().optional(),
  deviceId: z.string().optional(),
  purpose: z.enum(['identity', 'profile']),
});

export type Checked =
  | { readonly ok: true; readonly invited: Invited }
  | { readonly ok: false; readonly reason: 'unknown' | 'used' | 'expired' };

export interface Challenges {
  issue(invited: Invited): string;
  /** What the challenge is worth now. It is not used up by this. */
  check(challenge: string): Checked;
  /** It has worked, and works no more. */
  use(challenge: string): void;
}

interface Entry {
  readonly invited: Invited;
  readonly expiresAt: number;
  readonly isUsed: boolean;
}

const entrySchema = z.object({ invited: invitedSchema, expiresAt: z.number(), isUsed: z.boolean() });

const maxEntries = 200_000;

/** One-time passwords for SCEP. With `keep` a profile that was fetched before a restart still enrolls after it. */
export function createChallenges(options: {
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly validMs: number;
  readonly keep?: Keep | undefined;
}): Challenges {
  const { clock, random, validMs, keep } = options;
  const entries = new Map<string, Entry>(); // in the order they were issued, which is that of expiry
  const kept = readKept(keep, 'challenge', entrySchema);
  for (const [challenge, entry] of kept.sort(([, a], [, b]) => a.expiresAt - b.expiresAt)) {
    entries.set(challenge, entry);
  }

  const forget = (now: number) => {
    for (const [challenge, entry] of entries) {
      // A used or expired one is remembered for as long again, so that its reuse can be told from a guess.
      if (entry.expiresAt + validMs > now && entries.size < maxEntries) return;
      entries.delete(challenge);
      keep?.put(challenge, undefined);
    }
  };
  const set = (challenge: string, entry: Entry) => {
    entries.set(challenge, entry);
    keep?.put(challenge, entry);
  };

  return {
    issue(invited) {
      const now = clock.now();
      forget(now);
      const challenge = random(18).toString('hex').toUpperCase(); // plain characters: some clients write PrintableString
      set(challenge, { invited, expiresAt: now + validMs, isUsed: false });
      return challenge;
    },
    check(challenge) {
      const entry = entries.get(challenge);
      if (entry === undefined) return { ok: false, reason: 'unknown' };
      if (entry.isUsed) return { ok: false, reason: 'used' };
      if (clock.now() > entry.expiresAt) return { ok: false, reason: 'expired' };
      return { ok: true, invited: entry.invited };
    },
    use(challenge) {
      const entry = entries.get(challenge);
      if (entry !== undefined) set(challenge, { ...entry, isUsed: true });
    },
  };
}
