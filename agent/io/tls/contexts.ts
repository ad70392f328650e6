import { hash } from 'node:crypto';
import { createSecureContext, DEFAULT_CIPHERS, type SecureContext } from 'node:tls';
import { writePem } from '../../../protocol/x509/pem.js';
import type { TlsIdentity } from '../../model/ports.js';

/** What an identity connects with: the same object for as long as it is remembered. */
export interface Offer {
  /** Made when first asked for: a server without TLS never asks. Not `context`, by which an offer would pass for a SecureContext. */
  readonly secureContext: SecureContext;
}

export interface TlsContexts {
  /** One for all who offer no certificate, one for each identity. */
  of(identity: TlsIdentity | undefined): Offer;
}

/** How many identities' contexts are kept, at about 20 KiB each; those unused for longest go first. */
const mostContexts = 256;

export interface ContextOptions {
  /** How many identities' are kept. Default 256. */
  readonly most?: number;
  /** Default: Node's. */
  readonly make?: typeof createSecureContext;
}

function offerOf(make: () => SecureContext): Offer {
  let context: SecureContext | undefined;
  return {
    get secureContext() {
      context ??= make();
      return context;
    },
  };
}

/**
 * Contexts trust nothing in particular: who is trusted is judged afterwards (server-checks.ts). One with an identity costs two
 * milliseconds, as much as a handshake, so they are found again by the certificate, however often its device was packed meanwhile.
 */
export function tlsContexts({ most = mostContexts, make = createSecureContext }: ContextOptions = {}): TlsContexts {
  const byLeaf = new Map<string, Offer>();
  const known = new WeakMap<TlsIdentity, string>();
  let plain: Offer | undefined;
  return {
    of(identity) {
      if (identity === undefined) {
        plain ??= offerOf(() => make());
        return plain;
      }
      const [leaf] = identity.certificates;
      if (leaf === undefined) throw new TypeError('a TLS identity needs a certificate');
      const name = known.get(identity) ?? hash('sha256', leaf, 'base64');
      known.set(identity, name);
      const offer = byLeaf.get(name) ?? offerOf(() => contextOf(identity, make));
      byLeaf.delete(name); // to the end
      byLeaf.set(name, offer);
      const [oldest] = byLeaf.size > most ? byLeaf.keys() : [];
      if (oldest !== undefined) byLeaf.delete(oldest);
      return offer;
    },
  };
}

/**
 * OpenSSL takes no certificate of SHA-1 or of a small key as one's own, and a device holds whatever its authority issued: where it
 * refuses, its own bounds are put down. Servers are judged by us all the same, and the versions of TLS stay as they are.
 */
function contextOf({ certificates, key }: TlsIdentity, make: typeof createSecureContext): SecureContext {
  const own = {
    cert: certificates.map((der) => writePem('CERTIFICATE', der)).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }),
  };
  try {
    return make(own);
  } catch {
    return make({ ...own, ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0` });
  }
}
