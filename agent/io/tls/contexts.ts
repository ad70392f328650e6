import type { KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { writePem } from '../../../protocol/x509/pem.js';
import type { TlsIdentity } from '../../model/ports.js';

export interface TlsContexts {
  /** The context to connect with: one for all who offer no certificate, one for each identity, built when first asked. */
  of(identity: TlsIdentity | undefined): SecureContext;
}

/** Contexts trust nothing in particular: who is trusted is judged afterwards (server-checks.ts). One costs about 0.9 ms and 30 KiB. */
export function tlsContexts(): TlsContexts {
  // Weak by key and by leaf: a key of the pool outlives many certificates, and neither may keep a context alive.
  const byIdentity = new WeakMap<KeyObject, WeakMap<Uint8Array, SecureContext>>();
  let plain: SecureContext | undefined;
  return {
    of(identity) {
      if (identity === undefined) {
        plain ??= createSecureContext();
        return plain;
      }
      const [leaf] = identity.certificates;
      if (leaf === undefined) throw new TypeError('a TLS identity needs a certificate');
      let byLeaf = byIdentity.get(identity.key);
      if (byLeaf === undefined) {
        byLeaf = new WeakMap();
        byIdentity.set(identity.key, byLeaf);
      }
      let context = byLeaf.get(leaf);
      if (context === undefined) {
        context = createSecureContext({
          cert: identity.certificates.map((der) => writePem('CERTIFICATE', der)).join(''),
          key: identity.key.export({ type: 'pkcs8', format: 'pem' }),
        });
        byLeaf.set(leaf, context);
      }
      return context;
    },
  };
}
