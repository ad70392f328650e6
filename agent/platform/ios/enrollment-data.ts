import type { EnrollmentPayload } from '../../../protocol/apple-mdm/profile/enrollment.js';
import type { AppleProfile } from '../../../protocol/apple-mdm/profile/profile.js';
import { agentError } from '../../errors.js';
import { ownBytes } from './held-profiles.js';
import type { Material } from './materials.js';
import type { Management, SavedIdentity } from './saved.js';

/** What the link keeps of the MDM payload. */
export function managementOf(
  profile: AppleProfile,
  enrollment: EnrollmentPayload,
  allowHttp: boolean | undefined,
): Management {
  const { server, checkIn } = enrollment.pinnedCertificates;
  return {
    profileIdentifier: profile.identifier,
    payloadIdentifier: enrollment.payload.identifier,
    serverUrl: enrollment.serverUrl,
    checkInUrl: enrollment.checkInUrl,
    topic: enrollment.topic,
    signMessage: enrollment.signMessage,
    accessRights: enrollment.accessRights,
    checkOutWhenRemoved: enrollment.checkOutWhenRemoved,
    ...(server.length === 0 ? {} : { serverPins: server.map(ownBytes) }),
    ...(checkIn.length === 0 ? {} : { checkInPins: checkIn.map(ownBytes) }),
    ...(allowHttp === true ? { allowHttp } : {}),
  };
}

export function identityOfMaterial({ certificate, chain, key }: Material): SavedIdentity {
  if (key === undefined) throw agentError('ENROLL_FAILED', 'the identity certificate has no key');
  return {
    certificate: ownBytes(certificate),
    ...(chain.length === 0 ? {} : { chain: chain.map(ownBytes) }),
    key: key.ref,
  };
}
