// What a device may do with a profile that it holds: whether mail, VPN or Wi-Fi let it in (A9).
import type { ProfileKind } from '../../protocol/vocabulary.js';
import type { TenantDevice } from './device-state.js';
import { forDevice } from './for-device.js';
import { endsAt, isExpired, whyExpired } from './grace.js';
import type { ResourceGate } from './interfaces.js';
import type { TenantState } from './state.js';
import type { HeldProfile, ListedProfile, ResourceDecision } from './types.js';

export const resourceGate = (state: TenantState): ResourceGate => ({
  resource: (deviceId, kind, name, secret) => resource(state, deviceId, kind, name, secret),
  heldProfiles(deviceId) {
    const device = state.devices.get(deviceId);
    return device === undefined ? [] : device.record.held.map((held) => listed(state, device, held));
  },
});

function listed(state: TenantState, device: TenantDevice, held: HeldProfile): ListedProfile {
  const end = endsAt(state, device, held);
  const expired = isExpired(state, device, held);
  return { ...held, ...(expired && { expired }), ...(end !== undefined && { endsAt: end }) };
}

function resource(
  state: TenantState,
  deviceId: string,
  kind: ProfileKind,
  name: string,
  secret?: string,
): ResourceDecision {
  const device = state.devices.get(deviceId);
  if (device === undefined || device.record.status === 'pending') return refused('The device is not enrolled.');
  if (device.record.status !== 'enrolled') return refused(`The device is ${device.record.status}.`);
  const held = device.record.held.find((profile) => profile.kind === kind && profile.name === name);
  if (held === undefined) return refused(`The device holds no ${kind} profile "${name}".`);
  if (isExpired(state, device, held)) {
    return refused(`The profile came from ${held.authority}, and ${whyExpired(state, device, held)}.`);
  }
  if (secret !== undefined && !mayBeSecretOf(state, device, held, secret)) {
    return refused('The secret is not the one the device was given.');
  }
  return { allowed: true, reason: held.stale ? `Left behind by ${held.authority}.` : `Given by ${held.authority}.` };
}

/** Is it a word of the profile, as the device was given it? Of one that was changed since nothing can be said. */
function mayBeSecretOf(state: TenantState, device: TenantDevice, held: HeldProfile, secret: string): boolean {
  const assigned = state.desired.of(held.authority, device.record.platform, device.record.userId).byName.get(held.name);
  return assigned?.version !== held.version || hasWord(forDevice(state, device, assigned.profile), secret);
}

const hasWord = (value: unknown, word: string): boolean =>
  value === word || (typeof value === 'object' && value !== null && Object.values(value).some((v) => hasWord(v, word)));

const refused = (reason: string): ResourceDecision => ({ allowed: false, reason });
