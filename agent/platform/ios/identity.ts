import { type CmsSigner, createCmsSigner } from '../../../protocol/x509/cms.js';
import type { Keys, TlsIdentity } from '../../model/ports.js';
import type { IosData, SavedIdentity } from './saved.js';

/** How messages are shown to come from the device: a TLS client certificate, and a signature over each where the profile asks for one. */
export interface Wire {
  /** A detached CMS signature over these bytes, in DER. */
  readonly sign?: (body: Uint8Array, at: Date) => Buffer;
  /** Offered to every server of the authority's that asks, whether or not messages are signed. */
  readonly tls: TlsIdentity;
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
    const tls = { certificates: [identity.certificate, ...(identity.chain ?? [])], key: privateKey };
    const signer = management.signMessage ? createCmsSigner(identity.certificate, privateKey) : undefined;
    this.#wire = { tls, ...(signer === undefined ? {} : { sign: signing(signer) }) };
    return this.#wire;
  }
}

const signing =
  (signer: CmsSigner): NonNullable<Wire['sign']> =>
  (body, at) =>
    signer.sign(body, at, { detached: true });
