// The enrollment profile: what a device installs to enroll, and again to renew its identity (specs/apple.md §1.2, §1.3).
import { payloadTypes } from '../../protocol/apple-mdm/profile/profile.js';
import { organizationText } from '../../protocol/managing-authority.js';
import { buildPlist } from '../../protocol/plist/build.js';
import { dict, type PlistDict } from '../../protocol/plist/value.js';
import type { Authority } from '../../protocol/vocabulary.js';
import { fingerprint } from '../../protocol/x509/certificate.js';
import { type CmsSigner, createCmsSigner } from '../../protocol/x509/cms-sign.js';
import type { User } from '../core/types.js';
import type { CertificateGrant } from '../issued.js';
import { scepPath } from '../scep/server.js';
import { enrollmentIdentifier, type IosContext } from './context.js';
import { common, configuration, scepKeys, uuidOf } from './render.js';

interface EnrollmentProfile {
  /** Scheme, host and port under which the device reaches the stub. */
  readonly origin: string;
  readonly topic: string;
  /** Messages are signed: a header over each, beside the TLS client certificate. */
  readonly signs: boolean;
  /** The payload that brings the identity. */
  readonly identity: PlistDict;
  /** Who manages the device: the profile says so (A6). */
  readonly authority: Authority;
}

/** Unsigned. */
export function enrollmentProfile(given: EnrollmentProfile, { tenant, ca, settings }: IosContext): Buffer {
  const root = {
    ...common(payloadTypes.root, `${enrollmentIdentifier}.root`, uuidOf('enrollment/root'), 'Root certificate'),
    PayloadCertificateFileName: 'rollcall.cer',
    PayloadContent: ca.certificate,
  };
  const { origin, topic, signs, identity, authority } = given;
  const mdm = dict({
    ...common(payloadTypes.mdm, `${enrollmentIdentifier}.mdm`, uuidOf('enrollment/mdm'), 'Management'),
    IdentityCertificateUUID: identityUuid,
    Topic: topic,
    ServerURL: `${origin}/mdm`,
    CheckInURL: `${origin}/checkin`,
    SignMessage: signs,
    AccessRights: 8191,
    CheckOutWhenRemoved: true,
    ServerCapabilities: Object.keys(settings.tokens).length === 0 ? undefined : ['com.apple.mdm.token'],
  });
  return buildPlist({
    ...configuration(
      enrollmentIdentifier,
      `Management by ${tenant.displayName}`,
      organizationText(tenant.displayName, authority),
      [root, identity, mdm],
    ),
    PayloadDescription: 'Lets your organisation manage this device.',
  });
}

/** An identity by SCEP, by a challenge that is worth what `grant` says. */
export function scepPayload(
  user: User | undefined,
  origin: string,
  grant: CertificateGrant,
  { tenant, ca, challenges, settings }: IosContext,
): PlistDict {
  return {
    ...common(payloadTypes.scep, `${enrollmentIdentifier}.scep`, identityUuid, 'Device identity'),
    ...scepKeys({
      url: origin + scepPath,
      name: 'rollcall',
      subject: subjectFor(user, tenant.displayName),
      challenge: challenges.issue(grant),
      keySizeBits: settings.keySizeBits,
      caFingerprint: fingerprint(ca.certificate, 'sha256'),
    }),
  };
}

export const identityUuid = uuidOf('enrollment/identity');

export const subjectFor = (user: User | undefined, organization: string) =>
  [[['O', organization]], [['CN', user?.upn ?? 'Device without a user']]] as const;

/** Signs profiles as the stub's own; its key is made when the first is signed. */
export function profileSigner({ ca, clock }: Pick<IosContext, 'ca' | 'clock'>): (profile: Buffer) => Promise<Buffer> {
  let signer: CmsSigner | undefined;
  return async (profile) => {
    if (signer === undefined) {
      const { certificate, key } = await ca.signer();
      signer = createCmsSigner(certificate, key, { chain: [ca.certificate] });
    }
    return signer.sign(profile, new Date(clock.now()));
  };
}
