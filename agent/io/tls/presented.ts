import { type PeerCertificate, TLSSocket } from 'node:tls';

/**
 * The certificates (DER) that the server sent, its own first, as far as each is named as issuer by the one before. To ask for them
 * leaves native memory behind (docs/decisions/0009): once for each certificate of a server.
 */
export function derChain(socket: TLSSocket): readonly Buffer[] {
  const all: Buffer[] = [];
  const seen = new Set<object>();
  let at: (Partial<PeerCertificate> & { issuerCertificate?: object }) | undefined =
    TLSSocket.prototype.getPeerCertificate.call(socket, true);
  while (at?.raw !== undefined && !seen.has(at)) {
    seen.add(at);
    all.push(at.raw);
    at = at.issuerCertificate;
  }
  return all;
}
