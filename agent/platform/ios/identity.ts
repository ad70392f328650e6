import { type CmsSigner, createCmsSigner } from '../../../protocol/x509/cms.js';
import type { Keys, TlsIdentity } from '../../model/ports.js';
import type { IosData, SavedIdentity } from './saved.js';

/** How messages are shown to come from the device: a signature over each, or a TLS client certificate. */
export interface Wire {
  /** A detached CMS signature over these bytes, in DER. */
  readonly sign?: (body: Uint8Array, at: Date) => Buffer;
  readonly tls?: TlsIdentity;
}

/** Opens the private key of an identity once and keeps what is made of it, for as long as the identity stays the same. */
export class Wires {
  readonly #keys: Keys;
  #of: SavedIdentity | undefined;
  #wire: Wire | undefined;

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** Throws KEY_MISSING when the key is gone. */
  of({ identity, management }: IosData): Wire {
    if (this.#wire !== undefined && this.#of === identity) return this.#wire;
    const { privateKey } = this.#keys.open(identity.key);
    this.#of = identity;
    this.#wire = management.signMessage
      ? signing(createCmsSigner(identity.certificate, privateKey))
      : { tls: { certificates: [identity.certificate, ...(identity.chain ?? [])], key: privateKey } };
    return this.#wire;
  }
}

function signing(signer: CmsSigner): Wire {
  return { sign: (body, at) => signer.sign(body, at, { detached: true }) };
}
