// The beginning of a session: the device moves to the authority that is set (A6), and what it must be told is queued (A8, A9). Below
// the rules, for a device may be told it command by command or as one document.
import { stubError } from '../errors.js';
import { requireCertificate } from './certificate-life.js';
import { changesAt, countPassed, isBehind, missedChanges } from './changes.js';
import { askFacts, judge } from './compliance-judge.js';
import type { Desired } from './desired.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { ofDevice } from './event-hub.js';
import { managerOfUser } from './governed.js';
import { isExpired } from './grace.js';
import { arrangeQueue, comparison, markHeld, workFor } from './plan.js';
import { requireRenewal } from './push-certificate.js';
import { enqueue, type Work, workKey } from './queue.js';
import { countStale } from './stale.js';
import { desiredOf, type TenantState } from './state.js';
import { causeOf, transition } from './transition.js';
import type { DeviceRecord, HeldProfile } from './types.js';

/** The device, which must be enrolled, and must not be one of those whose check-ins fail at present. */
export function requireCheckIn(state: TenantState, deviceId: string): TenantDevice {
  const device = state.devices.get(deviceId);
  if (device === undefined || !isEnrolled(device)) {
    throw stubError('DEVICE_UNKNOWN', `No device ${deviceId} is enrolled here`);
  }
  requireRenewal(state, device);
  requireCertificate(state, device); // M2
  return device;
}

/** Costs a few map look-ups for a device that has nothing new to be told. */
export function openSession(state: TenantState, deviceId: string): DeviceRecord {
  const device = requireCheckIn(state, deviceId);
  const now = state.ports.clock.now();
  const isAsked = device.record.sync !== undefined && device.record.sync.doneAt === undefined;
  device.record = { ...device.record, lastSyncAt: now, ...(isAsked && synced(device.record, now)) };
  state.schedule.seen(deviceId, now);
  device.queue.beginSession();
  const before = device.record;
  const isMoving = move(state, device);
  if (isMoving || device.isMoving === true) device.isMoving = isMoving;
  expireStale(state, device);
  const isPlanned = device.record.status === 'enrolled' && plan(state, device);
  countStale(state, device);
  const isAskingFacts = askFacts(state, device);
  judge(state, device, isMoving); // A14
  if (isPlanned || isAskingFacts || isAsked || device.record !== before) state.saver.device(device);
  else state.saver.seen(device);
  const { platform, managedBy: authority } = device.record;
  state.ports.log.info('CHECKED_IN', { device: deviceId, platform, authority, waiting: device.queue.size });
  state.events.emit({ type: 'checkedIn', ...ofDevice(device.record), authority, waiting: device.queue.size });
  return device.record;
}

/** M4: it came, as an administrator had asked it to. */
const synced = ({ sync }: DeviceRecord, now: number): Pick<DeviceRecord, 'sync'> =>
  sync === undefined ? {} : { sync: { ...sync, doneAt: now } };

/** A6: from this session on another authority manages the device. A10: not one without a user, unless support has asked for it (A26). True where it moves. */
function move(state: TenantState, device: TenantDevice): boolean {
  if (!isBehind(state, device)) return false;
  const { userId, managedBy: from } = device.record;
  if (userId === undefined && device.isToMove !== true) return false;
  const to = userId === undefined ? state.authority : managerOfUser(state, userId);
  const missed = missedChanges(state, device);
  if (missed.length > 0) state.saver.requireWritable();
  const isMoving = to !== from;
  const changes = changesAt(state, missed);
  const cause = causeOf(changes, to);
  const isOver = (profile: HeldProfile) => isExpired(state, device, profile); // A9, judged before it moves
  const held = transition(device.record.held, { from, to, cause, missed: changes }, isOver);
  let hasMoved = false;
  countPassed(state, device, missed, (change) => {
    const passed = isMoving || change.cause === 'authority' ? 'moved' : 'stayed';
    hasMoved ||= passed === 'moved';
    return passed;
  });
  if (device.isToMove === true) delete device.isToMove;
  if (missed.length === 0) return false;
  device.record = { ...device.record, held, managedBy: to };
  device.failed.clear();
  device.settledOn = undefined;
  if (hasMoved) state.events.emit({ type: 'moved', ...ofDevice(device.record), from, to, cause });
  return hasMoved;
}

/** A22: what was left behind ends, where the tenant says after which time. */
function expireStale(state: TenantState, device: TenantDevice): void {
  if (state.settings.staleLifetimeMs === undefined) return;
  const { held } = device.record;
  if (!held.some((profile) => profile.stale && !profile.expired && isExpired(state, device, profile))) return;
  const ended = held.map((profile) =>
    profile.stale && isExpired(state, device, profile) ? { ...profile, expired: true } : profile,
  );
  device.record = { ...device.record, held: ended };
  device.settledOn = undefined;
}

/** Brings the queue in line with the desired state: what is wanted no more goes, what is missing comes. True where that changed it. */
export function plan(state: TenantState, device: TenantDevice): boolean {
  const desired = desiredOf(state, device);
  if (device.settledOn === desired) return false;
  let isChanged = false;
  let wanted = workFor(comparison(device, desired));
  const keys = new Set(wanted.map(workKey));
  const cancelled = device.queue.cancel(({ work }) => work !== undefined && !keys.has(workKey(work)));
  if (cancelled.length > 0) isChanged = true;
  for (const entry of cancelled) {
    if (entry.work === undefined || !entry.wasSent) continue;
    if (entry.work.kind === 'install') device.doubtful.add(entry.work.name);
    mayBeOther(device, desired, entry.work.name);
  }
  if (cancelled.length > 0) wanted = workFor(comparison(device, desired));

  const open = new Set(device.queue.open.flatMap(({ work }) => (work === undefined ? [] : [workKey(work)])));
  for (const work of wanted) {
    if (open.has(workKey(work))) continue;
    enqueueWork(state, device, desired, work);
    isChanged = true;
  }
  if (arrangeQueue(device)) isChanged = true;
  markHeld(device, desired, state.ports.clock.now()); // A8
  if (wanted.length === 0) device.settledOn = desired;
  return isChanged;
}

/** It was asked to remove what is wanted again, or to hold other content, and may have done so: it counts as held no more, and is installed anew. */
function mayBeOther(device: TenantDevice, desired: Desired, name: string): void {
  if (!desired.byName.has(name)) return; // a setting that stays (A8) says itself what became of it
  device.record = { ...device.record, held: device.record.held.filter((profile) => profile.name !== name) };
}

function enqueueWork(state: TenantState, device: TenantDevice, desired: Desired, work: Work): void {
  if (work.kind === 'remove') {
    enqueue(state.ports, device.queue, { kind: 'remove-profile', name: work.name }, 'core', work);
    return;
  }
  const profile = desired.byName.get(work.name)?.profile;
  if (profile !== undefined) enqueue(state.ports, device.queue, { kind: 'install-profile', profile }, 'core', work);
}
