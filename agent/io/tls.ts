import type { KeyObject } from 'node:crypto';
import { Agent } from 'node:https';
import {
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  TLSSocket,
} from 'node:tls';
import type { TlsIdentity } from '../model/ports.js';

export type ServerCheck = (host: string, certificate: PeerCertificate) => Error | undefined;

export interface TlsContexts {
  /** The context to connect with: one for all who offer no certificate, one for each identity, built when first asked. */
  of(identity: TlsIdentity | undefined): SecureContext;
}

const armour = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;

/** `ca`, if given, is trusted in place of the roots that Node carries. A context costs about 0.9 ms and 30 KiB. */
export function tlsContexts(ca: readonly string[] | undefined): TlsContexts {
  const trust = ca === undefined ? {} : { ca: [...ca] };
  // Weak by key and by leaf: a key of the pool outlives many certificates, and neither may keep a context alive.
  const byIdentity = new WeakMap<KeyObject, WeakMap<Uint8Array, SecureContext>>();
  let plain: SecureContext | undefined;
  return {
    of(identity) {
      if (identity === undefined) {
        plain ??= createSecureContext(trust);
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
          ...trust,
          cert: identity.certificates.map(armour).join(''),
          key: identity.key.export({ type: 'pkcs8', format: 'pem' }),
        });
        byLeaf.set(leaf, context);
      }
      return context;
    },
  };
}

/**
 * An https.Agent whose connections look at the server's own certificate to check its name. Node would first spell out the whole
 * chain as objects, a tenth of a short session (docs/performance.md); where pins need the chain it still does.
 */
export class SwiftAgent extends Agent {
  override createConnection(
    ...[options, done]: Parameters<Agent['createConnection']>
  ): ReturnType<Agent['createConnection']> {
    const socket = super.createConnection(options, done);
    const hasPins = options.checkServerIdentity !== undefined && options.checkServerIdentity !== checkServerIdentity;
    if (socket instanceof TLSSocket && !hasPins) {
      const leafOnly = () => TLSSocket.prototype.getPeerCertificate.call(socket, false);
      Object.defineProperty(socket, 'getPeerCertificate', { value: leafOnly });
    }
    return socket;
  }
}

/** Node's own check of the server's name and, where pins are given, one of them in the chain that was verified. */
export function serverCheck(pins: readonly Uint8Array[] | undefined): ServerCheck {
  if (pins === undefined) return checkServerIdentity;
  const wanted = pins.map((pin) => Buffer.from(pin));
  return (host, certificate) => {
    const wrongName = checkServerIdentity(host, certificate);
    if (wrongName !== undefined) return wrongName;
    for (const raw of chain(certificate)) if (wanted.some((pin) => pin.equals(raw))) return undefined;
    return Object.assign(new Error(`none of the ${wanted.length} pinned certificates is in the chain of ${host}`), {
      code: 'PIN_MISSING',
    });
  };
}

/** The DER of the chain, leaf first. Node links each certificate to its issuer, the root to itself. */
function* chain(leaf: PeerCertificate): Generator<Buffer> {
  const seen = new Set<object>();
  let at: (Partial<PeerCertificate> & { issuerCertificate?: object }) | undefined = leaf;
  while (at !== undefined && !seen.has(at)) {
    seen.add(at);
    if (at.raw !== undefined) yield at.raw;
    at = at.issuerCertificate;
  }
}
