// PKCS#12 files (RFC 7292), read as iOS does (Security: p12import.c, SecImportExport.c): one identity, its key and
// certificates, under a password.
import { createPrivateKey, createPublicKey, hash, type KeyObject } from 'node:crypto';
import { isRollcallError } from '../../base/errors.js';
import { protocolError } from '../errors.js';
import { digestAlgorithm } from './algorithms.js';
import { type Certificate, isForKey, readCertificate } from './certificate.js';
import { contentInfo } from './cms-parts.js';
import { context, type DerNode, fields, inner, readDer, tags, within } from './der.js';
import { bmp, integer, octets, oid, sequence, setOf, tagged, taggedPrimitive } from './der-build.js';
import { readOctets, readOid } from './der-values.js';
import { oids } from './oids.js';
import {
  decryptWithPassword,
  Effort,
  type EncryptionScheme,
  encryptWithPassword,
  type Password,
  passwordOf,
} from './pbe.js';
import { type Item, itemNameOf } from './pkcs12-items.js';
import { checkMac, computeMac } from './pkcs12-mac.js';

export interface Pkcs12 {
  /** DER. */
  readonly certificate: Buffer;
  readonly privateKey: KeyObject;
  /** The other certificates that lead on from it, issuer after issuer. */
  readonly chain: readonly Buffer[];
}

const maxBytes = 1024 * 1024;
const maxPasswordLength = 1024;
const maxSafes = 16;
const maxBags = 128;

/**
 * Opens a file with one identity. Throws PKCS12_PASSWORD for a wrong password, and where iOS says so: a MAC of another kind;
 * PKCS12_MALFORMED for what it does not open, with `details.missing` 'key' or 'certificate' when one is not in it,
 * `details.keys` when there are several identities. `effort` is what the file may cost; files that come together share one.
 */
export function readPkcs12(file: Uint8Array, password: string, effort = new Effort()): Pkcs12 {
  if (file.length > maxBytes) throw malformed(`a file of ${file.length} bytes, at most ${maxBytes} are read`);
  // Every derivation goes over the whole password, and there may be thousands in a file.
  if (password.length > maxPasswordLength)
    throw protocolError('PKCS12_PASSWORD', `a password of ${password.length} characters opens no file`);
  return within('PKCS12_MALFORMED', 'PFX', () => {
    const pfx = fields(readDer(file), 'PFX');
    pfx.take(tags.integer);
    const authSafe = readPlain(pfx.take());
    const mac = pfx.maybe(tags.sequence);
    if (mac === undefined) throw malformed('a file without a MAC, which iOS does not open');
    const form = passwordOf(password);
    checkMac(mac, authSafe, form, effort);
    return identityOf(readSafes(authSafe, form, effort));
  });
}

const malformed = (message: string, details?: Readonly<Record<string, unknown>>) =>
  protocolError('PKCS12_MALFORMED', message, details === undefined ? {} : { details });

/** The octets of a ContentInfo of type data. */
function readPlain(node: DerNode): Buffer {
  const info = fields(node, 'ContentInfo');
  const type = readOid(info.take());
  if (type !== oids.data) throw malformed(`content of type ${type}: only password integrity is known`);
  return readOctets(inner(info.take(context(0))));
}

/** By what joins a key and its certificate. */
type Items = Map<string, Item>;

/** Contents of a kind that iOS knows by name and passes over: signed, enveloped, both, digested. */
const passedOver = ['1.2.840.113549.1.7.2', '1.2.840.113549.1.7.3', '1.2.840.113549.1.7.4', '1.2.840.113549.1.7.5'];

function readSafes(authSafe: Buffer, password: Password, effort: Effort): Items {
  const items: Items = new Map();
  const safes = fields(readDer(authSafe), 'AuthenticatedSafe').rest();
  if (safes.length > maxSafes) throw malformed(`${safes.length} safes in one file`);
  for (const safe of safes) {
    const content = openSafe(safe, password, effort);
    if (content === undefined) continue;
    const bags = fields(readDer(content), 'SafeContents').rest();
    if (bags.length > maxBags) throw malformed(`${bags.length} bags in one safe`);
    for (const bag of bags) readBag(bag, items, password, effort);
  }
  return items;
}

function openSafe(node: DerNode, password: Password, effort: Effort): Buffer | undefined {
  const info = fields(node, 'ContentInfo');
  const type = readOid(info.take());
  if (passedOver.includes(type)) return undefined;
  if (type !== oids.encryptedData) return readPlain(node);
  const data = fields(inner(info.take(context(0))), 'EncryptedData');
  data.take(tags.integer);
  const content = fields(data.take(), 'EncryptedContentInfo');
  content.take(tags.oid);
  const algorithm = content.take(tags.sequence);
  return decryptWithPassword(algorithm, readOctets(content.take(), 0), password, effort);
}

const x509Crl = '1.2.840.113549.1.12.10.1.4';
const secretBag = '1.2.840.113549.1.12.10.1.5';
const safeContentsBag = '1.2.840.113549.1.12.10.1.6';
const sdsiCertificate = '1.2.840.113549.1.9.22.2';

/** Keys that are not encrypted, revocation lists, secrets and bags of bags are passed over; an unknown kind ends it. */
function readBag(node: DerNode, items: Items, password: Password, effort: Effort): void {
  const bag = fields(node, 'SafeBag');
  const type = readOid(bag.take());
  const value = inner(bag.take(context(0)));
  const attributes = bag.maybe(tags.set);
  const itemAt = (fallback: Uint8Array): Item => {
    const name = itemNameOf(attributes, fallback);
    const item = items.get(name) ?? {};
    items.set(name, item);
    return item;
  };
  switch (type) {
    case oids.shroudedKeyBag: {
      const parts = fields(value, 'EncryptedPrivateKeyInfo');
      const algorithm = parts.take(tags.sequence);
      const key = decryptWithPassword(algorithm, readOctets(parts.take()), password, effort);
      itemAt(key).key = readKey(key);
      return;
    }
    case oids.certBag: {
      const parts = fields(value, 'CertBag');
      const kind = readOid(parts.take());
      if (kind === sdsiCertificate) return;
      if (kind !== oids.x509Certificate) throw malformed(`a certificate of the kind ${kind}`);
      const der = readOctets(inner(parts.take(context(0))));
      itemAt(der).certificate = der;
      return;
    }
    case oids.keyBag:
    case x509Crl:
    case secretBag:
    case safeContentsBag:
      return;
    default:
      throw malformed(`a bag of the kind ${type}`);
  }
}

/** Told apart by their length on iOS, which knows one of each. */
const curves = ['prime192v1', 'secp224r1', 'prime256v1', 'secp384r1', 'secp521r1'];

/** Null for an RSA or EC key that cannot be read: there is then no identity, and that is all. */
function readKey(pkcs8: Buffer): KeyObject | null {
  const info = fields(readDer(pkcs8), 'PrivateKeyInfo');
  info.take(tags.integer);
  const algorithm = readOid(fields(info.take(), 'AlgorithmIdentifier').take());
  if (algorithm !== oids.ecPublicKey && algorithm !== oids.rsaEncryption)
    throw malformed(`a private key of the kind ${algorithm}, iOS opens RSA and EC only`);
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } catch {
    return null;
  }
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (algorithm === oids.ecPublicKey && !curves.includes(curve ?? ''))
    throw malformed(`a private key on the curve ${curve}`);
  return key;
}

function identityOf(items: Items): Pkcs12 {
  const certificates: Certificate[] = [];
  const identities: { readonly certificate: Certificate; readonly privateKey: KeyObject }[] = [];
  let keys = 0;
  for (const { key, certificate: der } of items.values()) {
    if (key !== undefined) keys++;
    if (der === undefined || key === null) continue;
    const certificate = readable(der);
    if (key === undefined) certificates.push(certificate);
    else if (isForKey(certificate, createPublicKey(key))) identities.push({ certificate, privateKey: key });
    else throw malformed('the certificate beside the key is for another key');
  }
  const [only, second] = identities;
  if (second !== undefined)
    throw malformed(`${identities.length} identities in the file, one is expected`, { keys: identities.length });
  if (only === undefined && keys === 0)
    throw malformed('there is no key in the file that is encrypted under its password', { missing: 'key' });
  if (only === undefined)
    throw malformed('no certificate has the local key id, or else the name, of the key', { missing: 'certificate' });
  const { certificate, privateKey } = only;
  return { certificate: certificate.der, privateKey, chain: chainOf(certificate, certificates) };
}

function readable(der: Buffer): Certificate {
  try {
    return readCertificate(der);
  } catch (cause) {
    if (!isRollcallError(cause, 'X509_MALFORMED')) throw cause;
    throw protocolError('PKCS12_MALFORMED', 'a certificate in the file cannot be read', { cause });
  }
}

/** What leads on from a certificate: iOS keeps no others. */
function chainOf(own: Certificate, others: readonly Certificate[]): Buffer[] {
  const left = others.filter((each) => !each.der.equals(own.der));
  const chain: Buffer[] = [];
  for (let last = own; ; ) {
    const at = left.findIndex((each) => each.subjectDer.equals(last.issuerDer));
    const [next] = at < 0 ? [] : left.splice(at, 1);
    if (next === undefined) return chain;
    chain.push(next.der);
    last = next;
  }
}

interface Pkcs12ToBuild {
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
  const password = passwordOf(request.password);
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
