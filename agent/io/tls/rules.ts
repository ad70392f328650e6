// The rules of a platform held against a chain that leads to a trusted root. What depends on the time is judged elsewhere.
import type { X509Certificate } from 'node:crypto';
import { isRollcallError } from '../../../base/errors.js';
import type { Certificate } from '../../../protocol/x509/certificate.js';
import { nameOutside } from '../../../protocol/x509/name-constraints.js';
import { oids } from '../../../protocol/x509/oids.js';
import type { agentCatalogue } from '../../errors.js';
import type { ServerRules } from '../../model/server-rules.js';
import { isSelfSigned, type Known, shortName } from './chain.js';
import { isAmong, isCommon, namesOf, type ServerNames } from './names.js';

/** A rule that a server's certificate, or one above it, does not keep. */
export interface Broken {
  readonly code: keyof typeof agentCatalogue;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
  /** Other clients take it: `--lenient tls` lets it pass. */
  readonly isLiftable: boolean;
}

/** What is judged: a chain with its root, for this host, below a root of this kind. */
export interface Judged {
  readonly host: string;
  readonly chain: readonly Known[];
  readonly roots: 'public' | 'installed';
  readonly rules: ServerRules;
}

/** Every rule that is broken, the gravest first; none for a certificate that the platform takes. */
export function brokenRules(judged: Judged): readonly Broken[] {
  try {
    return [
      ...structure(judged),
      ...name(judged),
      ...keys(judged),
      ...digests(judged),
      ...life(judged),
      ...usage(judged),
    ];
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    return [structural(`the certificate cannot be read: ${error.message}`)];
  }
}

const titleOf = ({ x509 }: Known, at: number): string =>
  at === 0 ? 'the server’s certificate' : `the certificate “${shortName(x509.subject ?? '')}” above it`;

function name({ host, chain, rules }: Judged): Broken[] {
  const [leaf] = chain;
  if (leaf === undefined) return [];
  const names = namesOf(leaf.certificate);
  if (isAmong(host, names)) return [];
  const isByCommonName = isCommon(host, names);
  if (isByCommonName && rules.names === 'san-or-cn') return [];
  return [
    {
      code: 'TLS_NAME',
      message: isByCommonName
        ? `the certificate names ${host} in its common name only, which ${rules.name} does not read`
        : `the certificate is not for ${host} but for ${spoken(names)}`,
      hint: `Issue one whose SubjectAltName has ${host}, or use an address that it names.`,
      isLiftable: isByCommonName,
    },
  ];
}

const mostSpoken = 5;

function spoken({ dns, addresses, common }: ServerNames): string {
  const all = [...dns, ...addresses];
  if (all.length > mostSpoken) return `${all.slice(0, mostSpoken).join(', ')} and ${all.length - mostSpoken} more`;
  if (all.length > 0) return all.join(', ');
  return common === undefined ? 'no name at all' : `${common.slice(0, 253)} (by its common name)`;
}

function keys({ chain, rules }: Judged): Broken[] {
  const isAnchored = chain.length === 1;
  const least = isAnchored ? rules.minRsaBitsOfAnchoredLeaf : rules.minRsaBits;
  const octets = (bits: number): number => Math.ceil(bits / 8); // keys are measured so, and 2047 bits pass for 2048
  return chain.flatMap((each, at) => {
    const { type, bits, curve } = keyOf(each.x509);
    const isGood =
      rules.keyTypes.includes(type) &&
      (type !== 'rsa' || octets(bits) >= octets(least)) &&
      (type !== 'ec' || rules.curves.includes(curve));
    if (isGood) return [];
    const kind = type === 'rsa' ? `RSA of ${bits} bits` : type === 'ec' ? `EC on ${curve}` : type;
    return [
      {
        code: 'TLS_KEY',
        message: `${titleOf(each, at)} has a key that ${rules.name} does not take: ${kind}`,
        hint: `Issue it with RSA of ${rules.minRsaBits} bits or more, or on one of the curves ${rules.curves.join(', ')}.`,
        isLiftable: true,
      },
    ];
  });
}

function keyOf({ publicKey }: X509Certificate) {
  const { modulusLength = 0, namedCurve = 'a curve without a name' } = publicKey.asymmetricKeyDetails ?? {};
  return { type: publicKey.asymmetricKeyType ?? 'unknown', bits: modulusLength, curve: namedCurve };
}

/** Nobody looks at a root's own signature, nor at that on a certificate that is trusted by itself. */
function digests({ chain, rules }: Judged): Broken[] {
  return chain.flatMap((each, at) => {
    const digest = each.certificate.signatureDigest;
    const isRoot = at === chain.length - 1;
    if (isRoot || digest === undefined || !rules.weakDigests.includes(digest) || isSelfSigned(each)) return [];
    return [
      {
        code: 'TLS_DIGEST',
        message: `${titleOf(each, at)} is signed with ${digest.toUpperCase()}, which ${rules.name} does not take`,
        hint: 'Have it issued anew, signed with SHA-256.',
        isLiftable: true,
      },
    ];
  });
}

const dayMs = 24 * 3_600_000;

function life({ chain, roots, rules }: Judged): Broken[] {
  const [leaf] = chain;
  if (leaf === undefined || (chain.length === 1 && roots === 'installed')) return [];
  const [from, until] = [leaf.certificate.notBefore.getTime(), leaf.certificate.notAfter.getTime()];
  const rule = rules.longestLife.find(
    (each) => from >= each.issuedFrom && (each.roots === 'any' || roots === 'public'),
  );
  if (rule === undefined || until - from <= rule.days * dayMs + rule.slackMs) return [];
  const days = Math.ceil((until - from) / dayMs);
  const since = new Date(rule.issuedFrom).toISOString().slice(0, 10);
  return [
    {
      code: 'TLS_VALIDITY',
      message: `the certificate is valid for ${days} days, and ${rules.name} takes ${rule.days} at most`,
      hint: `Issue it for ${rule.days} days or fewer: so for all that are issued since ${since}${rule.roots === 'public' ? ' by public authorities' : ''}.`,
      isLiftable: true,
    },
  ];
}

const anyUsage = '2.5.29.37.0';

/** Of the server's certificate, and of the authorities between it and the root where they are bound to usages. */
function usage({ chain, roots, rules }: Judged): Broken[] {
  return chain.flatMap((each, at) => {
    if (at > 0 && at === chain.length - 1) return [];
    const usages = each.certificate.extendedKeyUsage;
    const demand = at === 0 ? rules.usages[roots] : 'if-present';
    const isStrict = at === 0 && demand === 'required';
    const isGood =
      usages === undefined || usages.length === 0
        ? !isStrict
        : usages.some((one) =>
            isStrict ? one === 'serverAuth' : one === anyUsage || rules.usages.names.includes(one),
          );
    if (isGood) return [];
    const has =
      usages === undefined || usages.length === 0 ? 'no extended key usage' : `the usages ${usages.join(', ')}`;
    return [
      {
        code: 'TLS_USAGE',
        message: `${titleOf(each, at)} has ${has}, and ${rules.name} asks for serverAuth`,
        hint: 'Issue it with serverAuth among its extended key usages.',
        isLiftable: true,
      },
    ];
  });
}

const structural = (message: string): Broken => ({
  code: 'TLS_CERTIFICATE',
  message,
  hint: 'Have it issued anew as X.509 (RFC 5280) has it; the message names what is wrong.',
  isLiftable: false,
});

/** What every platform asks of a chain (RFC 5280 §6.1): who may issue, how far, and nothing critical that is not understood. */
function structure({ chain }: Judged): Broken[] {
  const found: Broken[] = [];
  chain.forEach((each, at) => {
    const { certificate } = each;
    const wrong = (what: string) => found.push(structural(`${titleOf(each, at)} ${what}`));
    const above = chain[at + 1]?.certificate;
    if (certificate.serial.length > mostSerialOctets)
      wrong(`has a serial number of ${certificate.serial.length} octets`);
    for (const [id, { critical }] of certificate.extensions)
      if (critical && !understood.has(id)) wrong(`has the critical extension ${id}, which is unknown`);
    if (certificate.subjectDer.equals(emptyName) && (at > 0 || !isCritical(certificate, oids.subjectAltName)))
      wrong('has no subject');
    if (above !== undefined && isOtherKey(above, certificate))
      wrong('names another key of its issuer than that which signed it');
    if (at === 0) return;
    if (certificate.version >= 3 && !certificate.isCa) wrong('is not one of an authority (basicConstraints)');
    if (certificate.keyUsage !== undefined && !certificate.keyUsage.includes('keyCertSign'))
      wrong('may not sign certificates (keyUsage)');
    for (const { certificate: below } of chain.slice(0, at)) {
      const name = nameOutside(certificate, below);
      if (name !== undefined) wrong(`may not issue for ${name} (name constraints)`);
    }
    const below = chain.slice(1, at).filter(({ certificate: { isSelfIssued } }) => !isSelfIssued).length;
    if (certificate.pathLength !== undefined && below > certificate.pathLength)
      wrong(`allows ${certificate.pathLength} authorities below itself, and there are ${below}`);
  });
  return found;
}

/** Apple's reader takes so many; RFC 5280 allows 20. */
const mostSerialOctets = 37;
const emptyName = Buffer.from([0x30, 0x00]);
/** Extensions that are read here or that concern no TLS client: policies, where CRLs lie, Netscape's type, OCSP's marks. */
const understood: ReadonlySet<string> = new Set([
  ...[14, 15, 16, 17, 18, 19, 30, 31, 32, 33, 35, 36, 37, 46, 54].map((arc) => `2.5.29.${arc}`),
  '1.3.6.1.5.5.7.1.1',
  '1.3.6.1.5.5.7.1.3',
  '1.3.6.1.5.5.7.1.11',
  '1.3.6.1.5.5.7.1.24',
  '1.3.6.1.5.5.7.48.1.5',
  '2.16.840.1.113730.1.1',
]);

const isCritical = ({ extensions }: Certificate, id: string): boolean => extensions.get(id)?.critical === true;

function isOtherKey(issuer: Certificate, subject: Certificate): boolean {
  const { aki } = subject;
  return aki !== undefined && issuer.extensions.has(oids.subjectKeyIdentifier) && !issuer.ski.equals(aki);
}
