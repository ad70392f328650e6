// The managed configuration of the companion app (by convention): networks, client certificates, the end of management.
import { isRollcallError } from '../../base/errors.js';
import type { JsonValue } from '../../base/json.js';
import {
  type Bundle,
  boolAt,
  bundleAt,
  bundlesAt,
  intAt,
  type PlainBundle,
  plainOf,
  textAt,
} from '../managed-config/bundle.js';
import type { Rdn } from '../x509/name.js';
import { optional, refused } from './names.js';
import { readSubject, writeSubject } from './subject.js';

export { companionPackage } from '../headwind/companion.js';

interface Common {
  /** In the key store. */
  readonly alias: string;
  /** The profile's. */
  readonly name: string;
}

/** A client certificate that is fetched by SCEP. */
export interface ScepCertificate extends Common {
  readonly type: 'scep';
  readonly url: string;
  readonly challenge?: string;
  readonly subject: readonly Rdn[];
  readonly keySizeBits: number;
  readonly caName?: string;
  /** MD5, SHA-1 or SHA-2 of the authority, by its length. */
  readonly caFingerprint?: Uint8Array;
  /** How long before its end it is renewed, in seconds; absent: as long as is usual (`usualRenewalMs`). */
  readonly renewBeforeSeconds?: number;
}

/** A client certificate with its key in a file that the document brings. */
export interface Pkcs12Certificate extends Common {
  readonly type: 'pkcs12';
  /** As `files[].path` has it. */
  readonly path: string;
  readonly password: string;
}

export type CompanionCertificate = ScepCertificate | Pkcs12Certificate;

interface CompanionConfig {
  /** See protocol/onc. */
  readonly networks?: PlainBundle;
  readonly certificates: readonly CompanionCertificate[];
  /** The device ends its management. */
  readonly retire: boolean;
  /** The next info says in `custom3` whether the device has a passcode (`passcodeWord`). */
  readonly tellsPasscode?: boolean;
}

/** Key of the managed configuration. */
export const tellPasscode = 'tellPasscode';

/** What `custom3` of an info says then, in the companion's name. */
export const passcodeWord = (isSet: boolean): string => `passcode=${isSet ? 'set' : 'none'}`;

/** Undefined for any other text. */
export const readPasscodeWord = (text: string | undefined): boolean | undefined =>
  text === passcodeWord(true) ? true : text === passcodeWord(false) ? false : undefined;

/** An entry of `certificates` that cannot be taken. */
interface CompanionRefusal {
  readonly alias: string;
  readonly name: string;
  readonly reason: string;
}

const mostCertificates = 100;
const keySizes = [1024, 2048, 3072, 4096];
const fingerprintLengths = [16, 20, 28, 32, 48, 64];

export function writeCompanion({
  networks,
  certificates,
  retire,
  tellsPasscode = false,
}: CompanionConfig): PlainBundle {
  return {
    ...optional('openNetworkConfiguration', networks),
    ...(certificates.length === 0 ? {} : { certificates: certificates.map(entryOf) }),
    ...(retire ? { retire } : {}),
    ...(tellsPasscode ? { [tellPasscode]: true } : {}),
  };
}

function entryOf(certificate: CompanionCertificate): PlainBundle {
  const { alias, name } = certificate;
  if (certificate.type === 'pkcs12')
    return { alias, name, pkcs12Path: certificate.path, password: certificate.password };
  const { url, challenge, subject, keySizeBits, caName, caFingerprint, renewBeforeSeconds } = certificate;
  return {
    alias,
    name,
    scepUrl: url,
    ...optional('challenge', challenge),
    subject: writeSubject(subject),
    keySize: keySizeBits,
    ...optional('caName', caName),
    ...optional('caFingerprint', caFingerprint && Buffer.from(caFingerprint).toString('hex').toUpperCase()),
    ...optional('renewBefore', renewBeforeSeconds),
  };
}

/** What the bundle says; entries of `certificates` that cannot be taken are among the refusals. */
export function readCompanion(
  bundle: Bundle,
): CompanionConfig & { readonly onc?: JsonValue; readonly refusals: readonly CompanionRefusal[] } {
  const certificates: CompanionCertificate[] = [];
  const refusals: CompanionRefusal[] = [];
  const entries = bundlesAt(bundle, 'certificates') ?? [];
  for (const [number, entry] of entries.entries()) {
    const alias = textAt(entry, 'alias') ?? '';
    const name = textAt(entry, 'name') || alias || `certificates[${number}]`;
    const refuse = (reason: string): void => void refusals.push({ alias, name, reason });
    if (number >= mostCertificates) refuse(`more than ${mostCertificates} certificates`);
    else if (alias === '') refuse('alias: is missing');
    else if (alias === '__proto__') refuse('alias: is no name of a key');
    else if (certificates.some((each) => each.alias === alias)) refuse(`alias: two are called "${alias.slice(0, 60)}"`);
    else readEntry(entry, { alias, name }, certificates, refuse);
  }
  const networks = bundleAt(bundle, 'openNetworkConfiguration');
  const plain = networks && plainOf(networks);
  return {
    ...optional('networks', plain),
    ...optional('onc', plain as JsonValue | undefined),
    certificates,
    retire: boolAt(bundle, 'retire') === true,
    ...(boolAt(bundle, tellPasscode) === true && { tellsPasscode: true }),
    refusals,
  };
}

function readEntry(
  entry: Bundle,
  common: Common,
  certificates: CompanionCertificate[],
  refuse: (reason: string) => void,
): void {
  try {
    certificates.push(certificateIn(entry, common));
  } catch (error) {
    if (!isRollcallError(error)) throw error;
    refuse(error.message);
  }
}

function certificateIn(entry: Bundle, common: Common): CompanionCertificate {
  const path = textAt(entry, 'pkcs12Path') ?? '';
  const url = textAt(entry, 'scepUrl') ?? '';
  if (path !== '' && url !== '') throw refused('pkcs12Path', 'stands beside scepUrl');
  if (path !== '') return { type: 'pkcs12', ...common, path, password: textAt(entry, 'password') ?? '' };
  if (url === '') throw refused('scepUrl', 'is missing, and so is pkcs12Path');
  if (url.length > 4096 || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw refused('scepUrl', 'is no http or https address');
  const keySizeBits = Object.hasOwn(entry, 'keySize') ? intAt(entry, 'keySize') : 2048;
  if (keySizeBits === undefined || !keySizes.includes(keySizeBits))
    throw refused('keySize', `is none of ${keySizes.join(', ')}`);
  const renewBefore = Object.hasOwn(entry, 'renewBefore') ? intAt(entry, 'renewBefore') : undefined;
  if (Object.hasOwn(entry, 'renewBefore') && !(renewBefore !== undefined && renewBefore > 0))
    throw refused('renewBefore', 'is no number of seconds');
  const fingerprint = textAt(entry, 'caFingerprint')?.replace(/[\s:]/g, '') ?? '';
  if (!/^(?:[0-9A-Fa-f]{2})*$/.test(fingerprint)) throw refused('caFingerprint', 'is not hexadecimal');
  const octets = Buffer.from(fingerprint, 'hex');
  if (octets.length > 0 && !fingerprintLengths.includes(octets.length))
    throw refused('caFingerprint', `${octets.length} octets are no digest`);
  return {
    type: 'scep',
    ...common,
    url,
    ...optional('challenge', textAt(entry, 'challenge') || undefined),
    subject: readSubject(textAt(entry, 'subject') ?? ''),
    keySizeBits,
    ...optional('caName', textAt(entry, 'caName') || undefined),
    ...(octets.length === 0 ? {} : { caFingerprint: octets }),
    ...optional('renewBeforeSeconds', renewBefore),
  };
}
