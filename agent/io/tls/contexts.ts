import { hash } from 'node:crypto';
import { createSecureContext, DEFAULT_CIPHERS, type SecureContext } from 'node:tls';
import { writePem } from '../../../protocol/x509/pem.js';
import type { TlsIdentity } from '../../model/ports.js';

export interface TlsContexts {
  /** The context to connect with: one for all who offer no certificate, one for each identity, built when first asked. */
  of(identity: TlsIdentity | undefined): SecureContext;
}

/** How many identities' contexts are kept, at about 20 KiB each; those unused for longest go first. */
const mostContexts = 256;

/**
 * Contexts trust nothing in particular: who is trusted is judged afterwards (server-checks.ts). One with an identity costs two
 * milliseconds, as much as a handshake, so they are found again by the certificate, however often its device was packed meanwhile.
 */
export function tlsContexts(): TlsContexts {
  const byLeaf = new Map<string, SecureContext>();
  let plain: SecureContext | undefined;
  return {
    of(identity) {
      if (identity === undefined) {
        plain ??= createSecureContext();
        return plain;
      }
      const [leaf] = identity.certificates;
      if (leaf === undefined) throw new TypeError('a TLS identity needs a certificate');
      const name = hash('sha256', leaf, 'base64');
      const context = byLeaf.get(name) ?? contextOf(identity);
      byLeaf.delete(name); // to the end
      byLeaf.set(name, context);
      const [oldest] = byLeaf.size > mostContexts ? byLeaf.keys() : [];
      if (oldest !== undefined) byLeaf.delete(oldest);
      return context;
    },
  };
}

/**
 * OpenSSL takes no certificate of SHA-1 or of a small key as one's own, and a device holds whatever its authority issued: where it
 * refuses, its own bounds are put down. Servers are judged by us all the same, and the versions of TLS stay as they are.
 */
function contextOf({ certificates, key }: TlsIdentity): SecureContext {
  const own = {
    cert: certificates.map((der) => writePem('CERTIFICATE', der)).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }),
  };
  try {
    return createSecureContext(own);
  } catch {
    return createSecureContext({ ...own, ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0` });
  }
}
