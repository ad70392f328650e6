// What Autopilot knows, as administrators change it (E13 to E16).
import { stubError } from '../errors.js';
import type { AutopilotDevice, AutopilotProfile } from './admission-types.js';
import { assignedProfile } from './autopilot-profile.js';
import { markRemoved, storeAutopilot } from './autopilot-removed.js';
import { assertFits } from './descriptions.js';
import type { Autopilot } from './interfaces.js';
import type { TenantState } from './state.js';

/** Devices and profiles that a tenant may have. */
const mostDevices = 1_000_000;
const mostProfiles = 350;

export const autopilot = (state: TenantState): Autopilot => {
  const { autopilot: index, autopilotProfiles: profiles } = state.admission;
  return {
    autopilotDevices: () => index.list(),
    autopilotDevice: (id) => present(index.get(id)),
    findAutopilotDevice: (serial) => present(index.find(serial)),
    putAutopilotDevice: (device) => putDevice(state, device),
    removeAutopilotDevice(id) {
      const known = present(index.get(id));
      if (known === undefined) return;
      state.saver.requireWritable();
      markRemoved(state, known);
    },
    autopilotProfiles: () => [...profiles.values()],
    autopilotProfile: (id) => profiles.get(id),
    autopilotProfileOf: (device) => assignedProfile(state, device),
    putAutopilotProfile: (profile) => putProfile(state, profile),
    removeAutopilotProfile(id) {
      if (!profiles.has(id)) return;
      state.saver.requireWritable();
      profiles.delete(id);
      state.saver.record('autopilotProfile', id, undefined);
    },
  };
};

const present = (device: AutopilotDevice | undefined) => (device?.removedAt === undefined ? device : undefined);

/** A serial number that was known and removed is known again. */
function putDevice(state: TenantState, device: AutopilotDevice): void {
  assertFits('autopilot', device);
  const { autopilot: index, autopilotProfiles } = state.admission;
  const { id, serial, userId, profileId } = device;
  const same = index.find(serial);
  const before = index.get(id); // its profile or user may have been removed since
  if (same !== undefined && same.id !== id && same.removedAt === undefined) {
    throw wrong(`${serial} is known already`);
  }
  if (profileId !== undefined && profileId !== before?.profileId && !autopilotProfiles.has(profileId))
    throw wrong(`no profile has the id ${profileId}`);
  if (userId !== undefined && userId !== before?.userId && state.directory.user(userId) === undefined)
    throw wrong(`no user has the id ${userId}`);
  if (before === undefined && index.size >= mostDevices) throw wrong(`a tenant holds ${mostDevices} at most`);
  state.saver.requireWritable();
  if (same !== undefined && same.id !== id) {
    index.forget(same.id);
    state.saver.record('autopilot', same.id, undefined);
  }
  storeAutopilot(state, device);
}

function putProfile(state: TenantState, profile: AutopilotProfile): void {
  assertFits('autopilotProfile', profile);
  const profiles = state.admission.autopilotProfiles;
  for (const { id, displayName } of profiles.values()) {
    if (id !== profile.id && displayName === profile.displayName)
      throw wrong(`a profile is named "${displayName}" already`);
  }
  const before = profiles.get(profile.id)?.groups ?? []; // one of them may have been removed since
  const unknown = profile.groups?.find((id) => !before.includes(id) && state.directory.group(id) === undefined);
  if (unknown !== undefined) throw wrong(`no group has the id ${unknown}`);
  if (!profiles.has(profile.id) && profiles.size >= mostProfiles)
    throw wrong(`a tenant holds ${mostProfiles} profiles at most`);
  state.saver.requireWritable();
  profiles.set(profile.id, profile);
  state.saver.record('autopilotProfile', profile.id, profile);
}

const wrong = (why: string) => stubError('REQUEST_INVALID', `Autopilot cannot take this: ${why}`);
