// Certificates: authorities as files that the launcher installs (genuine); identities by the companion app (by convention).
import { createHash } from 'node:crypto';
import type { CertificateProfile } from '../../../protocol/vocabulary.js';
import type { Rdn } from '../../../protocol/x509/name.js';
import { writePem } from '../../../protocol/x509/pem.js';
import { type Draft, hashOf } from './draft.js';
import { cannot, carried, given, type Part } from './part.js';
import { slugOf } from './paths.js';
import type { RenderContext } from './rendered.js';

type Scep = Extract<CertificateProfile['source'], { type: 'scep' }>;

export type CertificateContext = Pick<RenderContext, 'base' | 'shelf' | 'scepUrl'> & {
  /** The challenge that was given for the same request, or a new one. */
  readonly challengeFor: (name: string, hash: string) => string;
};

/** The alias of a client certificate in the device's key store is its profile's name. */
export const certificateCarrier = (alias: string): string => `companion:certificate:${alias}`;

/** Throws MESSAGE_REFUSED for an identity without a key. */
export function renderCertificate(profile: CertificateProfile, draft: Draft, context: CertificateContext): Part {
  const { name, role, source } = profile;
  switch (source.type) {
    case 'der':
      if (role === 'identity') throw cannot(name, 'an identity needs a key');
      return authority(name, source.der, draft, context);
    case 'pkcs12':
      return pkcs12(name, source, draft, context);
    case 'scep':
      return scep(name, source, draft, context);
  }
}

function authority(name: string, der: Uint8Array, draft: Draft, { base, shelf }: CertificateContext): Part {
  const pem = Buffer.from(writePem('CERTIFICATE', der));
  const path = `/certs/${slugOf(name)}.pem`;
  const url = `${base}/files/${shelf.offer(`${slugOf(name)}.pem`, pem)}`;
  const file = draft.file({ path, url, hash: hashOf(pem) }, name);
  draft.certificatePaths.push(path);
  return { carriers: [`certificates:${path}`], files: [file] };
}

type Pkcs12 = Extract<CertificateProfile['source'], { type: 'pkcs12' }>;

function pkcs12(name: string, source: Pkcs12, draft: Draft, { base, shelf }: CertificateContext): Part {
  const bytes = Buffer.from(source.pkcs12);
  const path = `/certs/${slugOf(name)}.p12`;
  const entry = carried(name, given({ alias: name, name, pkcs12Path: path, password: source.password }));
  const url = `${base}/files/${shelf.offer(`${slugOf(name)}.p12`, bytes)}`;
  const file = draft.file({ path, url, hash: hashOf(bytes) }, name);
  draft.certificates.push(entry);
  return { carriers: [certificateCarrier(name)], files: [file] };
}

function scep(name: string, source: Scep, draft: Draft, context: CertificateContext): Part {
  const { url, challenge = '', subject, keySizeBits, caName, caFingerprint } = source;
  const given0 = url === '' ? '{{scepUrl}}' : url;
  const request = given({
    alias: name,
    name,
    scepUrl: given0.replaceAll('{{scepUrl}}', context.scepUrl),
    subject: subjectText(subject),
    keySize: keySizeBits,
    caName,
    caFingerprint: caFingerprint && Buffer.from(caFingerprint).toString('hex'),
  });
  const hash = createHash('sha256').update(JSON.stringify(request)).update(challenge).digest('base64url').slice(0, 16);
  const filled = challenge.includes('{{scepChallenge}}')
    ? challenge.replaceAll('{{scepChallenge}}', context.challengeFor(name, hash))
    : challenge;
  draft.certificates.push(carried(name, { ...request, challenge: filled }));
  return { carriers: [certificateCarrier(name)] };
}

/** As RFC 4514 writes attributes, but in the order of the request: `O=Contoso,CN=user1 on F2`. */
export const subjectText = (subject: readonly Rdn[]): string =>
  subject.map((rdn) => rdn.map(([type, value]) => `${type}=${escaped(value)}`).join('+')).join(',');

/** RFC 4514 §2.4. */
const escaped = (value: string): string =>
  value
    .replaceAll(/["+,;<>\\=]/g, '\\$&')
    .replaceAll('\0', '\\00')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
