// What a device needs of an enrollment profile to join its MDM server (com.apple.mdm.yaml, specs/apple.md §1.2).
import type { KeyObject } from 'node:crypto';
import type { ScepSettings } from '../../scep/settings.js';
import { allAccessRights } from '../request-types.js';
import { identityOf } from './certificates.js';
import { pinnedCertificates } from './mdm.js';
import { type AppleProfile, isAnchor, type Payload, payloadTypes } from './profile.js';
import { payloadFailed } from './refusals.js';
import { scepSettings } from './scep.js';
import { flagAt, integerAt, optional, textAt, textsAt } from './values.js';

type EnrollmentIdentity =
  | ({ readonly type: 'scep'; readonly payload: Payload } & ScepSettings)
  | {
      readonly type: 'pkcs12';
      readonly payload: Payload;
      /** DER. */
      readonly certificate: Buffer;
      readonly privateKey: KeyObject;
      readonly chain: readonly Buffer[];
    };

export interface EnrollmentPayload {
  readonly payload: Payload;
  readonly topic: string;
  readonly serverUrl: string;
  /** The server URL where the profile names none. */
  readonly checkInUrl: string;
  readonly signMessage: boolean;
  /** Bits of `accessRights`; all of them where the profile does not say. */
  readonly accessRights: number;
  readonly checkOutWhenRemoved: boolean;
  readonly identity: EnrollmentIdentity;
  readonly serverCapabilities: readonly string[];
  /** DER certificates that TLS to either URL is pinned to; empty means not pinned. */
  readonly pinnedCertificates: { readonly server: readonly Buffer[]; readonly checkIn: readonly Buffer[] };
  readonly pinningRevocationCheckRequired: boolean;
  readonly useDevelopmentApns: boolean;
  readonly managedAppleId?: string;
  readonly assignedManagedAppleId?: string;
  readonly enrollmentMode?: 'BYOD' | 'ADDE';
}

/**
 * The MDM payload of a profile that `readProfile` accepted, with its identity looked up; undefined when it has none.
 * Throws PROFILE_REFUSED for an ACME identity, which is not spoken here.
 */
export function enrollmentOf(profile: Pick<AppleProfile, 'payloads'>): EnrollmentPayload | undefined {
  const payload = profile.payloads.find(({ type }) => type === payloadTypes.mdm);
  if (payload === undefined) return undefined;
  const { content } = payload;
  const siblings = new Map(profile.payloads.map((each) => [each.uuid, each]));
  const serverUrl = textAt(content, 'ServerURL') ?? '';
  const mode = textAt(content, 'EnrollmentMode');
  return {
    payload,
    topic: textAt(content, 'Topic') ?? '',
    serverUrl,
    checkInUrl: textAt(content, 'CheckInURL') ?? serverUrl,
    signMessage: flagAt(content, 'SignMessage'),
    accessRights: integerAt(content, 'AccessRights') ?? allAccessRights,
    checkOutWhenRemoved: flagAt(content, 'CheckOutWhenRemoved'),
    identity: resolveIdentity(payload, siblings),
    serverCapabilities: textsAt(content, 'ServerCapabilities'),
    pinnedCertificates: {
      server: pinnedCertificates(payload, siblings, 'ServerURLPinningCertificateUUIDs'),
      checkIn: pinnedCertificates(payload, siblings, 'CheckInURLPinningCertificateUUIDs'),
    },
    pinningRevocationCheckRequired: flagAt(content, 'PinningRevocationCheckRequired'),
    useDevelopmentApns: flagAt(content, 'UseDevelopmentAPNS'),
    ...optional('managedAppleId', textAt(content, 'ManagedAppleID')),
    ...optional('assignedManagedAppleId', textAt(content, 'AssignedManagedAppleID')),
    ...(mode === 'BYOD' || mode === 'ADDE' ? { enrollmentMode: mode } : {}),
  };
}

function resolveIdentity(mdm: Payload, siblings: ReadonlyMap<string, Payload>): EnrollmentIdentity {
  const reference = textAt(mdm.content, 'IdentityCertificateUUID') ?? '';
  const payload = siblings.get(reference);
  switch (payload?.type) {
    case payloadTypes.scep:
      return { type: 'scep', payload, ...scepSettings(payload) };
    case payloadTypes.pkcs12:
      return { type: 'pkcs12', payload, ...identityOf(payload) };
    case payloadTypes.acme:
      throw payloadFailed(
        mdm,
        'mdm',
        12016,
        'The identity is to come by ACME, which needs hardware attestation and is not emulated: use SCEP or PKCS#12.',
      );
    default:
      throw payloadFailed(mdm, 'mdm', 12005, `The identity certificate ${reference} was not found.`);
  }
}

/**
 * The order of installation: certificates, then identities that come in the profile, then those that are fetched, then what may
 * refer to them, and the MDM link last. Within each the profile's own order.
 */
export const installOrder = (payloads: readonly Payload[]): Payload[] =>
  payloads.toSorted((one, other) => installRank(one) - installRank(other));

function installRank(payload: Payload): number {
  if (isAnchor(payload)) return 0;
  switch (payload.type) {
    case payloadTypes.pkcs12:
      return 1;
    case payloadTypes.scep:
    case payloadTypes.acme:
      return 2;
    case payloadTypes.mdm:
      return 4;
    default:
      return 3;
  }
}
