// com.apple.security.scep, and com.apple.security.acme as far as its shape goes.
import { RollcallError } from '../../../base/errors.js';
import type { PlistDict } from '../../plist/value.js';
import { fingerprintDigests } from '../../scep/ca-certificates.js';
import type { ScepSettings } from '../../scep/settings.js';
import { buildExtensions, type SubjectAltName } from '../../x509/extensions.js';
import { buildName, type Rdn } from '../../x509/name.js';
import type { Family } from './family.js';
import { type Payload, payloadTypes } from './profile.js';
import { payloadFailed, payloadFault } from './refusals.js';
import {
  data,
  dictOf,
  flag,
  integer,
  listOf,
  oneOf,
  oneOfNumbers,
  required,
  type Table,
  text,
  textOrTexts,
  texts,
} from './rules.js';
import { dataAt, dictAt, integerAt, listAt, optional, textAt, textsAt } from './values.js';

const subject = listOf(listOf(listOf(text(), 2, 2)));
const subjectAltNames: Table = {
  rfc822Name: textOrTexts,
  dNSName: textOrTexts,
  uniformResourceIdentifier: textOrTexts,
  ntPrincipalName: textOrTexts,
};

export const scep: Family = {
  types: [payloadTypes.scep],
  rules: {
    PayloadContent: required(
      dictOf({
        URL: required(text()),
        Name: text(),
        Subject: subject,
        Challenge: text(),
        Keysize: oneOfNumbers(1024, 2048, 4096),
        'Key Type': text(),
        'Key Usage': integer(),
        CAFingerprint: data,
        Retries: integer(),
        RetryDelay: integer(),
        SubjectAltName: dictOf(subjectAltNames),
        KeyIsExtractable: flag,
        AllowAllAppsAccess: flag,
      }),
    ),
  },
  check(payload) {
    const content = dictAt(payload.content, 'PayloadContent');
    const wrong = (key: string) => payloadFault('value', `PayloadContent.${key}`, payload);
    const usage = integerAt(content, 'Key Usage') ?? 0;
    if (usage < 0 || (usage & ~5) !== 0 || usage > 5)
      throw payloadFailed(payload, 'scep', 22000, `The key usage ${usage} is not 1 (sign), 4 (encrypt) or both.`);
    const type = textAt(content, 'Key Type') ?? 'RSA';
    if (type !== 'RSA') throw payloadFailed(payload, 'scep', 22004, `The key type “${type}” is not supported.`);
    if (!isHttpUrl(textAt(content, 'URL') ?? '')) throw wrong('URL');
    const fingerprint = dataAt(content, 'CAFingerprint');
    if (fingerprint !== undefined && !fingerprintDigests.has(fingerprint.length)) throw wrong('CAFingerprint');
    const retries = integerAt(content, 'Retries') ?? 0;
    if (retries < 0 || retries > mostRetries) throw wrong('Retries');
    const delay = integerAt(content, 'RetryDelay') ?? 0;
    if (delay < 0 || delay > longestDelaySeconds) throw wrong('RetryDelay');
    const names = subjectAltNameOf(dictAt(content, 'SubjectAltName')) ?? {};
    if (Object.values(names).flat().length > mostNames) throw wrong('SubjectAltName');
    if (subjectOf(content).flat().length > mostNames) throw wrong('Subject');
    if (!canBeWritten(() => buildName(subjectOf(content)))) throw wrong('Subject');
    if (!canBeWritten(() => buildExtensions({ subjectAltName: names }))) throw wrong('SubjectAltName');
  },
};

function canBeWritten(write: () => unknown): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (error instanceof RollcallError) return false;
    throw error;
  }
}

/** Bounds of ours: a payload must not make a device ask for ever. */
const mostRetries = 1_000_000;
/** Names in a subject, and alternative names. */
const mostNames = 100;
const longestDelaySeconds = 7 * 24 * 3600;

export const isHttpUrl = (address: string): boolean => /^https?:\/\/[^/?#]/i.test(address) && URL.canParse(address);

export const acme: Family = {
  types: [payloadTypes.acme],
  rules: {
    DirectoryURL: required(text()),
    ClientIdentifier: required(text()),
    KeySize: required(integer()),
    KeyType: required(oneOf('RSA', 'ECSECPrimeRandom')),
    HardwareBound: required(flag),
    Subject: required(subject),
    SubjectAltName: dictOf(subjectAltNames),
    UsageFlags: integer(),
    ExtendedKeyUsage: texts,
    Attest: flag,
  },
};

/** The request that a checked SCEP payload describes, with the defaults of com.apple.security.scep.yaml. */
export function scepSettings(payload: Payload): ScepSettings {
  const content = dictAt(payload.content, 'PayloadContent');
  const usage = integerAt(content, 'Key Usage') ?? 1; // signing; 0 asks for none (SecCertificateRequest.c)
  return {
    url: textAt(content, 'URL') ?? '',
    ...optional('caName', textAt(content, 'Name')),
    subject: subjectOf(content),
    ...optional('challenge', textAt(content, 'Challenge')),
    keySizeBits: integerAt(content, 'Keysize') ?? 1024,
    keyUsage: [
      ...((usage & 1) === 0 ? [] : (['digitalSignature'] as const)),
      ...((usage & 4) === 0 ? [] : (['keyEncipherment'] as const)),
    ],
    ...optional('caFingerprint', dataAt(content, 'CAFingerprint')),
    retries: integerAt(content, 'Retries') ?? 3,
    retryDelaySeconds: integerAt(content, 'RetryDelay') ?? 10,
    ...optional('subjectAltName', subjectAltNameOf(dictAt(content, 'SubjectAltName'))),
  };
}

function subjectOf(content: PlistDict | undefined): Rdn[] {
  const names: Rdn[] = [];
  for (const rdn of listAt(content, 'Subject')) {
    if (!Array.isArray(rdn)) continue;
    const pairs: [string, string][] = [];
    for (const pair of rdn) {
      if (!Array.isArray(pair)) continue;
      const [type, value] = pair;
      if (typeof type === 'string' && typeof value === 'string') pairs.push([type, value]);
    }
    if (pairs.length > 0) names.push(pairs);
  }
  return names;
}

function subjectAltNameOf(names: PlistDict | undefined): SubjectAltName | undefined {
  const all = {
    rfc822Name: textsAt(names, 'rfc822Name'),
    dNSName: textsAt(names, 'dNSName'),
    uniformResourceIdentifier: textsAt(names, 'uniformResourceIdentifier'),
    ntPrincipalName: textsAt(names, 'ntPrincipalName'),
  };
  const given = Object.entries(all).filter(([, values]) => values.length > 0);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
