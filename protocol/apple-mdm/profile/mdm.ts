// com.apple.mdm: the link to an MDM server. What it may not change once installed is in check.ts.
import { accessRights, allAccessRights, hasRights } from '../request-types.js';
import { certificateOf } from './certificates.js';
import type { Family } from './family.js';
import { isAnchor, isIdentity, type Payload, payloadTypes } from './profile.js';
import { notInstalled, payloadFailed, payloadFault } from './refusals.js';
import { flag, integer, listOf, oneOf, required, text, texts, uuid } from './rules.js';
import { isHttpUrl } from './scep.js';
import { integerAt, textAt, textsAt } from './values.js';

export const onlyOneServer = 'A device can be managed by one MDM server only.';
const pinningKeys = ['ServerURLPinningCertificateUUIDs', 'CheckInURLPinningCertificateUUIDs'] as const;

/** A bound of ours: each of them is held against every chain. */
const mostPins = 100;

export const mdm: Family = {
  types: [payloadTypes.mdm],
  rules: {
    IdentityCertificateUUID: required(uuid),
    Topic: required(text()),
    ServerURL: required(text()),
    CheckInURL: text(),
    SignMessage: flag,
    AccessRights: integer(),
    UseDevelopmentAPNS: flag,
    ManagedAppleID: text(),
    AssignedManagedAppleID: text(),
    EnrollmentMode: oneOf('BYOD', 'ADDE'),
    ServerURLPinningCertificateUUIDs: texts,
    CheckInURLPinningCertificateUUIDs: texts,
    PinningRevocationCheckRequired: flag,
    ServerCapabilities: listOf(
      oneOf('com.apple.mdm.per-user-connections', 'com.apple.mdm.bootstraptoken', 'com.apple.mdm.token'),
    ),
    CheckOutWhenRemoved: flag,
    RequiredAppIDForMDM: integer(),
  },
  check(payload, siblings, { allowHttp }) {
    const { content } = payload;
    for (const other of siblings.values())
      if (other !== payload && other.type === payload.type) throw notInstalled('mdm', 12001, onlyOneServer);
    for (const key of ['ServerURL', 'CheckInURL']) {
      const address = textAt(content, key);
      if (address === undefined) continue;
      const isAllowed = isHttpUrl(address) && (allowHttp || address.startsWith('https://'));
      if (!isAllowed) throw payloadFault('value', key, payload);
    }
    const topic = textAt(content, 'Topic') ?? '';
    if (!topic.startsWith('com.apple.mgmt.'))
      throw notInstalled('mdm', 12022, `The topic “${topic}” does not begin with “com.apple.mgmt.”.`);
    checkAccessRights(payload);
    const identity = textAt(content, 'IdentityCertificateUUID') ?? '';
    const found = siblings.get(identity);
    if (found === undefined)
      throw payloadFailed(payload, 'mdm', 12005, `The identity certificate ${identity} was not found.`);
    if (!isIdentity(found))
      throw payloadFailed(payload, 'mdm', 12005, `The certificate ${identity} is not an identity.`);
    for (const key of pinningKeys) {
      if (textsAt(content, key).length > mostPins) throw payloadFault('value', key, payload);
      for (const reference of textsAt(content, key)) {
        const pinned = siblings.get(reference);
        if (pinned === undefined || !isAnchor(pinned))
          throw payloadFailed(payload, 'mdm', 12005, `The certificate ${reference} of “${key}” was not found.`);
      }
    }
  },
};

/** 12000: "Don't set to 0. Specify 1 if you specify 2. Specify 64 if you specify 128." */
function checkAccessRights(payload: Payload): void {
  const rights = integerAt(payload.content, 'AccessRights');
  // Ignored in User Enrollment; absent, all are meant.
  if (rights === undefined || textAt(payload.content, 'ManagedAppleID') !== undefined) return;
  const has = (bit: number) => hasRights(rights, bit);
  const lacks =
    (has(accessRights.installProfiles) && !has(accessRights.inspectProfiles)) ||
    (has(accessRights.installProvisioning) && !has(accessRights.inspectProvisioning));
  if (rights <= 0 || rights > allAccessRights || lacks)
    throw notInstalled('mdm', 12000, `The access rights ${rights} are not valid.`);
}

/** DER of the certificates that one of the two URLs is pinned to. */
export const pinnedCertificates = (
  payload: Payload,
  siblings: ReadonlyMap<string, Payload>,
  key: (typeof pinningKeys)[number],
): Buffer[] =>
  textsAt(payload.content, key).flatMap((reference) => {
    const found = siblings.get(reference);
    return found === undefined ? [] : [certificateOf(found).der];
  });
