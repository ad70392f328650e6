// One check-in of a device that is told command by command, in which order (A6, A8, A9).
import { isEnrolled } from './device-state.js';
import { forDevice } from './for-device.js';
import type { Sessions } from './interfaces.js';
import { requireRenewal } from './push-certificate.js';
import { toQueuedCommand } from './queue.js';
import { openSession, requireCheckIn } from './session-opening.js';
import type { TenantState } from './state.js';
import type { QueuedCommand } from './types.js';

export const sessions = (state: TenantState): Sessions => ({
  openSession: (deviceId) => openSession(state, deviceId),
  requireCheckIn: (deviceId) => void requireCheckIn(state, deviceId),
  next: (deviceId) => next(state, deviceId),
});

function next(state: TenantState, deviceId: string): QueuedCommand | undefined {
  const device = state.devices.get(deviceId);
  if (device === undefined || !isEnrolled(device)) return undefined;
  requireRenewal(state, device);
  if (device.queue.hasNext) state.saver.requireWritable();
  const entry = device.queue.next();
  if (entry === undefined) return undefined;
  state.saver.device(device);
  const { command } = entry;
  if (command.kind !== 'install-profile') return toQueuedCommand(deviceId, entry);
  return toQueuedCommand(deviceId, entry, { ...command, profile: forDevice(state, device, command.profile) });
}
