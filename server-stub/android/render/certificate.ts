// Certificates: authorities as files that the launcher installs (genuine); identities by the companion app (by convention).
import {
  type CompanionCertificate,
  readCompanion,
  type ScepCertificate,
  writeCompanion,
} from '../../../protocol/app-config/companion.js';
import { bundleFrom } from '../../../protocol/managed-config/write.js';
import type { CertificateProfile } from '../../../protocol/vocabulary.js';
import type { Rdn } from '../../../protocol/x509/name.js';
import { writePem } from '../../../protocol/x509/pem.js';
import { type Draft, hashOf } from './draft.js';
import { cannot, carried, type Part } from './part.js';
import { slugOf } from './paths.js';
import type { GivenOrder, RenderContext } from './rendered.js';

type Scep = Extract<CertificateProfile['source'], { type: 'scep' }>;

type CertificateContext = Pick<RenderContext, 'base' | 'shelf' | 'scepUrl' | 'renewBeforeMs'> & {
  /** What was ordered for this profile before, or a new order. */
  readonly orderOf: (subject: readonly Rdn[]) => Pick<GivenOrder, 'subject' | 'challenge'>;
};

/** The alias of a client certificate in the device's key store is its profile's name. */
const certificateCarrier = (alias: string): string => `companion:certificate:${alias}`;

/** Throws MESSAGE_REFUSED for an identity without a key, and for what the companion app does not take. */
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
  const { password = '' } = source;
  const entry = taken({ type: 'pkcs12', alias: name, name, path, password });
  const url = `${base}/files/${shelf.offer(`${slugOf(name)}.p12`, bytes)}`;
  const file = draft.file({ path, url, hash: hashOf(bytes) }, name);
  draft.certificates.push(entry);
  return { carriers: [certificateCarrier(name)], files: [file] };
}

function scep(name: string, source: Scep, draft: Draft, context: CertificateContext): Part {
  const { scepUrl, orderOf, renewBeforeMs } = context;
  const { challenge = '', keySizeBits, caName, caFingerprint } = source;
  const url = (source.url === '' ? '{{scepUrl}}' : source.url).replaceAll('{{scepUrl}}', scepUrl);
  const request: ScepCertificate = {
    type: 'scep',
    alias: name,
    name,
    url,
    subject: source.subject,
    keySizeBits,
    ...(caName !== undefined && { caName }),
    ...(caFingerprint !== undefined && { caFingerprint }),
    ...(renewBeforeMs !== undefined && { renewBeforeSeconds: Math.max(1, Math.round(renewBeforeMs / 1000)) }),
  };
  taken(request);
  const given = orderOf(source.subject);
  const filled = challenge.replaceAll('{{scepChallenge}}', given.challenge);
  draft.certificates.push({ ...request, subject: given.subject, ...(filled !== '' && { challenge: filled }) });
  return { carriers: [certificateCarrier(name)] };
}

/** The order, if the companion app takes it. Throws MESSAGE_REFUSED with its reason. */
function taken<T extends CompanionCertificate>(certificate: T): T {
  const written = carried(certificate.name, writeCompanion({ certificates: [certificate], retire: false }));
  const [refusal] = readCompanion(bundleFrom(written)).refusals;
  if (refusal !== undefined) throw cannot(certificate.name, refusal.reason);
  return certificate;
}
