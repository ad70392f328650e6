// A26: what support does for devices without a user, which no change moves.
import type { Authority } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { notifyOfChange } from './change-notifications.js';
import { addChange } from './changes.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import type { Support } from './interfaces.js';
import type { TenantState } from './state.js';

export const support = (state: TenantState): Support => ({
  moveUserless: (ids, by) => moveUserless(state, ids, by),
});

/** Devices that may be named at once. */
const mostAtOnce = 1000;

function moveUserless(state: TenantState, ids: readonly string[], by: string): readonly number[] {
  if (ids.length === 0) throw stubError('REQUEST_INVALID', 'No device is named');
  if (ids.length > mostAtOnce) throw stubError('REQUEST_INVALID', `${mostAtOnce} devices can be named at once`);
  const devices = [...new Set(ids)].map((id) => userless(state, id));
  state.saver.requireWritable();
  const byAuthority = new Map<Authority, TenantDevice[]>();
  for (const device of devices) {
    const { managedBy } = device.record;
    byAuthority.set(managedBy, [...(byAuthority.get(managedBy) ?? []), device]);
  }
  return [...byAuthority].map(([from, some]) => move(state, from, some, by));
}

/** In their next session, with the effect of a change of the authority (A6, A8). */
function move(state: TenantState, from: Authority, devices: readonly TenantDevice[], by: string): number {
  for (const device of devices) {
    device.isToMove = true;
    state.saver.device(device);
  }
  addChange(state, {
    at: state.ports.clock.now(),
    by,
    cause: 'support',
    from,
    to: state.authority,
    concerns: { devices: devices.map(({ record }) => record.id) },
    lastSequence: state.index.order.last,
    enrolled: devices.length,
    toNotify: devices.length,
  });
  notifyOfChange(state, state.changes.length - 1);
  return state.changes.length;
}

/** By the stub's own id, or the platform's. */
function userless(state: TenantState, id: string): TenantDevice {
  const device = state.index.byRecordId.get(id) ?? state.devices.get(id);
  if (device === undefined || !isEnrolled(device)) throw stubError('NOT_FOUND', `No device ${id} is enrolled here`);
  const { userId, managedBy } = device.record;
  if (userId !== undefined) throw stubError('REQUEST_INVALID', `The device ${id} has a user, with whom it moves`);
  if (managedBy === state.authority) {
    throw stubError('REQUEST_INVALID', `The device ${id} is managed by ${managedBy} already`);
  }
  if (device.isToMove === true)
    throw stubError('REQUEST_INVALID', `The device ${id} moves in its next session already`);
  return device;
}
