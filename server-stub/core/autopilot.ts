// What Autopilot knows, as administrators change it (E13 to E16).
import { stubError } from '../errors.js';
import type { AutopilotDevice, AutopilotProfile } from './admission-types.js';
import { assignedProfile } from './autopilot-profile.js';
import { markRemoved, storeAutopilot } from './autopilot-removed.js';
import { serialKey } from './comanagement-index.js';
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
    putAutopilotDevice: (device) => putDevices(state, [device]),
    putAutopilotDevices: (devices) => putDevices(state, devices),
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

/** All of them, or none: each is judged before the first is taken. */
function putDevices(state: TenantState, devices: readonly AutopilotDevice[]): void {
  const { autopilot: index } = state.admission;
  const owners = new Map<string, string>();
  const added = new Set<string>();
  for (const device of devices) {
    const { id, serial } = device;
    requireFit(state, device);
    const owner = owners.get(serialKey(serial)) ?? present(index.find(serial))?.id ?? id;
    if (owner !== id) throw wrong(`${serial} is known already`);
    owners.set(serialKey(serial), id);
    if (present(index.get(id)) === undefined) added.add(id);
  }
  if (added.size > 0 && index.size + added.size > mostDevices) throw wrong(`a tenant holds ${mostDevices} at most`);
  state.saver.requireWritable();
  for (const device of devices) putDevice(state, device);
}

function requireFit({ admission, directory }: TenantState, device: AutopilotDevice): void {
  assertFits('autopilot', device);
  const { id, userId, profileId } = device;
  const before = admission.autopilot.get(id); // its profile or user may have been removed since
  if (profileId !== undefined && profileId !== before?.profileId && !admission.autopilotProfiles.has(profileId))
    throw wrong(`no profile has the id ${profileId}`);
  if (userId !== undefined && userId !== before?.userId && directory.user(userId) === undefined)
    throw wrong(`no user has the id ${userId}`);
}

/** A serial number that was known and removed is known again. */
function putDevice(state: TenantState, device: AutopilotDevice): void {
  const { autopilot: index } = state.admission;
  const same = index.find(device.serial);
  if (same !== undefined && same.id !== device.id) {
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
  profiles.set(profile);
  state.saver.record('autopilotProfile', profile.id, profile);
}

const wrong = (why: string) => stubError('REQUEST_INVALID', `Autopilot cannot take this: ${why}`);
