// Encryption under a password, as PKCS#12 files use it: the old PKCS#12 schemes (RFC 7292 B) and PBES2 (RFC 8018), as far as
// iOS opens them.
import { hash, pbkdf2Sync } from 'node:crypto';
import { protocolError } from '../errors.js';
import { type Digest, digestBlockSize } from './algorithms.js';
import { type ContentCipher, cipherByName, decrypt, encryptCbc, type Sealed } from './ciphers.js';
import { type DerNode, fields, tags } from './der.js';
import { integer, nothing, octets, oid, sequence } from './der-build.js';
import { readOctets, readOid, readSmallInteger } from './der-values.js';
import { oids } from './oids.js';
import { decryptRc2 } from './rc2.js';
import { decryptRc4 } from './rc4.js';

/** How many iterations may be asked for, by all parts of a file or all files that share one: a hostile one must not hold the process. */
export class Effort {
  #left = 1_200_000; // about a second

  /** Throws PKCS12_MALFORMED when nothing is left. */
  spend(iterations: number, cost = 1): void {
    this.#left -= Math.max(1, iterations) * cost;
    if (this.#left < 0)
      throw protocolError('PKCS12_MALFORMED', 'the file asks for more password iterations than allowed');
  }
}

/** A password in the two forms that its schemes want it in. */
export interface Password {
  /** UTF-16, big endian, ended by a zero (RFC 7292 B.1). */
  readonly wide: Buffer;
  readonly utf8: Buffer;
}

/** An empty one is two zero octets in UTF-16, as on iOS; files made with none at all are another thing (p12pbegen.c). */
export const passwordOf = (text: string): Password => ({
  wide: Buffer.from(`${text}\0`, 'utf16le').swap16(),
  utf8: Buffer.from(text.split('\0', 1)[0] ?? '', 'utf8'),
});

/** Digests of the derivation: those of signatures, and SHA-224. */
export type KdfDigest = Digest | 'sha224';

const keyPurposes = { key: 1, iv: 2, mac: 3 } as const;

interface Derivation {
  readonly password: Buffer;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly digest: KdfDigest;
  readonly purpose: keyof typeof keyPurposes;
  readonly length: number;
}

/** The key derivation of PKCS#12 (RFC 7292 B.2). */
export function derive({ password, salt, iterations, digest, purpose, length }: Derivation): Buffer {
  const block = digest === 'sha224' ? 64 : digestBlockSize[digest];
  const diversifier = Buffer.alloc(block, keyPurposes[purpose]);
  const input = Buffer.concat([fill(salt, block), fill(password, block)]);
  const output: Buffer[] = [];
  for (let have = 0; have < length; ) {
    let a = hash(digest, Buffer.concat([diversifier, input]), 'buffer');
    for (let i = 1; i < iterations; i++) a = hash(digest, a, 'buffer');
    output.push(a);
    have += a.length;
    for (let at = 0; at < input.length; at += block) addOne(input.subarray(at, at + block), fill(a, block, block));
  }
  return Buffer.concat(output).subarray(0, length);
}

/** The octets repeated up to a multiple of the block (or to just `size`); nothing stays nothing. */
function fill(octetsOf: Buffer, block: number, size = Math.ceil(octetsOf.length / block) * block): Buffer {
  return octetsOf.length === 0 ? Buffer.alloc(0) : Buffer.alloc(size, octetsOf);
}

/** number = number + addend + 1, modulo its size. */
function addOne(number: Buffer, addend: Buffer): void {
  let carry = 1;
  for (let at = number.length - 1; at >= 0; at--) {
    carry += (number[at] ?? 0) + (addend[at] ?? 0);
    number[at] = carry & 0xff;
    carry >>= 8;
  }
}

/**
 * Decrypts by the AlgorithmIdentifier, as iOS does once the MAC has shown that the password is right (p12import.c: p12Decrypt).
 * Throws PKCS12_MALFORMED for what it does not open.
 */
export function decryptWithPassword(
  algorithm: DerNode,
  ciphertext: Buffer,
  password: Password,
  effort: Effort,
): Buffer {
  const parts = fields(algorithm, 'AlgorithmIdentifier');
  const id = readOid(parts.take());
  if (id === oids.pbes2) return decryptPbes2(parts.take(), ciphertext, password, effort);
  const scheme = pkcs12Schemes[id];
  if (scheme === undefined) throw malformed(`iOS does not open the encryption ${id}`);
  const parameters = fields(parts.take(), 'pkcs-12PbeParams');
  const salt = readSalt(parameters.take());
  const iterations = readSmallInteger(parameters.take());
  effort.spend(iterations, 6);
  const from = { password: password.wide, salt, iterations, digest: 'sha1' } as const;
  const key = derive({ ...from, purpose: 'key', length: scheme.keyLength });
  const { cipher } = scheme;
  if (cipher === 'rc4') {
    effort.spend(ciphertext.length / 16);
    return decryptRc4(key, ciphertext);
  }
  const iv = derive({ ...from, purpose: 'iv', length: 8 });
  if (cipher === '3des') return open(tripleDes, key, { iv, ciphertext });
  effort.spend(ciphertext.length); // an octet costs about what an iteration does
  return decryptRc2(key, scheme.keyLength * 8, iv, ciphertext);
}

const malformed = (message: string) => protocolError('PKCS12_MALFORMED', message);

/** Triple DES with two keys is not among them. */
const pkcs12Schemes: Readonly<Record<string, { readonly keyLength: number; readonly cipher: 'rc4' | '3des' | 'rc2' }>> =
  {
    '1.2.840.113549.1.12.1.1': { keyLength: 16, cipher: 'rc4' },
    '1.2.840.113549.1.12.1.2': { keyLength: 5, cipher: 'rc4' },
    [oids.pbeSha3des]: { keyLength: 24, cipher: '3des' },
    [oids.pbeShaRc2128]: { keyLength: 16, cipher: 'rc2' },
    [oids.pbeShaRc240]: { keyLength: 5, cipher: 'rc2' },
  };

const tripleDes = cipherByName('des-ede3-cbc');
const aes256 = cipherByName('aes-256-cbc');
const hmacSha256 = '1.2.840.113549.2.9';

/** Whatever PBES2 names, iOS opens it by AES-256 in CBC with a key of PBKDF2 by HMAC-SHA-256, and asks that a PRF be named, with NULL. */
function decryptPbes2(node: DerNode, ciphertext: Buffer, password: Password, effort: Effort): Buffer {
  const parts = fields(node, 'PBES2-params');
  const kdf = fields(parts.take(), 'keyDerivationFunc');
  const scheme = fields(parts.take(), 'encryptionScheme');
  if (readOid(kdf.take()) !== oids.pbkdf2) throw malformed('PBES2 without PBKDF2, which iOS does not open');
  const parameters = fields(kdf.take(), 'PBKDF2-params');
  const salt = readSalt(parameters.take());
  const iterations = readSmallInteger(parameters.take());
  parameters.maybe(tags.integer); // key length: the cipher says it too
  const prf = parameters.maybe(tags.sequence);
  const named = prf === undefined ? undefined : fields(prf, 'prf');
  const isSha256 = named !== undefined && readOid(named.take()) === hmacSha256 && named.maybe(tags.null) !== undefined;
  if (!isSha256 || readOid(scheme.take()) !== aes256.id)
    throw malformed('iOS opens PBES2 by AES-256 in CBC with HMAC-SHA-256 only');
  if (iterations < 1) throw malformed('PBKDF2 with no iterations');
  const iv = readOctets(scheme.take());
  effort.spend(iterations);
  const key = pbkdf2Sync(password.utf8, salt, iterations, 32, 'sha256');
  return open(aes256, key, { iv, ciphertext });
}

function readSalt(node: DerNode): Buffer {
  const salt = readOctets(node);
  if (salt.length === 0 || salt.length > 1024) throw malformed(`a salt of ${salt.length} octets`);
  return salt;
}

function open(cipher: ContentCipher, key: Buffer, sealed: Sealed): Buffer {
  try {
    return decrypt(cipher, key, sealed);
  } catch (cause) {
    throw protocolError('PKCS12_MALFORMED', 'what is encrypted does not open, though the password is right', { cause });
  }
}

const encryptionSchemes = ['3des', 'aes-256'] as const;
/** '3des' is what every reader knows; 'aes-256' (PBES2) is what openssl 3 writes. */
export type EncryptionScheme = (typeof encryptionSchemes)[number];

export interface Encrypted {
  readonly algorithm: Buffer;
  readonly ciphertext: Buffer;
}

/** Encrypts under a password; gives the AlgorithmIdentifier to write beside it. */
export function encryptWithPassword(
  content: Uint8Array,
  password: Password,
  options: { scheme: EncryptionScheme; iterations: number; random: (length: number) => Buffer },
): Encrypted {
  const { scheme, iterations, random } = options;
  const salt = random(16);
  if (scheme === '3des') {
    const from = { password: password.wide, salt, iterations, digest: 'sha1' } as const;
    const key = derive({ ...from, purpose: 'key', length: 24 });
    const iv = derive({ ...from, purpose: 'iv', length: 8 });
    const algorithm = sequence(oid(oids.pbeSha3des), sequence(octets(salt), integer(iterations)));
    return { algorithm, ciphertext: encryptCbc(tripleDes, key, iv, content) };
  }
  const iv = random(16);
  const prf = sequence(oid(hmacSha256), nothing);
  const kdf = sequence(oid(oids.pbkdf2), sequence(octets(salt), integer(iterations), prf));
  const aes = sequence(oid(aes256.id), octets(iv));
  const key = pbkdf2Sync(password.utf8, salt, iterations, 32, 'sha256');
  return { algorithm: sequence(oid(oids.pbes2), sequence(kdf, aes)), ciphertext: encryptCbc(aes256, key, iv, content) };
}
