// Tokens of people: what the sign-in page gives for a password, and what the terms of use give. They are kept in memory: after a restart
// a person signs in again. Those of provisioning packages, which have no user, are the core's (bulk-tokens.ts).
import type { Clock } from '../../base/clock.js';

interface EnrollmentToken {
  readonly userId?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface Tokens {
  /** A new one, of 64 hexadecimal digits. */
  issue(token: Omit<EnrollmentToken, 'issuedAt'>): string;
  /** What it is worth now; undefined where it is unknown, used or expired. */
  check(token: string): EnrollmentToken | undefined;
  /** It has served its purpose, and is worth nothing from now on. */
  use(token: string): void;
}

/** Beyond it the oldest are forgotten. */
const maxTokens = 50_000;
/** Expired ones are looked for when there are twice as many as after the last look. */
const firstSweep = 1000;

export function createTokens({
  clock,
  random,
}: {
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
}): Tokens {
  const tokens = new Map<string, EnrollmentToken>();
  let sweepAt = firstSweep;
  const sweep = (): void => {
    const now = clock.now();
    for (const [text, { expiresAt }] of tokens) if (expiresAt <= now) tokens.delete(text);
    for (const text of tokens.keys()) {
      if (tokens.size < maxTokens) break;
      tokens.delete(text);
    }
    sweepAt = Math.min(maxTokens, Math.max(firstSweep, tokens.size * 2));
  };
  return {
    issue({ userId, expiresAt }) {
      if (tokens.size >= sweepAt) sweep();
      const text = newTokenText(random);
      tokens.set(text, { ...(userId !== undefined && { userId }), issuedAt: clock.now(), expiresAt });
      return text;
    },
    check(text) {
      const token = tokens.get(text);
      return token !== undefined && token.expiresAt > clock.now() ? token : undefined;
    },
    use: (text) => void tokens.delete(text),
  };
}

/** 64 hexadecimal digits. */
export const newTokenText = (random: (length: number) => Buffer): string => random(32).toString('hex').toUpperCase();
