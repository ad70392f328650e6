// Reading a .mobileconfig (specs/apple.md §1.2): the envelope, the profile's own keys, each payload, and what the
// payloads refer to. Everything that can be refused without knowing the device is refused here, with Apple's chain.
import { RollcallError } from '../../../base/errors.js';
import { parsePlist } from '../../plist/parse.js';
import type { OnLifted } from '../../plist/refusal.js';
import { isDict, type PlistDict, type PlistLimits, type PlistValue, profileLimits } from '../../plist/value.js';
import { verifySignedData } from '../../x509/cms-signed.js';
import { Effort } from '../../x509/pbe.js';
import { familyOf } from './families.js';
import type { FamilyOptions } from './family.js';
import { type AppleProfile, type Payload, payloadTypes } from './profile.js';
import { checkReferences } from './references.js';
import { notInstallable, notInstalled, payloadFailed, payloadFault, profileFault, unreadable } from './refusals.js';
import { asKnown, check } from './rules.js';
import { commonRules, topLevelRules } from './top-level.js';
import { dataAt, dateAt, dictAt, flagAt, integerAt, listAt, optional, realAt, textAt } from './values.js';

export interface ReadOptions extends Partial<FamilyOptions> {
  /** Opens CMS EnvelopedData with the device's identity. Without it an encrypted profile is refused. */
  readonly decrypt?: (envelope: Uint8Array) => Uint8Array;
  readonly limits?: PlistLimits;
  /** Of the device: keys that a later iOS brought are not looked at. Default: all are. */
  readonly osVersion?: string;
  /** Lets pass what other readers of property lists take and a device's does not, and hears of it. */
  readonly onLifted?: OnLifted | undefined;
}

/**
 * The profile in these bytes: an XML or binary property list, or CMS SignedData around one. A signature must match its
 * content; who signed is not asked, as a device only shows it. Throws PROFILE_REFUSED, with the chain in its details.
 */
export function readProfile(bytes: Uint8Array, options: ReadOptions = {}): AppleProfile {
  const { limits = profileLimits, allowHttp = false, onLifted } = options;
  if (bytes.length > limits.maxBytes)
    throw unreadable(`it has ${bytes.length} bytes, at most ${limits.maxBytes} are read.`);
  const { content, signerCertificates } = unwrap(bytes);
  const top = parse(content, limits, onLifted);
  if (!isDict(top)) throw unreadable('the top of its property list is not a dictionary.');
  checkTop(top);
  const isEncrypted = flagAt(top, 'IsEncrypted');
  const list = isEncrypted ? openContent(top, limits, options) : listAt(top, 'PayloadContent');
  if (list.length === 0) throw notInstalled('profile', 1005, 'The profile is empty: it has no “PayloadContent”.');
  if (list.length > mostPayloads) throw unreadable(`it has ${list.length} payloads, at most ${mostPayloads} are read.`);
  const payloads = list.map((each, index) => seenBy(readPayload(each, index), options.osVersion));
  checkUnique(payloads);
  for (const payload of payloads) checkKeys(payload);
  checkPasswordFiles(payloads);
  const siblings = new Map(payloads.map((payload) => [payload.uuid, payload]));
  const effort = new Effort();
  for (const payload of payloads) {
    familyOf(payload.type)?.check?.(payload, siblings, { allowHttp, effort });
    checkReferences(payload, siblings);
  }
  return profileOf(top, payloads, signerCertificates);
}

/** Bounds of ours, far above any real profile: certificates cost time to read, files under a password cost much. */
const mostPayloads = 1000;
const mostPasswordFiles = 16;

const refusedAs = (error: unknown, as: () => RollcallError): RollcallError => {
  if (error instanceof RollcallError) return as();
  throw error;
};

function unwrap(bytes: Uint8Array): { content: Uint8Array; signerCertificates: Buffer[] } {
  if (bytes[0] !== 0x30) return { content: bytes, signerCertificates: [] };
  try {
    const { content, signer, certificates } = verifySignedData(bytes);
    return { content, signerCertificates: [signer, ...certificates.filter((each) => !each.equals(signer))] };
  } catch (error) {
    throw refusedAs(error, () => notInstalled('profile', 1004, 'The signature of the profile is not valid.'));
  }
}

function parse(bytes: Uint8Array, limits: PlistLimits, onLifted: OnLifted | undefined): PlistValue {
  try {
    return parsePlist(bytes, limits, onLifted);
  } catch (error) {
    const why = error instanceof RollcallError ? error.message : '';
    throw refusedAs(error, () => unreadable(`${why}.`));
  }
}

function checkTop(top: PlistDict): void {
  const found = check(top, topLevelRules);
  if (found !== undefined) throw profileFault(found.fault, found.field);
  for (const key of ['PayloadIdentifier', 'PayloadUUID']) if (top[key] === '') throw profileFault('missing', key);
  if (integerAt(top, 'PayloadVersion') !== 1)
    throw notInstalled('profile', 1001, 'The “PayloadVersion” of the profile is not 1.');
}

/** EncryptedPayloadContent holds, as CMS EnvelopedData, the list that would stand in PayloadContent. */
function openContent(top: PlistDict, limits: PlistLimits, { decrypt, onLifted }: ReadOptions): readonly PlistValue[] {
  const envelope = dataAt(top, 'EncryptedPayloadContent');
  if (envelope === undefined) throw profileFault('missing', 'EncryptedPayloadContent');
  if (decrypt === undefined)
    throw notInstalled('profile', 1006, 'The profile is encrypted and this device has no identity to open it.');
  let list: PlistValue;
  try {
    list = parsePlist(decrypt(envelope), limits, onLifted); // a wrong key may open an envelope to garbage
  } catch (error) {
    throw refusedAs(error, () => notInstalled('profile', 1006, 'The profile could not be decrypted.'));
  }
  if (!Array.isArray(list) || !list.every(isDict)) throw profileFault('type', 'PayloadContent');
  return list;
}

function readPayload(content: PlistValue, index: number): Payload {
  if (!isDict(content)) throw profileFault('type', `PayloadContent.${index}`);
  const named = textAt(content, 'PayloadIdentifier') ?? '';
  const identifier = named === '' ? `PayloadContent.${index}` : named;
  const found = check(content, commonRules);
  if (found !== undefined) throw payloadFault(found.fault, found.field, { identifier });
  const read = (key: string): string => {
    const value = textAt(content, key) ?? '';
    if (value === '') throw payloadFault('missing', key, { identifier });
    return value;
  };
  const version = integerAt(content, 'PayloadVersion') ?? 0;
  if (version !== 1) throw payloadFault('version', 'PayloadVersion', { identifier });
  return {
    type: read('PayloadType'),
    identifier: read('PayloadIdentifier'),
    uuid: read('PayloadUUID'),
    version,
    ...optional('displayName', textAt(content, 'PayloadDisplayName')),
    ...optional('description', textAt(content, 'PayloadDescription')),
    ...optional('organization', textAt(content, 'PayloadOrganization')),
    content,
  };
}

function seenBy(payload: Payload, osVersion: string | undefined): Payload {
  const rules = familyOf(payload.type)?.rules;
  if (osVersion === undefined || rules === undefined) return payload;
  return { ...payload, content: asKnown(payload.content, rules, osVersion) };
}

function checkUnique(payloads: readonly Payload[]): void {
  const uuids = new Set<string>();
  const identifiers = new Set<string>();
  for (const { uuid, identifier } of payloads) {
    if (uuids.has(uuid)) {
      const why = `The PayloadUUID ${uuid} occurs more than once.`;
      throw notInstallable(4002, why, { domain: 'profile', code: 1007, why });
    }
    if (identifiers.has(identifier))
      throw notInstalled('profile', 1008, `The PayloadIdentifier “${identifier}” occurs more than once.`);
    uuids.add(uuid);
    identifiers.add(identifier);
  }
}

function checkKeys(payload: Payload): void {
  const family = familyOf(payload.type);
  const found = family && check(payload.content, family.rules);
  if (found !== undefined) throw payloadFault(found.fault, found.field, payload);
}

function checkPasswordFiles(payloads: readonly Payload[]): void {
  const files = payloads.filter(
    ({ type, content }) =>
      type === payloadTypes.pkcs12 || (type === payloadTypes.exchange && content['Certificate'] !== undefined),
  );
  const first = files[mostPasswordFiles];
  if (first !== undefined) throw payloadFailed(first, 'certificate', 9001, `${files.length} identities are too many.`);
}

function profileOf(top: PlistDict, payloads: readonly Payload[], signerCertificates: Buffer[]): AppleProfile {
  const scope = textAt(top, 'PayloadScope');
  const consent = dictAt(top, 'ConsentText');
  return {
    identifier: textAt(top, 'PayloadIdentifier') ?? '',
    uuid: textAt(top, 'PayloadUUID') ?? '',
    version: 1,
    ...optional('displayName', textAt(top, 'PayloadDisplayName')),
    ...optional('organization', textAt(top, 'PayloadOrganization')),
    ...optional('description', textAt(top, 'PayloadDescription')),
    removalDisallowed: flagAt(top, 'PayloadRemovalDisallowed'),
    hasRemovalPasscode:
      flagAt(top, 'HasRemovalPasscode') || payloads.some(({ type }) => type === payloadTypes.removalPassword),
    isEncrypted: flagAt(top, 'IsEncrypted'),
    ...optional('removalDate', dateAt(top, 'RemovalDate')),
    ...optional('durationUntilRemovalSeconds', realAt(top, 'DurationUntilRemoval')),
    ...optional('expirationDate', dateAt(top, 'PayloadExpirationDate')),
    ...(scope === 'System' || scope === 'User' ? { scope } : {}),
    targetDeviceType: integerAt(top, 'TargetDeviceType') ?? 0,
    ...optional('consentText', consent && textsOf(consent)),
    signerCertificates,
    payloads,
  };
}

function textsOf(dictionary: PlistDict): Record<string, string> {
  const texts: Record<string, string> = Object.create(null);
  for (const key of Object.keys(dictionary)) texts[key] = textAt(dictionary, key) ?? '';
  return texts;
}
