import type { Http2Session } from 'node:http2';
import { isRollcallError } from '../../base/errors.js';
import { readCertificate } from '../../protocol/x509/certificate.js';
import { peerCertificate } from '../peer-certificate.js';

/** Who sends notifications on a connection: nobody in particular, or the holder of a push certificate, whose UID is its topic. */
export type ApnsSender =
  | { readonly kind: 'none' }
  | { readonly kind: 'certificate'; readonly topic?: string }
  | { readonly kind: 'unreadable' };

const known = new WeakMap<Http2Session, ApnsSender>();

/** The sender of a connection, worked out once for all its notifications. Who signed its certificate is not asked. */
export function senderOf(session: Http2Session | undefined): ApnsSender {
  if (session === undefined) return { kind: 'none' };
  let sender = known.get(session);
  if (sender === undefined) {
    sender = readSender(peerCertificate(session.socket));
    known.set(session, sender);
  }
  return sender;
}

function readSender(certificate: Buffer | undefined): ApnsSender {
  if (certificate === undefined) return { kind: 'none' };
  try {
    const attributes = readCertificate(certificate).subject.flat();
    const topic = attributes.find(([type]) => type === 'UID')?.[1];
    return topic === undefined || topic === '' ? { kind: 'certificate' } : { kind: 'certificate', topic };
  } catch (error) {
    if (isRollcallError(error, 'X509_MALFORMED')) return { kind: 'unreadable' };
    throw error;
  }
}
