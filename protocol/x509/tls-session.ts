// What OpenSSL writes of a TLS session (SSL_SESSION, i2d_SSL_SESSION): the part of it that says who the peer is.
// OpenSSL documents the ASN.1 in ssl/ssl_asn1.c alone: SEQUENCE { version, sslVersion, cipher, sessionId, masterKey,
// [1] time, [2] timeout, [3] peer certificate, [4] session id context, ... }, every tag EXPLICIT, all after masterKey optional.

import { protocolError } from '../errors.js';
import { asBuffer, context, fields, inner, readDer, tags } from './der.js';

/** OpenSSL takes certificate messages of at most 100 KiB, of which a session keeps the leaf, and a ticket of 64 KiB. */
const maxSessionBytes = 256 * 1024;
const version = 1;

/**
 * The peer's own certificate (DER, a view of the bytes given) in a session as `TLSSocket.getSession()` or `openssl sess_id
 * -outform DER` gives it; undefined where the peer presented none.
 *
 * The session of a finished handshake says that the peer holds the certificate's key, and nothing about who issued it: its
 * `verify_result` is not read. Throws DER_MALFORMED.
 *
 * @example
 * const session = socket.getSession();
 * const leaf = session && readSessionPeer(session);
 */
export function readSessionPeer(session: Uint8Array): Buffer | undefined {
  if (session.length > maxSessionBytes)
    throw protocolError(
      'DER_MALFORMED',
      `a TLS session of ${session.length} bytes where ${maxSessionBytes} are allowed`,
    );
  const body = fields(readDer(asBuffer(session)), 'TLS session');
  const { content } = body.take(tags.integer);
  if (content.length !== 1 || content[0] !== version)
    throw protocolError('DER_MALFORMED', 'a TLS session of an unknown version');
  body.take(tags.integer); // the protocol's version
  for (let field = 0; field < 3; field++) body.take(tags.octetString); // cipher, session id, master key
  const [peer, another] = body.rest().filter(({ tag }) => tag === context(3));
  if (another !== undefined) throw protocolError('DER_MALFORMED', 'a TLS session with two peers');
  if (peer === undefined) return undefined;
  const certificate = inner(peer);
  if (certificate.tag !== tags.sequence)
    throw protocolError('DER_MALFORMED', 'a TLS session whose peer is no certificate');
  return certificate.bytes;
}
