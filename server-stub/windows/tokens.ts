// Tokens that enroll: what the sign-in page gives for a password, and what a bulk enrollment has for devices without a user. They
// of people are kept in memory: after a restart a person signs in again.
import { z } from 'zod';
import type { Clock } from '../../base/clock.js';
import type { Keep } from '../keep.js';
import { readKept } from '../kept.js';

interface EnrollmentToken {
  /** Absent: a device without a user (A10). */
  readonly userId?: string;
  readonly expiresAt: number;
  /** A token of the sign-in page enrolls one device. */
  readonly isReusable: boolean;
}

export interface Tokens {
  /** A new one, of 64 hexadecimal digits. */
  issue(token: EnrollmentToken): string;
  /** What it is worth now; undefined where it is unknown, used or expired. */
  check(token: string): EnrollmentToken | undefined;
  /** A device has enrolled with it. */
  use(token: string): void;
}

/** Beyond it the oldest are forgotten. */
const maxTokens = 50_000;
/** Expired ones are looked for when there are twice as many as after the last look. */
const firstSweep = 1000;

const stored = z.object({ userId: z.string().exactOptional(), expiresAt: z.number(), isReusable: z.literal(true) });

/** `keep`: where those are kept that enroll more than one device; without it they are gone at the end. */
export function createTokens({
  clock,
  random,
  keep,
}: {
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  readonly keep?: Keep | undefined;
}): Tokens {
  const tokens = new Map<string, EnrollmentToken>(readKept(keep, 'token', stored));
  let sweepAt = firstSweep;
  const forget = (text: string): void => {
    if (tokens.get(text)?.isReusable === true) keep?.put(text, undefined);
    tokens.delete(text);
  };
  const sweep = (): void => {
    const now = clock.now();
    for (const [text, { expiresAt }] of tokens) if (expiresAt <= now) forget(text);
    for (const text of tokens.keys()) {
      if (tokens.size < maxTokens) break;
      forget(text);
    }
    sweepAt = Math.min(maxTokens, Math.max(firstSweep, tokens.size * 2));
  };
  return {
    issue(token) {
      if (tokens.size >= sweepAt) sweep();
      const text = random(32).toString('hex').toUpperCase();
      tokens.set(text, token);
      if (token.isReusable) keep?.put(text, token);
      return text;
    },
    check(text) {
      const token = tokens.get(text);
      return token !== undefined && token.expiresAt > clock.now() ? token : undefined;
    },
    use(text) {
      if (tokens.get(text)?.isReusable === false) tokens.delete(text);
    },
  };
}
