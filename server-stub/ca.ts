// The stub's certificate authority: its root, the certificates of its own servers and signers, and those of devices.

import { createPublicKey, generateKeyPair, hash, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '../base/clock.js';
import { type Certificate, readCertificate, verifyIssued } from '../protocol/x509/certificate.js';
import type { SubjectAltNames } from '../protocol/x509/extensions.js';
import { type CertificateRequest, type Issuer, issueCertificate } from '../protocol/x509/issue.js';
import type { Rdn } from '../protocol/x509/name.js';
import { writePem } from '../protocol/x509/pem.js';
import { type CertificateGrant, type IssuedCertificate, type IssuedIndex, openIssuedIndex } from './issued.js';
import type { Keep } from './keep.js';
import { openRootFolder, type RootPem, readRoot } from './root-files.js';
import { openServerCertificates, type ServerIdentity, serverNames } from './server-certificate.js';

const generate = promisify(generateKeyPair);
const generateRsa: NewRsaKey = (bits) => generate('rsa', { modulusLength: bits });

export interface CaOptions {
  readonly clock: Clock;
  readonly random: (length: number) => Buffer;
  /** Names and addresses that the servers' certificate is for, beside localhost, 127.0.0.1 and ::1. */
  readonly hostnames?: readonly string[];
  /** A root to use instead of one of its own making: an RSA key, and a certificate that may issue (PEM). */
  readonly root?: RootPem;
  /** Where the root is kept; in memory only without it. */
  readonly dataFolder?: string;
  /** The data folder has a tenant already, and so must have a root. Default false. */
  readonly hasTenant?: boolean;
  /** Where the index of certificates is kept; in memory only without it. */
  readonly keep?: Keep | undefined;
  /** Puts a registration authority before the CA, so that GetCACert answers with two certificates. */
  readonly withRegistrationAuthority?: boolean;
  /** How long a device's certificate that is issued now is valid, on the clock. */
  readonly deviceCertificateMs: () => number;
  /** Default: natively, a new one each time. */
  readonly newRsaKey?: NewRsaKey;
}

/** Makes an RSA key of so many bits. */
export type NewRsaKey = (bits: number) => Promise<{ readonly publicKey: KeyObject; readonly privateKey: KeyObject }>;

export interface DeviceCertificateRequest extends CertificateGrant {
  readonly publicKey: KeyObject;
  readonly subject: readonly Rdn[];
  readonly subjectAltName?: SubjectAltNames | undefined;
}

/** What a presented certificate is worth here. `entry` is there only when the certificate is ours and in its time. */
export type Judgement =
  | { readonly standing: 'ok' | 'revoked'; readonly entry: IssuedCertificate }
  /**
   * `unknown`: signed by us for a device, and nothing is known of it any more. Its holder is told so, and enrolls again.
   * `earlier-run`: signed by another root of this name, as each stub without a data folder makes one.
   */
  | { readonly standing: 'foreign' | 'earlier-run' | 'unknown' | 'expired' | 'not-yet-valid' };

/** Why a certificate is not taken, for logs and refusals; what its holder's person can do where that is known. */
export const standingReason = ({ standing }: Judgement): string =>
  standing === 'earlier-run'
    ? 'the certificate names this CA and is not signed by it: its signature is wrong, or the device enrolled at an earlier run without --data, whose CA is gone: then forget the enrollment (rollcall device --forget) and enroll again'
    : `the certificate is ${standing}`;

export interface Ca {
  readonly certificate: Buffer;
  readonly certificatePem: string;
  /** The root, for what only it may sign: certificates, and SCEP's replies. */
  readonly issuer: Issuer;
  /** For the HTTPS server. */
  readonly server: ServerIdentity;
  /** The same for a server that has other names too. */
  serverFor(moreNames: readonly string[]): ServerIdentity;
  /** Signs profiles; made when first asked for. */
  readonly signer: () => Promise<Issuer>;
  /** To whom SCEP requests are encrypted and who signs the answers: the root itself, or a registration authority under it. */
  readonly scep: Issuer;
  readonly issued: IssuedIndex;
  issueForDevice(request: DeviceCertificateRequest): Buffer;
  /** Judges a certificate (DER) by signature, dates and revocation. Never throws. */
  judge(certificate: Uint8Array): Judgement;
}

// The root, and what signs for it: profiles are judged by whatever clock a device has, and no platform bounds an authority's life.
const always = { notBefore: new Date('2000-01-01T00:00:00Z'), notAfter: new Date('2049-12-31T00:00:00Z') };
/** A device whose clock is a little behind must not find its new certificate to be of the future. */
const backdateMs = 10 * 60_000;
/** Opens the authority of a data folder, or makes a new one. Throws DATA_CORRUPT when its files are missing or damaged. */
export async function openCa(options: CaOptions): Promise<Ca> {
  const { clock, random, newRsaKey = generateRsa } = options;
  const serial = () => newSerial(random);
  const material: Material = { serial, newRsaKey };
  const [root, issueServer] = await Promise.all([openRoot(options, material), openServerCertificates(clock, serial)]);
  const issued = openIssuedIndex(clock, options.keep);
  const ra = options.withRegistrationAuthority === true ? await newRegistrar(root, material) : undefined;
  const names = serverNames(options.hostnames);
  let signer: Promise<Issuer> | undefined;
  const rootPem = writePem('CERTIFICATE', root.certificate);
  const rootDer = Buffer.from(root.certificate);
  // Looking a certificate's signature up again is much cheaper than checking it again.
  const checked = new Map<string, { readonly notBefore: number; readonly notAfter: number; readonly serial: string }>();

  return {
    certificate: rootDer,
    certificatePem: rootPem,
    issuer: root,
    server: issueServer(root, names),
    serverFor: (moreNames) => issueServer(root, [...names, ...moreNames]),
    signer() {
      signer ??= newHelper(root, material, 'Rollcall profile signing', {
        keyUsage: ['digitalSignature'],
        extendedKeyUsage: ['emailProtection'],
      });
      return signer;
    },
    scep: ra ?? root,
    issued,

    issueForDevice(request) {
      const now = clock.now();
      const expiresAt = now + options.deviceCertificateMs();
      const number = serial();
      const { uniformResourceIdentifier, rfc822Name, dNSName, ntPrincipalName } = request.subjectAltName ?? {};
      const names = { uniformResourceIdentifier, rfc822Name, dNSName, ntPrincipalName };
      const certificate = issueCertificate({
        subject: request.subject,
        issuer: root,
        publicKey: request.publicKey,
        serial: number,
        notBefore: new Date(now - backdateMs),
        notAfter: new Date(expiresAt),
        keyUsage: ['digitalSignature', 'keyEncipherment'],
        extendedKeyUsage: ['clientAuth'],
        subjectAltName: Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined)),
      });
      issued.add({
        serial: readCertificate(certificate).serialHex,
        platform: request.platform,
        purpose: request.purpose,
        userId: request.userId,
        deviceId: request.deviceId,
        ...(request.isRenewal === true && { isRenewal: true }),
        ...(request.enrollment !== undefined && { enrollment: request.enrollment }),
        expiresAt,
        isRevoked: false,
      });
      return certificate;
    },

    judge(der) {
      const key = hash('sha256', der, 'base64');
      let known = checked.get(key);
      if (known === undefined) {
        const certificate = readIssued(der, rootDer);
        if (certificate === undefined) return { standing: isOfNamesake(der, rootDer) ? 'earlier-run' : 'foreign' };
        known = {
          notBefore: certificate.notBefore.getTime(),
          notAfter: certificate.notAfter.getTime(),
          serial: certificate.serialHex,
        };
        if (checked.size >= 50_000) checked.clear();
        checked.set(key, known);
      }
      const now = clock.now();
      if (now < known.notBefore) return { standing: 'not-yet-valid' };
      if (now > known.notAfter) return { standing: 'expired' };
      const entry = issued.get(known.serial);
      if (entry === undefined) return { standing: 'unknown' };
      return { standing: entry.isRevoked ? 'revoked' : 'ok', entry };
    },
  };
}

/** Whether its issuer is called as the root is. Anybody can name an issuer: this explains a refusal, and lets nobody in. */
function isOfNamesake(der: Uint8Array, root: Buffer): boolean {
  try {
    const [certificate, own] = [readCertificate(der), readCertificate(root)];
    if (certificate.isSelfIssued || !certificate.issuerDer.equals(own.subjectDer)) return false;
    return !certificate.isSignedBy(own.publicKey);
  } catch {
    return false;
  }
}

/** The certificate, if the root's key signed it, for a device; dates are judged elsewhere. */
function readIssued(der: Uint8Array, root: Buffer): Certificate | undefined {
  try {
    const certificate = readCertificate(der);
    const standing = verifyIssued(der, [root], certificate.notBefore);
    const isForDevice = certificate.extendedKeyUsage?.includes('clientAuth') === true;
    return standing === 'ok' && !certificate.isCa && isForDevice ? certificate : undefined;
  } catch {
    return undefined; // malformed: not one of ours
  }
}

/** What new certificates are made of. */
interface Material {
  readonly serial: () => Buffer;
  readonly newRsaKey: NewRsaKey;
}

/** 128 random bits, positive, without a leading zero (RFC 5280 §4.1.2.2). */
export function newSerial(random: (length: number) => Buffer): Buffer {
  const serial = random(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

async function openRoot({ root, dataFolder, hasTenant = false }: CaOptions, material: Material): Promise<Issuer> {
  if (root !== undefined) return readRoot(root);
  if (dataFolder === undefined) return newRoot(material);
  return openRootFolder({ folder: dataFolder, hasTenant, newRoot: (key) => newRoot(material, key) });
}

/** A root of its own signature; of this key, where one is given. */
async function newRoot({ serial, newRsaKey }: Material, key?: KeyObject): Promise<Issuer> {
  const { publicKey, privateKey } =
    key === undefined ? await newRsaKey(2048) : { publicKey: createPublicKey(key), privateKey: key };
  const certificate = issueCertificate({
    ...always,
    subject: [[['O', 'Rollcall']], [['CN', 'Rollcall stub authority']]],
    issuer: 'self',
    publicKey,
    key: privateKey,
    serial: serial(),
    ca: { pathLength: 0 },
    // RFC 8894 §2.3: without a registration authority requests are encrypted to the CA and replies signed by it.
    keyUsage: ['digitalSignature', 'keyEncipherment', 'keyCertSign', 'cRLSign'],
  });
  return { certificate, key: privateKey };
}

const newRegistrar = (root: Issuer, material: Material): Promise<Issuer> =>
  newHelper(root, material, 'Rollcall registration authority', { keyUsage: ['digitalSignature', 'keyEncipherment'] });

/** A key and certificate of the authority's own, for one of its tasks. */
async function newHelper(
  root: Issuer,
  { serial, newRsaKey }: Material,
  name: string,
  usage: Pick<CertificateRequest, 'keyUsage' | 'extendedKeyUsage'>,
): Promise<Issuer> {
  const { publicKey, privateKey } = await newRsaKey(2048);
  const subject = [[['O', 'Rollcall']], [['CN', name]]] as const;
  const certificate = issueCertificate({ ...always, ...usage, subject, issuer: root, publicKey, serial: serial() });
  return { certificate, key: privateKey };
}
