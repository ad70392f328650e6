import type { Keys, TlsIdentity } from '../../model/ports.js';
import type { SavedIdentity } from './saved.js';

/** Opens the private key of an enrollment once and keeps what is made of it, for as long as its certificate stays the same. */
export class Identities {
  readonly #keys: Keys;
  #of: SavedIdentity | undefined;
  #tls: TlsIdentity | undefined;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** The TLS client identity. Throws KEY_MISSING when the key is gone. */
  of(identity: SavedIdentity): TlsIdentity {
    if (this.#tls !== undefined && this.#of === identity) return this.#tls;
    this.#tls = { certificates: [identity.certificate], key: this.#keys.open(identity.key).privateKey };
    this.#of = identity;
    return this.#tls;
  }
}
