import { z } from 'zod';
import type { Clock } from '../../base/clock.js';
import { type CertificateGrant, grantSchema } from '../issued.js';
import type { Keep } from '../keep.js';
import { readKept } from '../kept.js';
import { withGrant } from './kept.js';

export type Checked =
  | { readonly ok: true; readonly grant: CertificateGrant }
  | { readonly ok: false; readonly reason: 'unknown' | 'used' | 'expired' };

interface Entry {
  readonly grant: CertificateGrant;
  readonly expiresAt: number;
  readonly isUsed: boolean;
}

const entrySchema = z.preprocess(
  withGrant,
  z.object({ grant: grantSchema, expiresAt: z.number(), isUsed: z.boolean() }),
);

const maxEntries = 200_000;

interface ChallengeOptions {
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  /** How long a challenge works that is issued now. */
  readonly validMs: () => number;
  /** With it, a challenge that was given out before a restart works after it. */
  readonly keep?: Keep | undefined;
}

/** One-time passwords for SCEP, each worth one certificate. */
export class Challenges {
  readonly #options: ChallengeOptions;
  /** In the order in which they were issued. */
  readonly #entries = new Map<string, Entry>();
  readonly #refusedListeners: ((grant: CertificateGrant) => void)[] = [];

  /** What was kept and cannot be read is set aside. Throws DATA_CORRUPT where a later version of this program wrote it. */
  constructor(options: ChallengeOptions) {
    this.#options = options;
    const kept = readKept(options.keep, 'challenge', entrySchema);
    for (const [challenge, entry] of kept.sort(([, a], [, b]) => a.expiresAt - b.expiresAt)) {
      this.#entries.set(challenge, entry);
    }
  }

  /** A new challenge, of 36 hexadecimal digits. */
  issue(grant: CertificateGrant): string {
    const { clock, random, validMs } = this.#options;
    const now = clock.now();
    this.#forget(now);
    const challenge = random(18).toString('hex').toUpperCase(); // plain characters: some clients write PrintableString
    this.#set(challenge, { grant, expiresAt: now + validMs(), isUsed: false });
    return challenge;
  }

  /** What the challenge is worth now. It is not used up by this. */
  check(challenge: string): Checked {
    const entry = this.#entries.get(challenge);
    if (entry === undefined) return { ok: false, reason: 'unknown' };
    if (entry.isUsed) return { ok: false, reason: 'used' };
    if (this.#options.clock.now() > entry.expiresAt) return { ok: false, reason: 'expired' };
    return { ok: true, grant: entry.grant };
  }

  /** Calls back with what a challenge was given out for when a request with it is refused. */
  onRefused(listener: (grant: CertificateGrant) => void): void {
    this.#refusedListeners.push(listener);
  }

  /** A request with this challenge was refused, for whatever reason. */
  refused(challenge: string): void {
    const entry = this.#entries.get(challenge);
    if (entry !== undefined) for (const listener of this.#refusedListeners) listener(entry.grant);
  }

  /** It has worked, and works no more. */
  use(challenge: string): void {
    const entry = this.#entries.get(challenge);
    if (entry !== undefined) this.#set(challenge, { ...entry, isUsed: true });
  }

  #forget(now: number): void {
    for (const [challenge, entry] of this.#entries) {
      // A used or expired one is remembered for as long again, so that its reuse can be told from a guess.
      if (entry.expiresAt + this.#options.validMs() > now && this.#entries.size < maxEntries) return;
      this.#entries.delete(challenge);
      this.#options.keep?.put(challenge, undefined);
    }
  }

  #set(challenge: string, entry: Entry): void {
    this.#entries.set(challenge, entry);
    this.#options.keep?.put(challenge, entry);
  }
}
