// What the nodes below SCEP/{UniqueID}/Install ask for, in the words of the SCEP client (specs/windows.md §2.1).
import { malformed } from '../../../../protocol/csp/document.js';
import { readSubjectName } from '../../../../protocol/csp/subject-name.js';
import type { ScepDigest } from '../../../../protocol/scep/capabilities.js';
import type { ScepSettings } from '../../../../protocol/scep/settings.js';
import { isOid, isPrintable } from '../../../../protocol/x509/der-build.js';
import type { ExtendedKeyUsage, KeyUsage, SubjectAltName } from '../../../../protocol/x509/extensions.js';
import { ndesAddress, ndesMessage } from '../scep-rules.js';
import type { Leaves } from './leaves.js';

/** Nodes without which an Enroll is answered 500. TemplateName, names and periods may be missing, and Windows knows defaults. */
export const requiredOfScep = [
  'ServerURL',
  'Challenge',
  'EKUMapping',
  'KeyUsage',
  'SubjectName',
  'KeyLength',
  'HashAlgorithm',
  'CAThumbprint',
];

const others = [
  'KeyProtection',
  'RetryDelay',
  'RetryCount',
  'SubjectAlternativeNames',
  'ContainerName',
  'AADKeyIdentifierList',
];

/** The nodes as they are when Enroll is executed: later writes do not change what is under way. */
export type ScepNodes = Readonly<Record<string, string>>;

export const scepNodes = (leaf: Leaves): ScepNodes =>
  Object.fromEntries(
    [...requiredOfScep, ...others].flatMap((name) => {
      const value = leaf(`Install/${name}`);
      return value === undefined ? [] : [[name, value]];
    }),
  );

export interface ScepOrder {
  /** One for each server of ServerURL. */
  readonly settings: readonly ScepSettings[];
  readonly digests: readonly ScepDigest[];
  /** False: the request cannot be written (case D5). */
  readonly isChallengePrintable: boolean;
  readonly retryCount: number;
  readonly retryDelayMs: number;
}

/** Throws CSP_MALFORMED for what no request can be made of. */
export function scepOrder(nodes: ScepNodes): ScepOrder {
  const node = (name: string): string => nodes[name] ?? '';
  const challenge = node('Challenge');
  const thumbprint = node('CAThumbprint').replace(/\s/g, '');
  const names = alternativeNames(node('SubjectAlternativeNames'));
  if (!/^[0-9A-Fa-f]{40}$/.test(thumbprint)) throw malformed('CAThumbprint is no SHA-1 thumbprint');
  if (node('KeyProtection') === '4' && node('ContainerName') === '')
    throw malformed('keys of Windows Hello for Business need a ContainerName');
  const common = {
    caName: ndesMessage,
    subject: readSubjectName(node('SubjectName')),
    ...(names === undefined ? {} : { subjectAltName: names }),
    ...(challenge === '' ? {} : { challenge }),
    keySizeBits: Number(node('KeyLength')),
    keyUsage: keyUsagesOf(Number(node('KeyUsage'))),
    extendedKeyUsage: purposesOf(node('EKUMapping')),
    caFingerprint: Buffer.from(thumbprint, 'hex'),
    retries: 0,
    retryDelaySeconds: 0,
  };
  return {
    settings: serversOf(node('ServerURL')).map((url) => ({ ...common, url })),
    digests: digestsOf(node('HashAlgorithm')),
    isChallengePrintable: isPrintable(challenge),
    retryCount: Math.min(wholeOr(nodes['RetryCount'], 3), 30),
    retryDelayMs: Math.max(wholeOr(nodes['RetryDelay'], 5), 1) * 60_000,
  };
}

const wholeOr = (text: string | undefined, otherwise: number): number =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;

const mostServers = 10;

/** Several are separated by semicolons. */
function serversOf(text: string): readonly string[] {
  const urls = text
    .split(';', mostServers)
    .map((url) => url.trim())
    .filter((url) => url !== '');
  if (urls.length === 0 || !urls.every(isHttp)) throw malformed('ServerURL names no http or https address');
  return urls.map(ndesAddress);
}

const isHttp = (url: string): boolean => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);

/** KeyUsage: 0x80 signs, 0x20 enciphers keys; one of the two must be there (Learn). */
export const isKeyUsage = (value: number): boolean => (value & 0xa0) !== 0;

const usages: readonly (readonly [bit: number, usage: KeyUsage])[] = [
  [0x80, 'digitalSignature'],
  [0x40, 'nonRepudiation'],
  [0x20, 'keyEncipherment'],
  [0x10, 'dataEncipherment'],
  [0x08, 'keyAgreement'],
  [0x04, 'keyCertSign'],
  [0x02, 'cRLSign'],
];

function keyUsagesOf(value: number): readonly KeyUsage[] {
  if (!isKeyUsage(value)) throw malformed('KeyUsage has neither 0x20 nor 0x80');
  return usages.flatMap(([bit, usage]) => ((value & bit) === 0 ? [] : [usage]));
}

/** `1.3.6.1.5.5.7.3.2+1.3.6.1.5.5.7.3.4` */
function purposesOf(text: string): readonly ExtendedKeyUsage[] {
  const oids = text.split('+').map((each) => each.trim());
  if (oids.length > 100 || !oids.every(isOid)) throw malformed('EKUMapping is no list of OIDs');
  return oids as ExtendedKeyUsage[];
}

/** `SHA-1`, `SHA-2`, or both with `+` between them; Intune writes `;`. */
function digestsOf(text: string): readonly ScepDigest[] {
  const families = text.split(/[+;]/).map((each) => each.trim().toUpperCase());
  const digests = families.flatMap((family): readonly ScepDigest[] => {
    if (family === 'SHA-2') return ['sha256', 'sha512'];
    return family === 'SHA-1' ? ['sha1'] : [];
  });
  if (digests.length === 0) throw malformed('HashAlgorithm names neither SHA-1 nor SHA-2');
  return digests;
}

/** AlternativeNameType of certenroll. */
const nameTypes: Readonly<Record<string, keyof SubjectAltName>> = {
  '2': 'rfc822Name',
  '3': 'dNSName',
  '7': 'uniformResourceIdentifier',
  '8': 'iPAddress',
  '11': 'ntPrincipalName',
};

/** `11+user@contoso.example;3+host.contoso.example` */
function alternativeNames(text: string): SubjectAltName | undefined {
  const pairs = text.split(';').filter((each) => each.trim() !== '');
  if (pairs.length === 0) return undefined;
  const names: Partial<Record<keyof SubjectAltName, string[]>> = {};
  for (const pair of pairs) {
    const [, type = '', name = ''] = /^(\d{1,2})\+([\s\S]*)$/.exec(pair.trim()) ?? [];
    const kind = Object.hasOwn(nameTypes, type) ? nameTypes[type] : undefined;
    if (kind === undefined || name === '') throw malformed('SubjectAlternativeNames is no list of type+name');
    names[kind] = [...(names[kind] ?? []), name];
  }
  return names;
}
