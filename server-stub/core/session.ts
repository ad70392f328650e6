// One check-in: what the device must be told, in which order, and what its answers change (A6, A8, A9, M4).
import type { Command, Outcome, Profile } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { countMoved } from './authority.js';
import type { Desired } from './desired.js';
import { type DeviceState, isEnrolled } from './device-state.js';
import { forDevice } from './for-device.js';
import { isExpired } from './grace.js';
import { markStale, workFor } from './plan.js';
import { pushCertificateProblem } from './push-certificate.js';
import { type Entry, toQueuedCommand, type Work, workKey } from './queue.js';
import type { TenantState } from './state.js';
import { traitsOf } from './traits.js';
import type { DeviceRecord, HeldProfile, QueuedCommand } from './types.js';
import { versionOf } from './version.js';

/** The device, which must be enrolled, and must not be one of those whose check-ins fail at present. */
export function requireCheckIn(state: TenantState, deviceId: string): DeviceState {
  const device = state.devices.get(deviceId);
  if (device === undefined || !isEnrolled(device)) {
    throw stubError('DEVICE_UNKNOWN', `No device ${deviceId} is enrolled here`);
  }
  requirePushCertificate(state, device);
  return device;
}

/** A11. */
function requirePushCertificate(state: TenantState, { record }: DeviceState): void {
  if (!traitsOf(state.ports.traits, record.platform).needsPushCertificate) return;
  const problem = pushCertificateProblem(state);
  if (problem !== undefined) throw stubError('CHECKIN_UNAVAILABLE', problem);
}

/** Costs a few map look-ups for a device that has nothing new to be told. */
export function openSession(state: TenantState, deviceId: string): DeviceRecord {
  const device = requireCheckIn(state, deviceId);
  const now = state.ports.clock.now();
  device.record = { ...device.record, lastSyncAt: now };
  state.schedule.seen(deviceId, now);
  device.queue.beginSession();
  move(state, device);
  if (device.record.status === 'enrolled') plan(state, device);
  state.saver.device(device);
  return device.record;
}

/** A6: from this session on the tenant's authority manages the device. A10: not one without a user. */
function move(state: TenantState, device: DeviceState): void {
  if (device.revision === state.changes.length || device.record.userId === undefined) return;
  const held = device.record.held.map((profile) =>
    isExpired(state, device, profile) ? { ...profile, expired: true } : profile,
  ); // A9, judged before it moves
  for (let index = device.revision; index < state.changes.length; index++) countMoved(state, index);
  device.revision = state.changes.length;
  device.record = { ...device.record, held, managedBy: state.authority };
  device.failed.clear();
  device.settledOn = undefined;
}

const desiredOf = (state: TenantState, { record }: DeviceState): Desired =>
  state.desired.of(record.managedBy, record.platform, record.userId);

/** Brings the queue in line with the desired state: what is wanted no more goes, what is missing comes. */
function plan(state: TenantState, device: DeviceState): void {
  const desired = desiredOf(state, device);
  if (device.settledOn === desired) return;
  let wanted = compare(device, desired);
  const keys = new Set(wanted.map(workKey));
  const cancelled = device.queue.cancel(({ work }) => work !== undefined && !keys.has(workKey(work)));
  for (const entry of cancelled) {
    if (entry.work?.kind === 'install' && entry.wasSent) device.doubtful.add(entry.work.name);
  }
  if (cancelled.length > 0) wanted = compare(device, desired);

  let open = new Set(device.queue.open.flatMap(({ work }) => (work === undefined ? [] : [workKey(work)])));
  const expired = device.record.held.some((profile) => profile.expired);
  if (expired && wanted.some((work) => work.kind === 'remove' && !open.has(workKey(work)))) {
    // A9: expired ones go before the new ones come, even those that were queued before.
    device.queue.cancel(({ work, wasSent }) => work !== undefined && !wasSent);
    open = new Set(device.queue.open.flatMap(({ work }) => (work === undefined ? [] : [workKey(work)])));
  }
  for (const work of wanted) if (!open.has(workKey(work))) enqueueWork(state, device, desired, work);
  const held = markStale({ ...comparison(device, desired) }); // A8
  if (held !== device.record.held) device.record = { ...device.record, held };
  if (wanted.length === 0) device.settledOn = desired;
}

const comparison = (device: DeviceState, desired: Desired) => ({
  desired,
  held: device.record.held,
  managedBy: device.record.managedBy,
  failed: device.failed,
  doubtful: [...device.doubtful],
});
const compare = (device: DeviceState, desired: Desired) => workFor(comparison(device, desired));

function enqueueWork(state: TenantState, device: DeviceState, desired: Desired, work: Work): void {
  if (work.kind === 'remove') {
    enqueue(state, device, { kind: 'remove-profile', name: work.name }, 'core', work);
    return;
  }
  const profile = desired.byName.get(work.name)?.profile;
  if (profile !== undefined) enqueue(state, device, { kind: 'install-profile', profile }, 'core', work);
}

export function enqueue(
  state: TenantState,
  device: DeviceState,
  command: Command,
  by: 'core' | 'administrator',
  work?: Work,
): Entry {
  const entry: Entry = {
    id: state.ports.random.uuid(),
    command,
    queuedAt: state.ports.clock.now(),
    by,
    ...(work === undefined ? {} : { work }),
    status: 'waiting',
    wasSent: false,
  };
  device.queue.add(entry);
  return entry;
}

export function next(state: TenantState, deviceId: string): QueuedCommand | undefined {
  const device = state.devices.get(deviceId);
  if (device === undefined || !isEnrolled(device)) return undefined;
  requirePushCertificate(state, device);
  const entry = device.queue.next();
  if (entry === undefined) return undefined;
  state.saver.device(device);
  const { command } = entry;
  if (command.kind !== 'install-profile') return toQueuedCommand(deviceId, entry);
  return toQueuedCommand(deviceId, entry, { ...command, profile: forDevice(state, device, command.profile) });
}

/** What an answer means for the device; the caller ends the enrollment when this returns a reason to. */
export function report(
  state: TenantState,
  deviceId: string,
  commandId: string,
  outcome: Outcome,
): { readonly taken: boolean; readonly ended?: 'retired' | 'wiped' } {
  const device = state.devices.get(deviceId);
  const entry = device?.queue.answer(commandId, outcome, state.ports.clock.now());
  if (device === undefined || entry === undefined) return { taken: false };
  state.saver.device(device);
  if (outcome.status === 'later') return { taken: true };
  const { command } = entry;
  switch (command.kind) {
    case 'install-profile':
      installed(device, entry, command.profile, outcome.status === 'done');
      break;
    case 'remove-profile':
      removed(device, entry, command.name, outcome.status === 'done');
      break;
    case 'inventory':
      if (outcome.status === 'done') learn(device, outcome.data ?? {});
      break;
    case 'retire':
    case 'wipe':
      if (outcome.status === 'done') return { taken: true, ended: command.kind === 'retire' ? 'retired' : 'wiped' };
      device.record = { ...device.record, status: 'enrolled' }; // it stays managed, and is given back what it lost
      device.settledOn = undefined;
      break;
  }
  if (command.kind === 'install-profile' || command.kind === 'remove-profile') {
    device.settledOn = undefined;
    const held = markStale(comparison(device, desiredOf(state, device)));
    if (held !== device.record.held) device.record = { ...device.record, held };
  }
  return { taken: true };
}

function installed(device: DeviceState, { work }: Entry, profile: Profile, done: boolean): void {
  const { name, kind } = profile;
  if (!done) {
    if (work !== undefined) device.failed.set(name, workKey(work));
    return;
  }
  const now: HeldProfile =
    work?.kind === 'install'
      ? { name, kind, authority: work.authority, version: work.version, stale: false }
      : { name, kind, authority: device.record.managedBy, version: versionOf(profile), stale: false, pinned: true };
  device.record = { ...device.record, held: [...device.record.held.filter((held) => held.name !== name), now] };
  device.failed.delete(name);
  device.doubtful.delete(name);
  // A removal answered `later` was meant for what this one has just replaced.
  device.queue.cancel(({ work: other }) => other?.kind === 'remove' && other.name === name);
}

function removed(device: DeviceState, { work }: Entry, name: string, done: boolean): void {
  const { held } = device.record;
  const expired = held.some((profile) => profile.name === name && profile.expired);
  device.doubtful.delete(name);
  if (!done && !expired) {
    if (work !== undefined) device.failed.set(name, workKey(work));
    return;
  }
  // An expired profile that cannot be removed was dropped by the device's own clock before (A9).
  device.record = { ...device.record, held: held.filter((profile) => profile.name !== name) };
  device.failed.delete(name);
  const comes = device.queue.open.some(({ work: other }) => other?.kind === 'install' && other.name === name);
  if (!comes) device.secrets.delete(name);
}

const learnt = ['deviceName', 'osVersion', 'model', 'imei'] as const;

function learn(device: DeviceState, data: Readonly<Record<string, unknown>>): void {
  const facts = learnt.flatMap((key) => {
    const value = data[key];
    return typeof value === 'string' && value !== '' && value.length <= 256 ? [[key, value] as const] : [];
  });
  if (facts.length > 0) device.record = { ...device.record, ...Object.fromEntries(facts) };
}
