// Co-management with ConfigMgr (C6, C8, C11): who may be co-managed, and what a change of the workloads sets going.
import { stubError } from '../errors.js';
import { notifyOfChange } from './change-notifications.js';
import { addChange, fixMissedOf } from './changes.js';
import { serialKey } from './comanagement-index.js';
import type { Comanagement, Workload } from './comanagement-types.js';
import { assertFits } from './descriptions.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { managerOfUser } from './governed.js';
import type { Comanagements } from './interfaces.js';
import { notifyDevice } from './notify.js';
import type { TenantState } from './state.js';
import { traitsOf } from './traits.js';
import type { User } from './types.js';

export const comanagements = (state: TenantState): Comanagements => ({
  comanagement: () => state.comanagement.list(),
  putComanagement: (entry, by) => putComanagement(state, entry, by),
  removeComanagement: (serial, by) => removeComanagement(state, serial, by),
  comanage: (deviceId, upn, workloads, by) => comanage(state, deviceId, upn, workloads, by),
});

/** As ConfigMgr's administrator does it: for a PC that is here, or for one that will come. */
function putComanagement(state: TenantState, entry: Comanagement, by: string): void {
  assertFits('comanagement', entry);
  const user = state.directory.find(entry.userId);
  if (user === undefined) throw stubError('REQUEST_INVALID', `No user has the id ${entry.userId}`);
  state.saver.requireWritable();
  const former = state.comanagement.find(entry.serial);
  const users = former === undefined ? [user] : distinct([user, state.directory.find(former.userId)]);
  change(state, users, by, () => {
    state.comanagement.put(entry);
    state.saver.record('comanagement', serialKey(entry.serial), entry);
  });
}

function removeComanagement(state: TenantState, serial: string, by: string): void {
  const former = state.comanagement.find(serial);
  if (former === undefined) return;
  state.saver.requireWritable();
  change(state, distinct([state.directory.find(former.userId)]), by, () => {
    state.comanagement.remove(serial);
    state.saver.record('comanagement', serialKey(serial), undefined);
  });
}

/** C11: a PC that is enrolled; its record gets the user, and the flags that changed start a session at once (C6). */
function comanage(
  state: TenantState,
  deviceId: string,
  upn: string,
  workloads: readonly Workload[],
  by: string,
): Comanagement {
  const device = state.devices.get(deviceId);
  if (device === undefined || !isEnrolled(device)) {
    throw stubError('DEVICE_UNKNOWN', `No device ${deviceId} is enrolled here`);
  }
  const { platform, serial, userId } = device.record;
  if (traitsOf(state.ports.traits, platform).canBeComanaged !== true) {
    throw stubError('REQUEST_INVALID', `Only PCs can be co-managed, and ${deviceId} is none`);
  }
  if (serial === '') throw stubError('REQUEST_INVALID', `The device ${deviceId} has told no serial number`);
  const user = state.directory.find(upn);
  if (user === undefined) throw stubError('REQUEST_INVALID', `No user is called ${upn}`);
  if (userId !== undefined && userId !== user.id) {
    throw stubError('REQUEST_INVALID', 'The device is enrolled by another user');
  }
  const before = state.comanagement.find(serial);
  const entry: Comanagement = { userId: user.id, serial, workloads: [...new Set(workloads)] };
  assertFits('comanagement', entry);
  state.saver.requireWritable();
  bind(state, device, user);
  const changes = state.changes.length;
  putComanagement(state, entry, by);
  const isAsked = state.changes.length > changes; // with all of its user's devices, which move (C8)
  const isSame = before !== undefined && sameWorkloads(before.workloads, entry.workloads);
  if (!isSame && !isAsked) notifyDevice(state, device, 'workload');
  return entry;
}

const sameWorkloads = (one: readonly Workload[], other: readonly Workload[]): boolean =>
  one.length === other.length && one.every((workload) => other.includes(workload));

/** The record gets the user whom ConfigMgr names, and is a co-managed device's from now on. */
function bind(state: TenantState, device: TenantDevice, user: User): void {
  const { userId, enrollmentType } = device.record;
  if (userId === user.id && enrollmentType === 'comanaged') return;
  if (userId === undefined) fixMissedOf(state, device);
  state.index.drop(device);
  device.record = { ...device.record, userId: user.id, enrollmentType: 'comanaged' };
  state.index.add(device);
  state.saver.device(device);
}

const distinct = (users: readonly (User | undefined)[]): readonly User[] => [
  ...new Map(users.flatMap((user) => (user === undefined ? [] : [[user.id, user] as const]))).values(),
];

/** Whoever is managed by another authority by this moves (C8), with all devices, and is notified. */
function change(state: TenantState, users: readonly User[], by: string, apply: () => void): void {
  const before = users.map(({ id }) => managerOfUser(state, id));
  apply();
  for (const [index, { id }] of users.entries()) {
    const [from, to] = [before[index] ?? 'unknown', managerOfUser(state, id)];
    if (from === to) continue;
    const devices = [...(state.index.byUser.get(id) ?? [])].filter(isEnrolled);
    addChange(state, {
      at: state.ports.clock.now(),
      by,
      cause: 'comanagement',
      from,
      to,
      concerns: { users: [id] },
      lastSequence: state.index.order.last,
      enrolled: devices.length,
      toNotify: devices.length,
    });
    notifyOfChange(state, state.changes.length - 1);
  }
}
