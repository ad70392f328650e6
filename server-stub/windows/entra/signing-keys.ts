// The keys that the token service signs with, and what it publishes of them (JWKS, RFC 7517).
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import type { Clock } from '../../../base/clock.js';

interface SigningKey {
  /** RFC 7638: the thumbprint of the public key. */
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** As it is published. */
  readonly jwk: JWK;
  readonly madeAt: number;
}

interface SigningKeysOptions {
  readonly clock: Clock;
  /** Makes an RSA key of 2048 bits. */
  readonly newKey: () => Promise<KeyObject>;
  /** A key to sign with for good, in place of those made here: RSA of 2048 bits or more. */
  readonly given?: KeyObject | undefined;
  /** How long a signature of a key may have to be verified after the next has come: what a token lives. */
  readonly tokenMs: number;
}

/** How long a key signs before another takes its place: a convention of ours, Entra names no time. */
const keyMs = 30 * 24 * 3_600_000;

/**
 * They live as long as the process: a token is worth an hour, and whoever has one of an earlier process asks for another. The
 * first is made when the first token is asked for.
 */
export class SigningKeys {
  readonly #options: SigningKeysOptions;
  #current: Promise<SigningKey> | undefined;
  /** Those that sign no more and are still published, and the present one. */
  #published: readonly SigningKey[] = [];

  constructor(options: SigningKeysOptions) {
    this.#options = options;
  }

  /** The key that signs now. Throws what making one throws; then the next call tries again. */
  async current(): Promise<SigningKey> {
    const { clock, given } = this.#options;
    const asked = this.#current;
    const known = await asked;
    if (known !== undefined && (given !== undefined || clock.now() < known.madeAt + keyMs)) return known;
    if (this.#current !== asked) return await this.current(); // another has begun to make the next
    const making = this.#make();
    this.#current = making;
    making.catch(() => {
      this.#current = undefined;
    });
    return await making;
  }

  async #make(): Promise<SigningKey> {
    const { given, newKey, clock } = this.#options;
    const privateKey = given ?? (await newKey());
    const publicKey = createPublicKey(privateKey);
    const { calculateJwkThumbprint, exportJWK } = await import('jose'); // where tokens are used, not at each start
    const plain = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(plain);
    const key = { kid, privateKey, publicKey, jwk: { ...plain, kid, use: 'sig', alg: 'RS256' }, madeAt: clock.now() };
    this.#published = [...this.#living(), key];
    return key;
  }

  /** What tokens that still live may be signed with, the present key among them. */
  async published(): Promise<readonly SigningKey[]> {
    await this.current();
    return this.#living();
  }

  async find(kid: string): Promise<SigningKey | undefined> {
    if (this.#options.given !== undefined) await this.current(); // others sign with it too
    return this.#living().find((key) => key.kid === kid);
  }

  #living(): readonly SigningKey[] {
    const { clock, given, tokenMs } = this.#options;
    const now = clock.now();
    return this.#published.filter(({ madeAt }) => given !== undefined || now < madeAt + keyMs + tokenMs);
  }
}
