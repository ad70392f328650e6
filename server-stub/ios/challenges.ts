import type { Clock } from '../clock.js';

/** Whom a challenge was given to, and what the certificate it is worth will be for. */
export interface Invited {
  readonly userId?: string | undefined;
  /** Known only where the challenge went to an enrolled device. */
  readonly deviceId?: string | undefined;
  readonly purpose: 'identity' | 'profile';
}

export type Consumed =
  | { readonly ok: true; readonly invited: Invited }
  | { readonly ok: false; readonly reason: 'unknown' | 'used' | 'expired' };

export interface Challenges {
  issue(invited: Invited): string;
  /** Takes the challenge: it works once. */
  consume(challenge: string): Consumed;
}

interface Entry {
  readonly invited: Invited;
  readonly expiresAt: number;
  isUsed: boolean;
}

const maxEntries = 200_000;

/** One-time passwords for SCEP, kept in memory: after a restart the person asks for a new profile. */
export function createChallenges(options: {
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly validMs: number;
}): Challenges {
  const { clock, random, validMs } = options;
  const entries = new Map<string, Entry>(); // in the order they were issued, which is that of expiry

  const forget = (now: number) => {
    for (const [challenge, entry] of entries) {
      // A used or expired one is remembered for as long again, so that its reuse can be told from a guess.
      if (entry.expiresAt + validMs > now && entries.size < maxEntries) return;
      entries.delete(challenge);
    }
  };

  return {
    issue(invited) {
      const now = clock.now();
      forget(now);
      const challenge = random(18).toString('hex').toUpperCase(); // plain characters: some clients write PrintableString
      entries.set(challenge, { invited, expiresAt: now + validMs, isUsed: false });
      return challenge;
    },
    consume(challenge) {
      const entry = entries.get(challenge);
      if (entry === undefined) return { ok: false, reason: 'unknown' };
      if (entry.isUsed) return { ok: false, reason: 'used' };
      if (clock.now() > entry.expiresAt) return { ok: false, reason: 'expired' };
      entry.isUsed = true;
      return { ok: true, invited: entry.invited };
    },
  };
}
