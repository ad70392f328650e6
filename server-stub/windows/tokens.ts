// Tokens of people: what the sign-in page gives for a password, and what the terms of use give. They are kept in memory: after a restart
// a person signs in again. Those of provisioning packages, which have no user, are the core's (bulk-tokens.ts).
import type { Clock } from '../../base/clock.js';

interface EnrollmentToken {
  readonly userId?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The device that it has enrolled. */
  readonly usedBy?: string;
}

export interface Tokens {
  /** A new one, of 64 hexadecimal digits. */
  issue(token: Omit<EnrollmentToken, 'issuedAt' | 'usedBy'>): string;
  /**
   * What it is worth now; undefined where it is unknown, expired, or used, but by the device of this id: one whose answer was lost
   * asks once more.
   */
  check(token: string, deviceId?: string): EnrollmentToken | undefined;
  /** It has served its purpose, and is worth nothing to others than this device from now on; without one, to nobody. */
  use(token: string, deviceId?: string): void;
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
    check(text, deviceId) {
      const token = tokens.get(text);
      if (token === undefined || token.expiresAt <= clock.now()) return undefined;
      return token.usedBy === undefined || token.usedBy === deviceId ? token : undefined;
    },
    use(text, deviceId) {
      const token = tokens.get(text);
      if (deviceId === undefined) tokens.delete(text);
      else if (token !== undefined) tokens.set(text, { ...token, usedBy: deviceId });
    },
  };
}

/** 64 hexadecimal digits. */
export const newTokenText = (random: (length: number) => Buffer): string => random(32).toString('hex').toUpperCase();
