// What the device keeps of an installed profile: enough for ProfileList, CertificateList, removal, and the next profile's checks.
import type { InstalledPayloads } from '../../../protocol/apple-mdm/profile/check.js';
import { removalTime } from '../../../protocol/apple-mdm/profile/check.js';
import { neutralNames } from '../../../protocol/apple-mdm/profile/names.js';
import { type AppleProfile, type Payload, payloadTypes } from '../../../protocol/apple-mdm/profile/profile.js';
import type { Profile } from '../../../protocol/vocabulary.js';
import type { Material, Materials } from './materials.js';
import type { HeldCertificate, InstalledProfile, IosData, PayloadSummary } from './saved.js';
import { plain, toPlistDict } from './translate.js';

/** The keys by which a later profile is judged: an update of the MDM payload, a second account of the same user. */
const keptKeys: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    [payloadTypes.mdm]: [
      'ServerURL',
      'CheckInURL',
      'Topic',
      'AccessRights',
      'ServerCapabilities',
      'ManagedAppleID',
      'AssignedManagedAppleID',
      'EnrollmentMode',
      'RequiredAppIDForMDM',
    ],
    [payloadTypes.exchange]: ['Host', 'UserName'],
  }),
);

export function heldProfile(
  profile: AppleProfile,
  holdings: readonly Profile[],
  materials: Materials,
  now: number,
  extra: { readonly identityUuid?: string; readonly declaration?: string },
): InstalledProfile {
  const removeAt = removalTime(profile, new Date(now))?.getTime();
  return {
    identifier: profile.identifier,
    uuid: profile.uuid,
    version: profile.version,
    ...(profile.displayName === undefined ? {} : { displayName: profile.displayName }),
    ...(profile.description === undefined ? {} : { description: profile.description }),
    ...(profile.organization === undefined ? {} : { organization: profile.organization }),
    ...(profile.removalDisallowed ? { removalDisallowed: true } : {}),
    ...(profile.hasRemovalPasscode ? { hasRemovalPasscode: true } : {}),
    ...(profile.isEncrypted ? { isEncrypted: true } : {}),
    ...(profile.signerCertificates.length === 0 ? {} : { signers: profile.signerCertificates.map(ownBytes) }),
    ...(removeAt === undefined ? {} : { removeAt }),
    ...(extra.declaration === undefined ? {} : { declaration: extra.declaration }),
    payloads: profile.payloads.map(summarise),
    holdings: holdings.map(({ name }) => name),
    // The device identity is kept once, with the link.
    certificates: [...materials].filter(([uuid]) => uuid !== extra.identityUuid).map(heldCertificate),
  };
}

function heldCertificate([uuid, { certificate, key }]: [string, Material]): HeldCertificate {
  return { uuid, der: ownBytes(certificate), ...(key === undefined ? {} : { key: key.ref }) };
}

/** A copy of its own: a view would keep the whole message alive that it was cut from. */
export const ownBytes = (bytes: Uint8Array): Buffer => {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  return own;
};

function summarise(payload: Payload): PayloadSummary {
  const keys: Record<string, unknown> = {};
  for (const key of keptKeys.get(payload.type) ?? []) {
    const value = payload.content[key];
    if (value !== undefined) keys[key] = plain(value);
  }
  return {
    type: payload.type,
    identifier: payload.identifier,
    uuid: payload.uuid,
    version: payload.version,
    ...(payload.displayName === undefined ? {} : { displayName: payload.displayName }),
    ...(payload.description === undefined ? {} : { description: payload.description }),
    ...(payload.organization === undefined ? {} : { organization: payload.organization }),
    ...(Object.keys(keys).length === 0 ? {} : { keys }),
  };
}

/** The way back, for `checkProfile`. */
export function toHeld(profile: InstalledProfile): InstalledPayloads {
  return {
    identifier: profile.identifier,
    payloads: profile.payloads.map(({ keys, type, identifier, uuid, version }) => ({
      type,
      identifier,
      uuid,
      version,
      content: toPlistDict(keys ?? {}),
    })),
  };
}

/** The certificate of the payload with this neutral name; the device's own identity is kept with the link. */
export function certificateNamed(name: string, { profiles, identity, management }: IosData): Uint8Array | undefined {
  for (const profile of profiles) {
    for (const [uuid, given] of neutralNames(toHeld(profile))) {
      if (given !== name) continue;
      const held = profile.certificates.find((each) => each.uuid === uuid)?.der;
      if (held !== undefined) return held;
      const isIdentity = profile.payloads.some((each) => each.uuid === uuid && identityTypes.includes(each.type));
      if (isIdentity && profile.identifier === management.profileIdentifier) return identity.certificate;
    }
  }
  return undefined;
}

const identityTypes: readonly string[] = [payloadTypes.scep, payloadTypes.pkcs12];

/** The neutral profiles that stay on the device as settings: all but the link's own identity, unless another one uses it. */
export function settingsOf(neutral: readonly Profile[], identityName: string | undefined): Profile[] {
  if (identityName === undefined || neutral.some((profile) => refersTo(profile, identityName))) return [...neutral];
  return neutral.filter(({ name }) => name !== identityName);
}

function refersTo(profile: Profile, name: string): boolean {
  if (profile.kind === 'email' || profile.kind === 'vpn') return profile.certificate === name;
  if (profile.kind !== 'wifi') return false;
  return profile.eap?.identity === name || profile.eap?.anchors?.includes(name) === true;
}
