import type { CertificateProfile } from '../protocol/vocabulary.js';
import type { AssignedProfiles, Users } from './core/interfaces.js';
import { fillProfile } from './core/placeholders.js';
import type { DeviceRecord } from './core/types.js';

/** The certificate profile of this name that the device's authority assigns to its user, placeholders filled: what another profile refers to. */
export function certificateNamed(
  name: string,
  device: DeviceRecord,
  tenant: AssignedProfiles & Users,
): CertificateProfile | undefined {
  const { userId, deviceId, serial } = device;
  for (const profile of tenant.profilesFor(deviceId)) {
    if (profile.kind !== 'certificate' || profile.name !== name) continue;
    const upn = (userId === undefined ? undefined : tenant.user(userId)?.upn) ?? '';
    const filled = fillProfile(profile, {
      upn,
      userName: upn.split('@')[0] ?? '',
      deviceId,
      serial,
      secret: () => '', // a certificate has no use for one
    });
    return filled.kind === 'certificate' ? filled : undefined;
  }
  return undefined;
}
