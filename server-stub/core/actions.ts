// What may be queued, by whom, and what the two last commands of a device's life do to it.

import { command as commandDescription } from '../../protocol/vocabulary/command.js';
import { misfit } from '../../protocol/vocabulary/misfit.js';
import type { Command } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import type { Commands } from './interfaces.js';
import { notifyDevice } from './notify.js';
import { enqueue, toQueuedCommand } from './queue.js';
import { knownDevice, type TenantState } from './state.js';
import type { QueuedCommand } from './types.js';

/** Open commands per device: beyond it an administrator is told so. */
const longestQueue = 200;

export const commands = (state: TenantState): Commands => ({
  queue: (deviceId, command, by = 'administrator') => queue(state, deviceId, command, by),
  sync(deviceId) {
    const device = knownDevice(state, deviceId);
    state.saver.requireWritable();
    device.record = { ...device.record, sync: { askedAt: state.ports.clock.now() } };
    state.saver.device(device);
    return notifyDevice(state, device, 'sync');
  },
  openCommands: (deviceId) => knownDevice(state, deviceId).queue.open.map((entry) => toQueuedCommand(deviceId, entry)),
  commands(deviceId) {
    const { queue: queued } = knownDevice(state, deviceId);
    return [...queued.open, ...queued.answered].map((entry) => toQueuedCommand(deviceId, entry));
  },
});

function queue(state: TenantState, deviceId: string, command: Command, by: 'core' | 'administrator'): QueuedCommand {
  const why = misfit(commandDescription, command);
  if (why !== undefined) throw stubError('REQUEST_INVALID', `This command cannot be queued: ${why}`);
  const device = knownDevice(state, deviceId);
  const { status } = device.record;
  if (!isEnrolled(device)) throw stubError('DEVICE_UNKNOWN', `The enrollment of ${deviceId} is not complete`);
  if (status === 'wiping' || (status === 'retiring' && command.kind !== 'wipe')) {
    throw stubError('REQUEST_INVALID', `The device is ${status}: nothing can be asked of it any more`);
  }
  if (device.queue.size >= longestQueue && command.kind !== 'wipe') {
    throw stubError('REQUEST_INVALID', `${longestQueue} commands wait for the device already`);
  }
  state.saver.requireWritable();
  if (command.kind === 'retire') startRetiring(state, device);
  if (command.kind === 'wipe') {
    device.queue.cancel(({ wasSent }) => !wasSent);
    device.record = { ...device.record, status: 'wiping' };
  }
  const entry = enqueue(state.ports, device.queue, command, by);
  state.saver.device(device);
  if (by === 'administrator') notifyDevice(state, device, 'action');
  return toQueuedCommand(deviceId, entry);
}

/** M4: what the authority installed goes before the device does. */
function startRetiring(state: TenantState, device: TenantDevice): void {
  device.queue.cancel(({ work }) => work !== undefined);
  for (const { name } of device.record.held) {
    enqueue(state.ports, device.queue, { kind: 'remove-profile', name }, 'core', { kind: 'remove', name });
  }
  device.record = { ...device.record, status: 'retiring' };
}
