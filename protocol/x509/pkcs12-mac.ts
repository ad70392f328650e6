// The MAC of a PKCS#12 file (RFC 7292 §4 and appendix B), which shows that the password is right.
import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { protocolError } from '../errors.js';
import { type DerNode, fields, tags } from './der.js';
import { readOctets, readOid, readSmallInteger } from './der-values.js';
import { derive, type Effort, type KdfDigest, type Password } from './pbe.js';

const macDigests: Readonly<Record<string, KdfDigest>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** RFC 7292 §4, p12VerifyMac: whatever is wrong with it, iOS says that the password is. */
export function checkMac(node: DerNode, content: Buffer, password: Password, effort: Effort): void {
  const parts = fields(node, 'MacData');
  const info = fields(parts.take(), 'DigestInfo');
  const algorithm = readOid(fields(info.take(), 'AlgorithmIdentifier').take());
  const expected = readOctets(info.take());
  const salt = readOctets(parts.take());
  const count = parts.maybe(tags.integer);
  const iterations = Math.max(1, count === undefined ? 1 : readSmallInteger(count));
  if (salt.length > 1024) throw protocolError('PKCS12_MALFORMED', `a salt of ${salt.length} octets`);
  const digest = macDigests[algorithm];
  if (digest === undefined)
    throw protocolError(
      'PKCS12_PASSWORD',
      `iOS opens no file whose MAC is made by ${algorithm}, whatever the password`,
    );
  if (salt.length === 0)
    throw protocolError('PKCS12_PASSWORD', 'iOS opens no file whose MAC has no salt, whatever the password');
  effort.spend(iterations, 3);
  const found = computeMac({ content, password, salt, iterations, digest });
  if (found.length !== expected.length || !timingSafeEqual(found, expected))
    throw protocolError('PKCS12_PASSWORD', 'the file does not open with this password');
}

interface MacToCompute {
  readonly content: Buffer;
  readonly password: Password;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly digest: KdfDigest;
}

export function computeMac({ content, password, salt, iterations, digest }: MacToCompute): Buffer {
  const length = hash(digest, '', 'buffer').length;
  const key = derive({ password: password.wide, salt, iterations, digest, purpose: 'mac', length });
  return createHmac(digest, key).update(content).digest();
}
