// Who is at the other end of a TLS connection, without the native memory that Node's own ways leave behind for each handshake
// (docs/decisions/0009).
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { readSessionPeer } from '../protocol/x509/tls-session.js';

const known = new WeakMap<TLSSocket, Buffer>();

/**
 * The certificate (DER) that the client presented, after a full handshake or a resumed one; undefined without TLS and where
 * it presented none. The handshake proved that the client holds its key; who issued it is for the caller to judge.
 */
export function peerCertificate(socket: Socket | undefined): Buffer | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const seen = known.get(socket);
  if (seen !== undefined) return seen;
  const session: Buffer | null | undefined = socket.getSession(); // null once the connection has ended
  const leaf = session === undefined || session === null ? undefined : readSessionPeer(session);
  if (leaf === undefined) return undefined;
  const certificate = Buffer.from(leaf); // a copy: the session around it holds the connection's master key
  known.set(socket, certificate);
  return certificate;
}
