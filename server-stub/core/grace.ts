// A9: what a device that stayed away may still do with the profiles of the authority before.
import type { ProfileKind } from '../../protocol/vocabulary.js';
import type { DeviceState } from './device-state.js';
import { forDevice } from './for-device.js';
import type { TenantState } from './state.js';
import type { HeldProfile, ResourceDecision } from './types.js';

/**
 * When a held profile stops working: `profileGraceMs` after the tenant left the profile's authority, but not before the device
 * had that time from the first change it missed. Undefined while nothing threatens it.
 */
export function graceEndsAt(state: TenantState, device: DeviceState, held: HeldProfile): number | undefined {
  const missed = state.changes[device.revision];
  if (missed === undefined || device.record.userId === undefined) return undefined; // moved, or never moves (A10)
  if (held.authority === state.authority && !held.stale) return undefined;
  const left = state.changes.findLast(({ from }) => from === held.authority);
  return Math.max(missed.at, left?.at ?? 0) + state.settings.profileGraceMs;
}

export function isExpired(state: TenantState, device: DeviceState, held: HeldProfile): boolean {
  if (held.expired) return true;
  const end = graceEndsAt(state, device, held);
  return end !== undefined && state.ports.clock.now() >= end;
}

export function resource(
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
    return refused(`The profile came from ${held.authority}, and its days of grace after the change are over.`);
  }
  if (secret !== undefined && !mayBeSecretOf(state, device, held, secret)) {
    return refused('The secret is not the one the device was given.');
  }
  return { allowed: true, reason: held.stale ? `Left behind by ${held.authority}.` : `Given by ${held.authority}.` };
}

/** Is it a word of the profile, as the device was given it? Of one that was changed since nothing can be said. */
function mayBeSecretOf(state: TenantState, device: DeviceState, held: HeldProfile, secret: string): boolean {
  const assigned = state.desired.of(held.authority, device.record.platform, device.record.userId).byName.get(held.name);
  return assigned?.version !== held.version || hasWord(forDevice(state, device, assigned.profile), secret);
}

const hasWord = (value: unknown, word: string): boolean =>
  value === word || (typeof value === 'object' && value !== null && Object.values(value).some((v) => hasWord(v, word)));

const refused = (reason: string): ResourceDecision => ({ allowed: false, reason });
