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

interface Made {
  readonly keys: Keys;
  readonly signs: boolean;
  readonly wire: Wire;
}

/** For as long as an identity is held, whoever unpacks its device finds what was made of it. */
const made = new WeakMap<SavedIdentity, Made>();

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
    const { signMessage: signs } = management;
    const known = made.get(identity);
    this.#wire = known?.keys === this.#keys && known.signs === signs ? known.wire : this.#make(identity, signs);
    this.#of = identity;
    made.set(identity, { keys: this.#keys, signs, wire: this.#wire });
    return this.#wire;
  }

  #make(identity: SavedIdentity, signs: boolean): Wire {
    const { privateKey } = this.#keys.open(identity.key);
    const tls = { certificates: [identity.certificate, ...(identity.chain ?? [])], key: privateKey };
    const signer = signs ? createCmsSigner(identity.certificate, privateKey) : undefined;
    return { tls, ...(signer === undefined ? {} : { sign: signing(signer) }) };
  }
}

const signing =
  (signer: CmsSigner): NonNullable<Wire['sign']> =>
  (body, at) =>
    signer.sign(body, at, { detached: true });
