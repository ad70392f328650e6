import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import {
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  TLSSocket,
} from 'node:tls';
import { writePem } from '../../protocol/x509/pem.js';
import type { TlsIdentity } from '../model/ports.js';

export type ServerCheck = (host: string, certificate: PeerCertificate) => Error | undefined;

export interface TlsContexts {
  /** The context to connect with: one for all who offer no certificate, one for each identity, built when first asked. */
  of(identity: TlsIdentity | undefined): SecureContext;
}

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
          cert: identity.certificates.map((der) => writePem('CERTIFICATE', der)).join(''),
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
 * chain as objects, which is a tenth of a short session and leaves native memory behind each time (docs/decisions/0009). A check
 * that goes on to `issuerCertificate` gets the chain all the same.
 */
export class SwiftAgent extends Agent {
  override createConnection(
    ...[options, done]: Parameters<Agent['createConnection']>
  ): ReturnType<Agent['createConnection']> {
    const socket = super.createConnection(options, done);
    if (socket instanceof TLSSocket)
      Object.defineProperty(socket, 'getPeerCertificate', { value: () => leafOf(socket) });
    return socket;
  }
}

/** The server's own certificate; its issuer is asked for when somebody looks. */
function leafOf(socket: TLSSocket): PeerCertificate {
  const { getPeerCertificate } = TLSSocket.prototype;
  const get = () => {
    const whole = getPeerCertificate.call(socket, true);
    return 'issuerCertificate' in whole ? whole.issuerCertificate : undefined;
  };
  return Object.defineProperty(getPeerCertificate.call(socket, false), 'issuerCertificate', { get });
}

/** Leaves that are remembered as pinned: a fleet meets a few servers. */
const maxPinned = 256;

/**
 * Node's own check of the server's name and, where pins are given, of one of them in the chain that was verified. Which leaves
 * were found to be issued under which pins is remembered: their chains are not looked at again.
 */
export class ServerChecks {
  readonly #pinned = new Set<string>();

  /** To be given to a connection as `checkServerIdentity`. */
  with(pins: readonly Uint8Array[] | undefined): ServerCheck {
    if (pins === undefined) return checkServerIdentity;
    const wanted = pins.map((pin) => Buffer.from(pin));
    const name = digest(...wanted.map((pin) => digest(pin)));
    return (host, leaf) => {
      const wrongName = checkServerIdentity(host, leaf);
      if (wrongName !== undefined) return wrongName;
      const key = `${name} ${digest(leaf.raw)}`;
      if (this.#pinned.has(key)) return undefined;
      for (const raw of chain(leaf)) {
        if (!wanted.some((pin) => pin.equals(raw))) continue;
        if (this.#pinned.size >= maxPinned) this.#pinned.clear();
        this.#pinned.add(key);
        return undefined;
      }
      return Object.assign(new Error(`none of the ${wanted.length} pinned certificates is in the chain of ${host}`), {
        code: 'PIN_MISSING',
      });
    };
  }
}

const digest = (...parts: readonly (Uint8Array | string)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('base64');
};

/**
 * The DER of the chain, leaf first, as far as each has signed the one before it. Node links a certificate to what is named as its
 * issuer, the root to itself: that may be any certificate of that name which the server sent along.
 */
function* chain(leaf: PeerCertificate): Generator<Buffer> {
  const seen = new Set<object>();
  let at: (Partial<PeerCertificate> & { issuerCertificate?: object }) | undefined = leaf;
  while (at !== undefined && !seen.has(at)) {
    seen.add(at);
    if (at.raw === undefined) return;
    yield at.raw;
    const issuer: Partial<PeerCertificate> | undefined = at.issuerCertificate;
    if (issuer?.raw === undefined || !hasSigned(issuer.raw, at.raw)) return;
    at = issuer;
  }
}

function hasSigned(issuer: Buffer, subject: Buffer): boolean {
  try {
    return new X509Certificate(subject).verify(new X509Certificate(issuer).publicKey);
  } catch {
    return false; // a key that this program cannot read
  }
}
