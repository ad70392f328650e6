// RSA key transport for CMS. Node refuses PKCS#1 v1.5 decryption (CVE-2023-46809), but SCEP is built on it: the padding
// is stripped here, and a wrong one answers like a wrong key does, so nothing can be learned from the difference.
import { constants, createHmac, hash, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { protocolError } from '../errors.js';
import type { Digest } from './algorithms.js';

/**
 * RSAES-PKCS1-v1_5 with padding from `random` (RFC 8017 §7.2.1), so that the same seed gives the same bytes. Throws
 * X509_MALFORMED for a key that cannot encrypt: too short, above 16384 bits, an even modulus.
 */
export function encryptKey(contentKey: Uint8Array, publicKey: KeyObject, random: (length: number) => Buffer): Buffer {
  const size = modulusSize(publicKey);
  const padding = size - contentKey.length - 3;
  if (size > maxModulusOctets) throw protocolError('X509_MALFORMED', `an RSA key of ${size} octets is not used`);
  if (padding < 8) throw protocolError('X509_MALFORMED', `an RSA key of ${size} octets is too short for this envelope`);
  const block = Buffer.concat([Buffer.of(0, 2), nonZero(padding, random), Buffer.of(0), contentKey]);
  try {
    return publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block);
  } catch (cause) {
    throw protocolError('X509_MALFORMED', 'the RSA key does not encrypt', { cause });
  }
}

const maxModulusOctets = 2048; // OpenSSL uses none above 16384 bits

function nonZero(length: number, random: (length: number) => Buffer): Buffer {
  const bytes = Buffer.from(random(length));
  for (let at = 0; at < length; at++) while (bytes[at] === 0) bytes[at] = random(1)[0] ?? 0;
  return bytes;
}

/**
 * The content key of `length` octets. When the padding is wrong, or the key has another length, the answer is a key made
 * from the private key and the ciphertext: always the same, worth nothing, and found out only when the content fails.
 */
export function decryptKey(encrypted: Buffer, privateKey: KeyObject, length: number): Buffer {
  const size = modulusSize(privateKey);
  const substitute = substituteKey(encrypted, privateKey).subarray(0, length);
  const block = rawDecrypt(encrypted, privateKey, size);
  const separator = size - length - 1;
  let wrong = (block[0] ?? 1) | ((block[1] ?? 0) ^ 2) | (block[separator] ?? 1);
  for (let at = 2; at < separator; at++) wrong |= isZero(block[at] ?? 0); // no early way out
  if (separator < 10) wrong |= 1;
  const keep = (isZero(wrong) * 0xff) & 0xff;
  const key = Buffer.alloc(length);
  for (let at = 0; at < length; at++) {
    key[at] = ((block[separator + 1 + at] ?? 0) & keep) | ((substitute[at] ?? 0) & ~keep & 0xff);
  }
  return key;
}

/** RSAES-OAEP with the same hash for label and mask. Throws CMS_DECRYPT. */
export function decryptKeyOaep(encrypted: Buffer, privateKey: KeyObject, oaepHash: Digest): Buffer {
  try {
    return privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, encrypted);
  } catch (cause) {
    throw protocolError('CMS_DECRYPT', 'the content key does not decrypt with this key', { cause });
  }
}

/** 1 for 0 and 0 for any other octet, without a branch. */
const isZero = (octet: number): number => ((octet - 1) >>> 31) & 1;

function rawDecrypt(encrypted: Buffer, key: KeyObject, size: number): Buffer {
  if (encrypted.length > size) throw protocolError('CMS_DECRYPT', 'the encrypted key is longer than the RSA key');
  const whole = Buffer.concat([Buffer.alloc(size - encrypted.length), encrypted]);
  try {
    return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, whole);
  } catch (cause) {
    throw protocolError('CMS_DECRYPT', 'the encrypted key is not a number below the modulus', { cause });
  }
}

// The secret behind the substitutes costs an export of the key; keys live long.
const secrets = new WeakMap<KeyObject, Buffer>();
function substituteKey(encrypted: Buffer, privateKey: KeyObject): Buffer {
  let secret = secrets.get(privateKey);
  if (secret === undefined) {
    secret = hash('sha256', privateKey.export({ format: 'der', type: 'pkcs8' }), 'buffer');
    secrets.set(privateKey, secret);
  }
  return createHmac('sha256', secret).update(encrypted).digest();
}

function modulusSize(key: KeyObject): number {
  const bits = key.asymmetricKeyType === 'rsa' ? key.asymmetricKeyDetails?.modulusLength : undefined;
  if (bits === undefined) throw protocolError('X509_MALFORMED', 'an envelope needs an RSA key');
  return Math.ceil(bits / 8);
}
