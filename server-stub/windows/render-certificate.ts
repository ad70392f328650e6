// Certificates: roots and intermediates by thumbprint, identities by PFX or SCEP (specs/windows.md §2.0, §2.1).
import { joinLocUri } from '../../protocol/syncml/loc-uri.js';
import type { CertificateProfile } from '../../protocol/vocabulary.js';
import { fingerprint } from '../../protocol/x509/certificate.js';
import { stubError } from '../errors.js';
import type { Leaves, RenderContext, Rendered } from './rendered.js';
import { add, atomic, exec, replace } from './steps.js';

const msft = ['Device', 'Vendor', 'MSFT'] as const;
const install = [...msft, 'ClientCertificateInstall'] as const;

export const thumbprint = (der: Uint8Array): string => fingerprint(der, 'sha1').toString('hex').toUpperCase();

/** Throws MESSAGE_REFUSED for what no CSP can take. */
export function renderCertificate(profile: CertificateProfile, context: RenderContext): Rendered {
  const { source } = profile;
  switch (source.type) {
    case 'der':
      return trusted(profile, source.der);
    case 'pkcs12':
      return pfx(profile.name, source);
    case 'scep':
      return scep(profile.name, source, context);
  }
}

function trusted({ name, role }: CertificateProfile, der: Uint8Array): Rendered {
  if (role === 'identity') throw stubError('MESSAGE_REFUSED', `profile "${name}": an identity needs a key`);
  const store = role === 'root' ? 'Root' : 'CA';
  const node = joinLocUri([...msft, 'RootCATrustedCertificates', store, thumbprint(der)]);
  return {
    nodes: [node],
    shape: 'EncodedCertificate',
    add: [add(`${node}/EncodedCertificate`, Buffer.from(der).toString('base64'), 'b64')],
    isOfUser: false,
  };
}

type Pkcs12 = Extract<CertificateProfile['source'], { type: 'pkcs12' }>;
type Scep = Extract<CertificateProfile['source'], { type: 'scep' }>;

/** The blob comes last: its Add begins the installation. */
function pfx(name: string, { pkcs12, password }: Pkcs12): Rendered {
  return written(joinLocUri([...install, 'PFXCertInstall', name]), 'pfx', [
    ['KeyLocation', '3', 'int'],
    ['PFXCertPassword', password],
    ['PFXCertPasswordEncryptionType', '0', 'int'],
    ['PFXKeyExportable', 'false', 'bool'],
    ['PFXCertBlob', Buffer.from(pkcs12).toString('base64')],
  ]);
}

const keySizes: readonly number[] = [1024, 2048, 4096];

/** Signs and encrypts: 128 and 32 of KeyUsage. */
const keyUsage = '160';

function scep(name: string, source: Scep, context: RenderContext): Rendered {
  if (!keySizes.includes(source.keySizeBits)) {
    throw stubError('MESSAGE_REFUSED', `profile "${name}": Windows has no keys of ${source.keySizeBits} bits`);
  }
  const given = source.url === '' ? '{{scepUrl}}' : source.url;
  const isOurs = given.includes('{{scepUrl}}');
  const ca = source.caFingerprint;
  const node = joinLocUri([...install, 'SCEP', name]);
  const rendered = written(
    node,
    'scep',
    [
      ['ServerURL', given.replaceAll('{{scepUrl}}', context.scepUrl)],
      ['Challenge', (source.challenge ?? '').replaceAll('{{scepChallenge}}', context.scepChallenge)],
      ['EKUMapping', '1.3.6.1.5.5.7.3.2'],
      ['KeyUsage', keyUsage, 'int'],
      ['SubjectName', subjectName(source.subject)],
      ['KeyProtection', '3', 'int'],
      ['RetryDelay', '1', 'int'],
      ['RetryCount', '3', 'int'],
      ['KeyLength', String(source.keySizeBits), 'int'],
      ['HashAlgorithm', 'SHA-2'],
      ['CAThumbprint', isOurs ? context.caThumbprint : thumbprintGiven(ca)],
    ],
    'Install',
  );
  return rendered;
}

/** Of a server of somebody else's: where the profile has its SHA-1. */
const thumbprintGiven = (ca: Uint8Array | undefined): string | undefined =>
  ca?.length === 20 ? Buffer.from(ca).toString('hex').toUpperCase() : undefined;

function written(node: string, kind: 'scep' | 'pfx', leaves: Leaves, below = ''): Rendered {
  const at = below === '' ? node : `${node}/${below}`;
  const given = leaves.flatMap(([name, value, format]) => (value === undefined ? [] : [{ name, value, format }]));
  const adds = given.map(({ name, value, format }) => add(`${at}/${name}`, value, format));
  const shape = given.map(({ name }) => name).join();
  const rest = { nodes: [node], shape, isOfUser: false, afterwards: kind };
  if (kind === 'pfx') return { ...rest, add: [atomic(...adds)] };
  // Deleting {UniqueID} would take its certificate along, and there might be no new one: the old one stays until there is. The
  // challenge is written anew, for the device has erased it.
  const changes = given.map(({ name, value, format }) =>
    (name === 'Challenge' ? add : replace)(`${at}/${name}`, value, format),
  );
  const enroll = exec(`${at}/Enroll`);
  return { ...rest, add: [atomic(...adds, enroll)], change: [atomic(...changes, enroll)] };
}

/**
 * A name as CertStrToName reads it: types and values in order, joined by commas, several of one relative name by plus signs;
 * what has a meaning there stands in quotation marks.
 */
export const subjectName = (subject: Scep['subject']): string =>
  subject.map((rdn) => rdn.map(([type, value]) => `${type}=${quoted(value)}`).join('+')).join(', ');

const quoted = (value: string): string =>
  /^\s|\s$|[,+="\r\n<>#;]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
