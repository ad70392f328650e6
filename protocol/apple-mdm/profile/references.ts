// References of payloads that are kept as they come: a UUID must be that of a payload of the same profile, of the right kind.
// Mail, Exchange, VPN, Wi-Fi and the MDM payload check theirs themselves, with codes of their own. A test finds every such key of
// Apple's schema in one of the two places.

import { isDict, type PlistValue } from '../../plist/value.js';
import type { ErrorDomain } from '../error-chain.js';
import type { Siblings } from './family.js';
import { isAnchor, isIdentity, type Payload } from './profile.js';
import { payloadFailed } from './refusals.js';

/** Where the error list of Apple's MDM Protocol Reference has a code for it; elsewhere 12005, Cannot find certificate. */
const codes: Readonly<Record<string, readonly [ErrorDomain, number]>> = {
  'com.apple.sso': ['sso', 34004],
  'com.apple.webcontent-filter': ['webContentFilter', 40001],
};

interface Reference {
  /** Keys from the payload down; `*` is every item of a list. A list of UUIDs is read item by item. */
  readonly path: readonly string[];
  readonly to: 'identity' | 'certificate';
}

const identityAt = (...path: string[]): Reference => ({ path, to: 'identity' });
const certificatesAt = (...path: string[]): Reference => ({ path, to: 'certificate' });

/** By payload type, each key with what it must point to (mdm/profiles of Apple's schema). */
export const references: ReadonlyMap<string, readonly Reference[]> = new Map(
  Object.entries({
    'com.apple.dnsSettings.managed': [identityAt('PayloadCertificateUUID')],
    'com.apple.education': [
      identityAt('PayloadCertificateUUID'),
      identityAt('ResourcePayloadCertificateUUID'),
      certificatesAt('LeaderPayloadCertificateAnchorUUID'),
      certificatesAt('MemberPayloadCertificateAnchorUUID'),
    ],
    'com.apple.extensiblesso': [identityAt('ExtensionData', 'certificateUUID')],
    // The schema leaves its keys to those of Wi-Fi ("keys relevant to 802.1X configuration").
    'com.apple.globalethernet.managed': [
      identityAt('PayloadCertificateUUID'),
      certificatesAt('EAPClientConfiguration', 'PayloadCertificateAnchorUUID'),
    ],
    'com.apple.relay.managed': [identityAt('Relays', '*', 'PayloadCertificateUUID')],
    'com.apple.sso': [identityAt('Kerberos', 'PayloadCertificateUUID')],
    'com.apple.webcontent-filter': [identityAt('PayloadCertificateUUID')],
  }),
);

/** Throws 4001 -> 1009 -> the payload's code for a reference that leads nowhere or to the wrong kind. */
export function checkReferences(payload: Payload, siblings: Siblings): void {
  for (const { path, to } of references.get(payload.type) ?? []) {
    for (const uuid of textsUnder(payload.content, path)) {
      const found = siblings.get(uuid);
      if (found !== undefined && (to === 'identity' ? isIdentity(found) : isAnchor(found))) continue;
      const why = found === undefined ? 'is not in the profile' : `is no ${to}`;
      const [domain, code] = codes[payload.type] ?? ['mdm', 12005];
      throw payloadFailed(payload, domain, code, `The certificate ${uuid} (“${path.join('.')}”) ${why}.`);
    }
  }
}

function textsUnder(value: PlistValue | undefined, path: readonly string[]): string[] {
  const [key, ...rest] = path;
  if (Array.isArray(value)) return value.flatMap((item) => textsUnder(item, key === '*' ? rest : path));
  if (key === undefined) return typeof value === 'string' ? [value] : [];
  return isDict(value) ? textsUnder(value[key], rest) : [];
}
