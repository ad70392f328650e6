// What a device takes from the reply to GetPolicies, and where it stays with its own defaults (specs/windows.md §1.3).
import { protocolError } from '../errors.js';
import { type EnvelopeLike, envelopeOf } from '../soap/envelope.js';
import { attributeOf, elementOf, elementsOf, textIn, textOf, type XmlElement } from '../xml/element.js';

/** Digests of certification requests. */
export type RequestDigest = 'sha1' | 'sha256' | 'sha384' | 'sha512';

export interface EnrollmentPolicy {
  /** RSA modulus in bits, from 1024 to 8192; default 2048. */
  readonly keyLength: number;
  /** Absent: that of the CSR's form. */
  readonly digest?: RequestDigest;
  /** Absent: as the provisioning document and the certificate say. */
  readonly validitySeconds?: number;
  readonly renewalSeconds?: number;
  readonly policySchema?: number;
  readonly commonName?: string;
  /** permission; default true. */
  readonly mayEnroll: boolean;
  readonly cryptoProviders: readonly string[];
  /** Object identifier of the key's algorithm, where its reference leads somewhere. */
  readonly keyAlgorithm?: string;
  /** Which fields could not be read and why, in words for a log: `minimalKeyLength: missing`. Empty where all were there. */
  readonly defaulted: readonly string[];
}

/** Where no policy is asked for. */
export const defaultPolicy: EnrollmentPolicy = {
  keyLength: 2048,
  mayEnroll: true,
  cryptoProviders: [],
  defaulted: ['policy: none was asked for'],
};

const digests = new Map<string, RequestDigest>([
  ['1.3.14.3.2.26', 'sha1'],
  ['1.3.14.3.2.29', 'sha1'],
  ['1.2.840.113549.1.1.5', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['1.2.840.113549.1.1.13', 'sha512'],
]);

/**
 * Reads a reply, liberally: nothing that is missing, nil, dangling or out of range stops it, `defaulted` says what it was.
 * Only what is no envelope throws (XML_*, SOAP_MALFORMED), and a fault (MDE_MALFORMED): look for that with readEnvelope first.
 */
export function decodePoliciesResponse(given: EnvelopeLike): EnrollmentPolicy {
  const { body, fault } = envelopeOf(given, { isLiberal: true });
  if (fault !== undefined) throw protocolError('MDE_MALFORMED', 'the reply to GetPolicies is a fault');
  const defaulted: string[] = [];
  const response = body && child(body, 'response');
  const policies = response && child(response, 'policies');
  const policy = policies && elementsOf(policies, 'policy')[0];
  const attributes = policy && child(policy, 'attributes');
  if (attributes === undefined) defaulted.push('policy: none in the reply');
  const keys = attributes && child(attributes, 'privateKeyAttributes');
  const validity = attributes && child(attributes, 'certificateValidity');
  const permission = attributes && child(attributes, 'permission');
  const providers = keys && child(keys, 'cryptoProviders');
  const number = (parent: XmlElement | undefined, name: string, range: readonly [number, number]) =>
    numberIn(parent, name, range, defaulted);
  const digest = digestOf(body, attributes, defaulted);
  const keyAlgorithm = keys && resolve(body, keys, 'algorithmOIDReference', defaulted);
  const commonName = attributes && textIn(attributes, 'commonName');
  return {
    keyLength: number(keys, 'minimalKeyLength', [1024, 8192]) ?? 2048,
    mayEnroll: permission === undefined || textIn(permission, 'enroll')?.toLowerCase() !== 'false',
    cryptoProviders:
      providers === undefined ? [] : elementsOf(providers, 'provider').map((each) => textOf(each).trim()),
    ...(digest !== undefined && { digest }),
    ...(keyAlgorithm !== undefined && { keyAlgorithm }),
    ...(commonName !== undefined && commonName !== '' && { commonName }),
    ...kept('validitySeconds', number(validity, 'validityPeriodSeconds', [1, 2 ** 40])),
    ...kept('renewalSeconds', number(validity, 'renewalPeriodSeconds', [0, 2 ** 40])),
    ...kept('policySchema', number(attributes, 'policySchema', [0, 1000])),
    defaulted,
  };
}

const kept = <K extends string>(key: K, value: number | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: number };

/** The element, unless it is nil; content of a nil element counts as none. */
function child(parent: XmlElement, name: string): XmlElement | undefined {
  const found = elementOf(parent, name);
  return found === undefined || /^(?:true|1)$/i.test(attributeOf(found, 'nil') ?? '') ? undefined : found;
}

function numberIn(
  parent: XmlElement | undefined,
  name: string,
  [least, most]: readonly [number, number],
  defaulted: string[],
): number | undefined {
  const found = parent && child(parent, name);
  const text = found && textOf(found).trim();
  if (text === undefined || text === '') {
    defaulted.push(`${name}: missing`);
    return undefined;
  }
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  defaulted.push(`${name}: ${Number.isNaN(number) ? 'no number' : 'out of range'}`);
  return undefined;
}

function digestOf(
  body: XmlElement | undefined,
  attributes: XmlElement | undefined,
  defaulted: string[],
): RequestDigest | undefined {
  if (attributes === undefined) return undefined;
  const oid = resolve(body, attributes, 'hashAlgorithmOIDReference', defaulted);
  if (oid === undefined) return undefined;
  const digest = digests.get(oid);
  if (digest === undefined) defaulted.push('hashAlgorithmOIDReference: a digest that is not known');
  return digest;
}

/** The object identifier that a reference names in oIDs, which lies beside the response or, at some servers, in it. */
function resolve(
  body: XmlElement | undefined,
  parent: XmlElement,
  name: string,
  defaulted: string[],
): string | undefined {
  const reference = child(parent, name);
  if (reference === undefined) {
    defaulted.push(`${name}: missing`);
    return undefined;
  }
  const wanted = textOf(reference).trim();
  const response = body && child(body, 'response');
  const list = (body && child(body, 'oIDs')) ?? (response && child(response, 'oIDs'));
  const entry = list && elementsOf(list, 'oID').find((each) => textIn(each, 'oIDReferenceID') === wanted);
  const value = entry && textIn(entry, 'value');
  if (value !== undefined && value !== '') return value;
  defaulted.push(`${name}: refers to nothing`);
  return undefined;
}
