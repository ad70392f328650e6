// Tokens of people: what the sign-in page gives for a password, and what the terms of use give. They are kept in memory: after a restart
// a person signs in again. Those of provisioning packages, which have no user, are the core's (bulk-tokens.ts).
import type { Clock } from '../../base/clock.js';
import { Expiring } from '../expiring.js';

interface EnrollmentToken {
  readonly userId?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The device that a token has enrolled, and the public key that it asked a certificate for (hash of its SubjectPublicKeyInfo). */
export interface TokenHolder {
  readonly deviceId: string;
  readonly key: string;
}

interface UsedToken extends EnrollmentToken {
  readonly text: string;
  readonly key: string;
}

export interface Tokens {
  /** A new one, of 64 hexadecimal digits. */
  issue(token: Omit<EnrollmentToken, 'issuedAt'>): string;
  /**
   * What it is worth now; undefined where it is unknown, expired, or used. The device that it has enrolled last may show it again for
   * five minutes, with the same key: its answer may have been lost. A key that is not told is not compared.
   */
  check(token: string, by?: Partial<TokenHolder>): EnrollmentToken | undefined;
  /** It has served its purpose, and is worth nothing to others than this device from now on; without one, to nobody. */
  use(token: string, by?: TokenHolder): void;
  /** The enrollment of this device has ended: what it used it may not use again. */
  forget(deviceId: string): void;
  /** How many are kept, expired ones included. */
  sizes(): { readonly unused: number; readonly used: number };
}

/** Beyond it the oldest are forgotten. */
const mostUnused = 50_000;
/** One of each device; beyond it the oldest may not be shown again. */
const mostUsed = 10_000;
/** How long a used one may be shown again: longer than any device waits for an answer and asks once more. */
const repeatMs = 5 * 60_000;

export function createTokens({
  clock,
  random,
}: {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: (length: number) => Buffer;
}): Tokens {
  const unused = new Expiring<EnrollmentToken>(clock, mostUnused);
  /** By device. */
  const used = new Expiring<UsedToken>(clock, mostUsed);
  const usedBy = (text: string, { deviceId, key }: Partial<TokenHolder>): UsedToken | undefined => {
    const token = deviceId === undefined ? undefined : used.get(deviceId);
    return token?.text === text && (key === undefined || key === token.key) ? token : undefined;
  };
  return {
    issue({ userId, expiresAt }) {
      const text = newTokenText(random);
      unused.put(text, { ...(userId !== undefined && { userId }), issuedAt: clock.now(), expiresAt });
      return text;
    },
    check: (text, by = {}) => unused.get(text) ?? usedBy(text, by),
    use(text, by) {
      const token = unused.get(text);
      unused.delete(text);
      if (token === undefined || by === undefined) return; // that it is shown again makes its time no longer
      const { deviceId, key } = by;
      const expiresAt = Math.min(token.expiresAt, clock.now() + repeatMs);
      used.put(deviceId, { ...token, expiresAt, text, key });
    },
    forget: (deviceId) => used.delete(deviceId),
    sizes: () => ({ unused: unused.size, used: used.size }),
  };
}

/** 64 hexadecimal digits. */
export const newTokenText = (random: (length: number) => Buffer): string => random(32).toString('hex').toUpperCase();
