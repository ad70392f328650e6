// Which profiles are assigned, as administrators change it (A8).
import { stubError } from '../errors.js';
import { notifyAssigned } from './assignment-walk.js';
import { requireBms } from './bms-provisioning.js';
import { assertFits } from './descriptions.js';
import type { AssignedProfiles } from './interfaces.js';
import { shareAPlatform } from './platforms.js';
import { desiredOf, type TenantState } from './state.js';
import type { AssignedProfile } from './types.js';

/** Profiles a tenant may have: each session's first comparison goes over them. */
const mostProfiles = 1000;

export const assignedProfiles = (state: TenantState): AssignedProfiles => ({
  profiles: () => [...state.profiles.values()],
  profile: (id) => state.profiles.get(id),
  putProfile(profile) {
    requireBms(state, profile.authority);
    putProfile(state, profile);
  },
  profilesFor(deviceId) {
    const device = state.devices.get(deviceId);
    return device === undefined ? [] : desiredOf(state, device).list.map(({ profile }) => profile);
  },
  removeProfile(id) {
    state.saver.requireWritable();
    const before = state.profiles.get(id);
    if (before === undefined) return;
    state.profiles.delete(id);
    state.desired.profilesChanged();
    state.saver.record('profile', id, undefined);
    state.events.emit({ type: 'assignment', profile: id, removed: true });
    notifyAssigned(state, before, undefined);
  },
});

/** A name is a setting's identity (A8), so an authority has it once on each platform. A configuration may have those of any authority. */
export function putProfile(state: TenantState, profile: AssignedProfile): void {
  assertFits('profile', profile);
  state.saver.requireWritable();
  const { id, authority } = profile;
  if (profile.authority === 'unknown') throw stubError('REQUEST_INVALID', 'A profile belongs to an authority');
  for (const other of state.profiles.values()) {
    if (other.id === id || other.authority !== authority || other.profile.name !== profile.profile.name) continue;
    if (shareAPlatform(other, profile)) {
      throw stubError('REQUEST_INVALID', `${authority} has a profile named "${profile.profile.name}" already`);
    }
  }
  if (!state.profiles.has(id) && state.profiles.size >= mostProfiles) {
    throw stubError('REQUEST_INVALID', `A tenant holds ${mostProfiles} profiles at most`);
  }
  const before = state.profiles.get(id);
  state.profiles.set(id, profile);
  state.desired.profilesChanged();
  state.saver.record('profile', id, profile);
  state.events.emit({ type: 'assignment', profile: id, name: profile.profile.name, authority });
  notifyAssigned(state, before, profile);
}
