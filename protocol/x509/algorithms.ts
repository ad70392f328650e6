// Which digest and signature algorithms are spoken, by their identifiers, and the two acts: sign and verify.
import { constants, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { protocolError } from '../errors.js';
import { children, context, type DerNode, fields, inner } from './der.js';
import { nothing, oid, sequence } from './der-build.js';
import { readOid } from './der-values.js';
import { oids } from './oids.js';

export const digests = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
export type Digest = (typeof digests)[number];

const digestOids: Record<Digest, string> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};
const digestByOid = new Map(digests.map((digest) => [digestOids[digest], digest]));

const rsaOids: Record<Digest, string> = {
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
};
const ecdsaOids: Record<Digest, string> = {
  sha1: '1.2.840.10045.4.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
};
const bySignatureOid = new Map<string, { readonly type: 'rsa' | 'ec'; readonly digest: Digest }>();
for (const digest of digests) {
  bySignatureOid.set(rsaOids[digest], { type: 'rsa', digest });
  bySignatureOid.set(ecdsaOids[digest], { type: 'ec', digest });
}

/** Digests of signatures that are met in certificates and are spoken nowhere here. */
const otherDigests = new Map([
  ['1.2.840.113549.1.1.2', 'md2'],
  ['1.2.840.113549.1.1.3', 'md4'],
  ['1.2.840.113549.1.1.4', 'md5'],
  ['1.3.14.3.2.29', 'sha1'], // sha1WithRSASignature of OIW, as old CAs wrote it
  ['1.2.840.10040.4.3', 'sha1'], // DSA
  ['1.2.840.113549.1.1.14', 'sha224'],
  ['1.2.840.10045.4.3.1', 'sha224'],
]);

/** The digest that a signature's AlgorithmIdentifier names, as Node spells it, weak ones too; undefined where it names none. */
export function signatureDigest(algorithm: DerNode): string | undefined {
  const [id, parameters] = children(algorithm);
  if (id === undefined) return undefined;
  const name = readOid(id);
  if (name === oids.rsassaPss) return pssDigest(parameters);
  return bySignatureOid.get(name)?.digest ?? otherDigests.get(name);
}

export const digestAlgorithm = (digest: Digest): Buffer => sequence(oid(digestOids[digest]), nothing);

/** The digest that an AlgorithmIdentifier names, if it is one spoken here. */
export const readDigest = (algorithm: DerNode): Digest | undefined =>
  digestByOid.get(readOid(fields(algorithm, 'AlgorithmIdentifier').take()));

/** The AlgorithmIdentifier of a signature made with this key. CMS names plain rsaEncryption (RFC 3370 §3.2). */
export function signatureAlgorithm(key: KeyObject, digest: Digest, form: 'x509' | 'cms' = 'x509'): Buffer {
  if (key.asymmetricKeyType === 'ec') return sequence(oid(ecdsaOids[digest]));
  if (key.asymmetricKeyType !== 'rsa') {
    throw protocolError('X509_MALFORMED', `a key of type ${key.asymmetricKeyType ?? key.type} cannot sign here`);
  }
  return sequence(oid(form === 'cms' ? oids.rsaEncryption : rsaOids[digest]), nothing);
}

/** Signs; EC signatures are in DER form. */
export const signBytes = (key: KeyObject, digest: Digest, bytes: Uint8Array): Buffer => sign(digest, bytes, key);

interface SignatureToCheck {
  readonly key: KeyObject;
  readonly algorithm: DerNode;
  /** The digest named beside the signature: for algorithms that name none, and the same as theirs where they do (RFC 5754 §3). */
  readonly digest?: Digest | undefined;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** True when the signature is right. An algorithm that is unknown here, or of another kind of key, is simply not right. */
export function isSigned({ key, algorithm, digest, bytes, signature }: SignatureToCheck): boolean {
  const [id, parameters] = children(algorithm);
  if (id === undefined) return false;
  const name = readOid(id);
  const type = key.asymmetricKeyType;
  try {
    if (name === oids.rsassaPss) {
      const hash = pssDigest(parameters);
      if (type !== 'rsa' || hash === undefined || (digest !== undefined && digest !== hash)) return false;
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return verify(hash, bytes, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature);
    }
    const known = bySignatureOid.get(name);
    const expected =
      known?.type ?? (name === oids.rsaEncryption ? 'rsa' : name === oids.ecPublicKey ? 'ec' : undefined);
    const hash = known?.digest ?? digest;
    if (expected === undefined || expected !== type || hash === undefined) return false;
    if (digest !== undefined && digest !== hash) return false;
    return verify(hash, bytes, key, signature);
  } catch {
    return false; // node refuses some malformed signatures and keys by throwing
  }
}

/** RSASSA-PSS-params: the hash, which the mask generation must share; SHA-1 when absent (RFC 8017 A.2.3). */
function pssDigest(parameters: DerNode | undefined): Digest | undefined {
  if (parameters === undefined) return 'sha1';
  const list = fields(parameters, 'RSASSA-PSS-params');
  const hash = list.maybe(context(0));
  const mask = list.maybe(context(1));
  const digest = hash === undefined ? 'sha1' : readDigest(inner(hash));
  return digest === maskDigest(mask) ? digest : undefined;
}

/** The hash inside a MaskGenAlgorithm, given its EXPLICIT tag. */
export function maskDigest(mask: DerNode | undefined): Digest | undefined {
  if (mask === undefined) return 'sha1';
  const algorithm = fields(inner(mask), 'MaskGenAlgorithm');
  return readOid(algorithm.take()) === oids.mgf1 ? readDigest(algorithm.take()) : undefined;
}

// Reading a key costs a hundred times what a look here does, and the keys of authorities come again and again.
const recentKeys = new Map<string, KeyObject>();
const maxRecentKeys = 256;
/** An RSA key of 8192 bits has 1062 octets. */
const maxKeyOctets = 1200;
const maxRsaBits = 8192;
/** Exponents in use have 17 bits at most. With one of thousands of bits a look at a signature costs what making it does. */
const maxExponent = 2n ** 33n;
const curves: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1', 'secp256k1', 'secp224r1'];

/**
 * The key in a SubjectPublicKeyInfo. Throws X509_MALFORMED when it is not one that node:crypto reads, or one whose use would
 * cost too much: RSA beyond 8192 bits or with an exponent beyond 33, a curve that has no usual name.
 */
export function readPublicKey(spki: Buffer): KeyObject {
  if (spki.length > maxKeyOctets) throw protocolError('X509_MALFORMED', `a public key of ${spki.length} octets`);
  const bytes = spki.toString('latin1');
  const key = recentKeys.get(bytes) ?? createKey(spki);
  recentKeys.delete(bytes); // to the end: the one longest unused goes first
  recentKeys.set(bytes, key);
  const [oldest] = recentKeys.size > maxRecentKeys ? recentKeys.keys() : [];
  if (oldest !== undefined) recentKeys.delete(oldest);
  return key;
}

function createKey(spki: Buffer): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch (cause) {
    throw protocolError('X509_MALFORMED', 'the public key cannot be read', { cause });
  }
  requireUsual(key);
  return key;
}

function requireUsual({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): void {
  if (type === 'ec' && !curves.includes(details?.namedCurve)) {
    throw protocolError('X509_MALFORMED', `a public key on the curve ${details?.namedCurve ?? 'of its own'}`);
  }
  const { modulusLength = 0, publicExponent = 0n } = details ?? {};
  if (modulusLength > maxRsaBits) throw protocolError('X509_MALFORMED', `a public key of ${modulusLength} bits`);
  if (publicExponent > maxExponent) throw protocolError('X509_MALFORMED', 'a public key with an enormous exponent');
}

const exported = new WeakMap<KeyObject, Buffer>();

/** The SubjectPublicKeyInfo of a public key; exported once, since that costs half a signature. */
export function publicKeyInfo(key: KeyObject): Buffer {
  let spki = exported.get(key);
  if (spki === undefined) {
    spki = key.export({ format: 'der', type: 'spki' });
    exported.set(key, spki);
  }
  return spki;
}

/** Input block of each digest in octets, which key derivations need. */
export const digestBlockSize: Readonly<Record<Digest, number>> = { sha1: 64, sha256: 64, sha384: 128, sha512: 128 };
