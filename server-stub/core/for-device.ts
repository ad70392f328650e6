import type { Profile } from '../../protocol/vocabulary.js';
import type { TenantDevice } from './device-state.js';
import { fillProfile } from './placeholders.js';
import type { TenantState } from './state.js';

/** The profile as this device is given it. Its secret is made when it is first needed, and stays the same. */
export function forDevice(state: TenantState, device: TenantDevice, profile: Profile): Profile {
  const { deviceId, serial, userId } = device.record;
  const upn = (userId === undefined ? undefined : state.directory.find(userId)?.upn) ?? '';
  return fillProfile(profile, {
    upn,
    userName: upn.split('@')[0] ?? '',
    deviceId,
    serial,
    secret: () => {
      const known = device.secrets.get(profile.name);
      if (known !== undefined) return known;
      const secret = state.ports.random.bytes(18).toString('base64url');
      device.secrets.set(profile.name, secret);
      return secret;
    },
  });
}
