// PKCS#12 files (RFC 7292): one identity, its key and certificates, under a password.
import { createHmac, createPrivateKey, createPublicKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto';
import { protocolError } from '../errors.js';
import { type Digest, digestAlgorithm, readDigest } from './algorithms.js';
import { type Certificate, isForKey, readCertificate } from './certificate.js';
import { contentInfo } from './cms-parts.js';
import { context, type DerNode, fields, inner, readDer, tags, within } from './der.js';
import { bmp, integer, octets, oid, sequence, setOf, tagged, taggedPrimitive } from './der-build.js';
import { readOctets, readOid, readSmallInteger } from './der-values.js';
import { oids } from './oids.js';
import {
  decryptWithPassword,
  derive,
  Effort,
  type EncryptionScheme,
  encryptWithPassword,
  type Password,
  passwordForms,
} from './pbe.js';

export interface Pkcs12 {
  /** DER. */
  readonly certificate: Buffer;
  readonly privateKey: KeyObject;
  /** The other certificates, issuer after issuer, then the rest. */
  readonly chain: readonly Buffer[];
}

const maxBytes = 1024 * 1024;
const maxPasswordLength = 1024;
const maxSafes = 16;
const maxBags = 128;

/**
 * Opens a file with one identity. Throws PKCS12_PASSWORD for a wrong password; PKCS12_MALFORMED for what is not such a
 * file, with `details.missing` 'key' or 'certificate' when one is not in it, `details.keys` when there are several.
 * `effort` is what the file may cost; files that come together share one.
 */
export function readPkcs12(file: Uint8Array, password: string, effort = new Effort()): Pkcs12 {
  if (file.length > maxBytes)
    throw protocolError('PKCS12_MALFORMED', `a file of ${file.length} bytes, at most ${maxBytes} are read`);
  // Every derivation goes over the whole password, and there may be thousands in a file.
  if (password.length > maxPasswordLength)
    throw protocolError('PKCS12_PASSWORD', `a password of ${password.length} characters opens no file`);
  return within('PKCS12_MALFORMED', 'PFX', () => {
    const pfx = fields(readDer(file), 'PFX');
    pfx.take(tags.integer);
    const authSafe = readPlain(pfx.take());
    const mac = pfx.maybe(tags.sequence);
    const [first, ...others] = passwordForms(password);
    const form = mac === undefined ? first : checkMac(mac, authSafe, [first, ...others], effort);
    return identityOf(readSafes(authSafe, form, effort));
  });
}

/** The octets of a ContentInfo of type data. */
function readPlain(node: DerNode): Buffer {
  const info = fields(node, 'ContentInfo');
  const type = readOid(info.take());
  if (type !== oids.data)
    throw protocolError('PKCS12_MALFORMED', `content of type ${type}: only password integrity is known`);
  return readOctets(inner(info.take(context(0))));
}

/** The form of the password that makes the MAC right (RFC 7292 §4). */
function checkMac(node: DerNode, content: Buffer, forms: readonly Password[], effort: Effort): Password {
  const parts = fields(node, 'MacData');
  const info = fields(parts.take(), 'DigestInfo');
  const digest = readDigest(info.take());
  const expected = readOctets(info.take());
  const salt = readOctets(parts.take());
  const count = parts.maybe(tags.integer);
  const iterations = count === undefined ? 1 : readSmallInteger(count);
  if (digest === undefined || salt.length > 1024)
    throw protocolError('PKCS12_MALFORMED', 'a MAC that is not known here');
  for (const form of forms) {
    effort.spend(iterations, 3);
    const found = computeMac({ content, password: form, salt, iterations, digest });
    if (found.length === expected.length && timingSafeEqual(found, expected)) return form;
  }
  throw protocolError('PKCS12_PASSWORD', 'the file does not open with this password');
}

interface MacToCompute {
  readonly content: Buffer;
  readonly password: Password;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly digest: Digest;
}

function computeMac({ content, password, salt, iterations, digest }: MacToCompute): Buffer {
  const length = hash(digest, '', 'buffer').length;
  const key = derive({ password: password.wide, salt, iterations, digest, purpose: 'mac', length });
  return createHmac(digest, key).update(content).digest();
}

interface Contents {
  readonly keys: KeyObject[];
  readonly certificates: Certificate[];
}

function readSafes(authSafe: Buffer, password: Password, effort: Effort): Contents {
  const contents: Contents = { keys: [], certificates: [] };
  const safes = fields(readDer(authSafe), 'AuthenticatedSafe').rest();
  if (safes.length > maxSafes) throw protocolError('PKCS12_MALFORMED', `${safes.length} safes in one file`);
  for (const safe of safes) {
    const bags = fields(readDer(openSafe(safe, password, effort)), 'SafeContents').rest();
    if (bags.length > maxBags) throw protocolError('PKCS12_MALFORMED', `${bags.length} bags in one safe`);
    for (const bag of bags) readBag(bag, contents, password, effort);
  }
  return contents;
}

function openSafe(node: DerNode, password: Password, effort: Effort): Buffer {
  const info = fields(node, 'ContentInfo');
  if (readOid(info.take()) !== oids.encryptedData) return readPlain(node);
  const data = fields(inner(info.take(context(0))), 'EncryptedData');
  data.take(tags.integer);
  const content = fields(data.take(), 'EncryptedContentInfo');
  content.take(tags.oid);
  const algorithm = content.take(tags.sequence);
  return decryptWithPassword(algorithm, readOctets(content.take(), 0), password, effort);
}

function readBag(node: DerNode, contents: Contents, password: Password, effort: Effort): void {
  const bag = fields(node, 'SafeBag');
  const type = readOid(bag.take());
  const value = inner(bag.take(context(0)));
  if (type === oids.keyBag) contents.keys.push(readKey(value.bytes));
  else if (type === oids.shroudedKeyBag) {
    const parts = fields(value, 'EncryptedPrivateKeyInfo');
    const algorithm = parts.take(tags.sequence);
    contents.keys.push(readKey(decryptWithPassword(algorithm, readOctets(parts.take()), password, effort)));
  } else if (type === oids.certBag) {
    const parts = fields(value, 'CertBag');
    if (readOid(parts.take()) !== oids.x509Certificate) return;
    contents.certificates.push(readCertificate(readOctets(inner(parts.take(context(0))))));
  }
}

function readKey(pkcs8: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw protocolError('PKCS12_MALFORMED', 'the private key cannot be read', { cause });
  }
}

function identityOf({ keys, certificates }: Contents): Pkcs12 {
  const [privateKey, second] = keys;
  if (privateKey === undefined)
    throw protocolError('PKCS12_MALFORMED', 'there is no key in the file', { details: { missing: 'key' } });
  if (second !== undefined) {
    const details = { keys: keys.length };
    throw protocolError('PKCS12_MALFORMED', `${keys.length} keys in the file, one is expected`, { details });
  }
  const publicKey = createPublicKey(privateKey);
  const own = certificates.find((each) => isForKey(each, publicKey));
  if (own === undefined) {
    throw protocolError('PKCS12_MALFORMED', "there is no certificate for the file's key", {
      details: { missing: 'certificate' },
    });
  }
  const others = certificates.filter((each) => each !== own);
  return { certificate: own.der, privateKey, chain: inOrder(own, others).map((each) => each.der) };
}

function inOrder(own: Certificate, others: readonly Certificate[]): Certificate[] {
  const left = [...others];
  const chain: Certificate[] = [];
  for (let last = own; ; ) {
    const at = left.findIndex((each) => each.subjectDer.equals(last.issuerDer));
    const [next] = at < 0 ? [] : left.splice(at, 1);
    if (next === undefined) return [...chain, ...left];
    chain.push(next);
    last = next;
  }
}

export interface Pkcs12ToBuild {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
  readonly chain?: readonly Uint8Array[];
  readonly password: string;
  readonly friendlyName?: string;
  readonly random: (length: number) => Buffer;
  /** Default '3des' with a SHA-1 MAC, which iOS and every openssl reads; 'aes-256' has a SHA-256 MAC. */
  readonly encryption?: EncryptionScheme;
  /** Default 2048. */
  readonly iterations?: number;
}

export function buildPkcs12(request: Pkcs12ToBuild): Buffer {
  const { certificate, privateKey, chain = [], random, friendlyName, encryption = '3des', iterations = 2048 } = request;
  const [password] = passwordForms(request.password);
  const encrypt = (content: Uint8Array) =>
    encryptWithPassword(content, password, { scheme: encryption, iterations, random });
  const attributes = setOf(
    sequence(oid(oids.localKeyId), setOf(octets(hash('sha1', certificate, 'buffer')))), // joins key and certificate
    ...(friendlyName === undefined ? [] : [sequence(oid(oids.friendlyName), setOf(bmp(friendlyName)))]),
  );
  const certBag = (der: Uint8Array, ...more: Buffer[]): Buffer =>
    sequence(oid(oids.certBag), tagged(0, sequence(oid(oids.x509Certificate), tagged(0, octets(der)))), ...more);
  const certificates = encrypt(sequence(certBag(certificate, attributes), ...chain.map((der) => certBag(der))));
  const key = encrypt(privateKey.export({ format: 'der', type: 'pkcs8' }));
  const shrouded = sequence(key.algorithm, octets(key.ciphertext));
  const encryptedContent = sequence(
    oid(oids.data),
    certificates.algorithm,
    taggedPrimitive(0, certificates.ciphertext),
  );
  const keyBag = sequence(oid(oids.shroudedKeyBag), tagged(0, shrouded), attributes);
  const authSafe = sequence(
    contentInfo(oids.encryptedData, sequence(integer(0), encryptedContent)),
    contentInfo(oids.data, octets(sequence(keyBag))),
  );
  const digest = encryption === '3des' ? 'sha1' : 'sha256';
  const salt = random(16);
  const mac = computeMac({ content: authSafe, password, salt, iterations, digest });
  const macData = sequence(sequence(digestAlgorithm(digest), octets(mac)), octets(salt), integer(iterations));
  return sequence(integer(3), contentInfo(oids.data, octets(authSafe)), macData);
}
