// Certificates of the device's stores, and what CSPs say of them.
import { isRollcallError } from '../../../../base/errors.js';
import {
  fingerprint,
  isIssuerOf,
  readableCertificate,
  readCertificate,
} from '../../../../protocol/x509/certificate.js';
import { nameText, nameValue, type Rdn } from '../../../../protocol/x509/name.js';
import type { WindowsMemory } from '../memory.js';
import type { SavedCertificate, WindowsData } from '../saved.js';
import { refuse } from './leaves.js';
import type { NodeValue, Refusal } from './module.js';

/** SHA-1, upper-case hexadecimal: what Windows calls a certificate by. */
export const thumbprintOf = (der: Uint8Array): string => fingerprint(der, 'sha1').toString('hex').toUpperCase();

type Certificates = WindowsData['certificates'];

/** What the node of this address brought, or one below it. */
const isOf =
  (uri: string) =>
  ({ node }: SavedCertificate): boolean => {
    const [own, asked] = [node?.toLowerCase(), uri.toLowerCase()];
    return own === asked || own?.startsWith(`${asked}/`) === true;
  };

/** What the node of this address brought. */
export const broughtBy = (uri: string, { data }: Pick<WindowsMemory, 'data'>): SavedCertificate | undefined =>
  Object.values(data.certificates).find(isOf(uri));

/**
 * Puts a certificate into a store: by its thumbprint, and by that and its node where another node brought the same one already. What
 * the node brought before goes.
 */
export function keepCertificate(
  certificate: SavedCertificate & { readonly node: string },
  memory: WindowsMemory,
): void {
  const thumbprint = thumbprintOf(certificate.der);
  const others = without(certificate.node, memory.data.certificates);
  const key = Object.hasOwn(others, thumbprint) ? `${thumbprint} ${certificate.node}` : thumbprint;
  memory.change({ certificates: { ...others, [key]: certificate } });
}

/** Takes away what the node of this address and those below it brought. */
export function dropCertificates(uri: string, memory: WindowsMemory): void {
  const { certificates } = memory.data;
  const left = without(uri, certificates);
  if (Object.keys(left).length !== Object.keys(certificates).length) memory.change({ certificates: left });
}

function without(uri: string, certificates: Certificates): Certificates {
  const goes = isOf(uri);
  return Object.fromEntries(Object.entries(certificates).filter(([, each]) => !goes(each)));
}

/** The certificate in an EncodedCertificate, whose node has this thumbprint; 500 for anything else. */
export function certificateIn(base64: string, thumbprint: string): { readonly der: Buffer } | Refusal {
  const der = Buffer.from(base64, 'base64');
  if (!isReadable(der)) return refuse(500, 'EncodedCertificate is no certificate');
  if (thumbprintOf(der) !== thumbprint.toUpperCase())
    return refuse(500, 'EncodedCertificate has another thumbprint than its node');
  return { der };
}

/** All of it that is shown later can be read. */
function isReadable(der: Buffer): boolean {
  try {
    const { subject, issuer, notBefore, notAfter } = readCertificate(der);
    return simpleName(subject).length + simpleName(issuer).length >= 0 && notBefore <= notAfter;
  } catch (error) {
    if (isRollcallError(error)) return false;
    throw error;
  }
}

/** `issuer` issued `subject`; false where one of them cannot be read. */
export function isIssued(issuer: Uint8Array, subject: Uint8Array): boolean {
  try {
    return isIssuerOf(readCertificate(issuer), readCertificate(subject));
  } catch (error) {
    if (isRollcallError(error)) return false;
    throw error;
  }
}

/**
 * A leaf that Windows reads from the certificate itself. The forms (simple names, ISO 8601 in UTC) are a convention of ours: no
 * capture has them.
 */
export function leafOfCertificate(leaf: string, der: Uint8Array): NodeValue | undefined {
  const certificate = readableCertificate(der);
  if (certificate === undefined) return undefined;
  const chr = (value: string): NodeValue => ({ format: 'chr', value });
  switch (leaf) {
    case 'EncodedCertificate':
      return { format: 'b64', value: Buffer.from(der).toString('base64') };
    case 'IssuedBy':
      return chr(simpleName(certificate.issuer));
    case 'IssuedTo':
      return chr(simpleName(certificate.subject));
    case 'ValidFrom':
      return chr(certificate.notBefore.toISOString().replace('.000Z', 'Z'));
    case 'ValidTo':
      return chr(certificate.notAfter.toISOString().replace('.000Z', 'Z'));
    case 'TemplateName':
      return chr('');
    default:
      return undefined;
  }
}

/** As CertGetNameString shows names: the common name, else the organizational unit, the organization, all of it. */
const simpleName = (name: readonly Rdn[]): string =>
  nameValue(name, 'CN') ?? nameValue(name, 'OU') ?? nameValue(name, 'O') ?? nameText(name);
