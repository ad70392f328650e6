// How long the certificate of a device is good, and what becomes of the record of a device whose certificate has ended (M1 to M3, M5).
// Below the rules: whoever begins or ends an enrollment, or a session, asks it.
import { stubError } from '../errors.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { ofDevice } from './event-hub.js';
import type { TenantState } from './state.js';
import type { DeviceRecord, TenantSettings } from './types.js';

/**
 * How long before its end a certificate is renewed, in milliseconds. What is as long as the certificate's life would have it renewed
 * in each session: then it is half of that life (by convention).
 */
export const renewalMs = ({ renewBeforeMs, mdmCertificateMs }: TenantSettings): number =>
  renewBeforeMs < mdmCertificateMs ? renewBeforeMs : mdmCertificateMs / 2;

/**
 * When the device may check in no more. By convention a device that has no certificate counts as one that got a new one at its last
 * contact.
 */
const endOf = ({ certificateExpiresAt, lastSyncAt, enrolledAt }: DeviceRecord, settings: TenantSettings): number =>
  certificateExpiresAt ?? (lastSyncAt ?? enrolledAt) + settings.mdmCertificateMs;

/** Throws DEVICE_IDENTITY where the certificate of this device has ended (M2). */
export function requireCertificate({ ports }: Pick<TenantState, 'ports'>, { record }: TenantDevice): void {
  const { certificateExpiresAt: end } = record;
  if (end === undefined || ports.clock.now() <= end) return;
  throw stubError('DEVICE_IDENTITY', `the certificate of the device ended at ${new Date(end).toISOString()}`);
}

/** M1: whether its certificate ends so soon that it is to be renewed. */
export function isRenewalDue(
  { ports, settings }: Pick<TenantState, 'ports' | 'settings'>,
  device: TenantDevice,
): boolean {
  const { certificateExpiresAt: end } = device.record;
  const now = ports.clock.now();
  return end !== undefined && isEnrolled(device) && now >= end - renewalMs(settings) && now <= end;
}

/**
 * Waits for the end of the device's certificate, or, once that was told, for the time at which it is removed (M3). To be called after a
 * restart, too.
 */
export function awaitEnd(state: TenantState, device: TenantDevice): void {
  const end = endOf(device.record, state.settings);
  const isTold = device.record.certificateExpiresAt === undefined || device.toldEnd === end;
  const isOver = isTold && state.ports.clock.now() > end;
  state.expiries.put(device, isOver ? end + state.settings.removeAfterMs : end);
}

/**
 * The time for which the device waited has come: its certificate has ended, which is told once over all restarts, or so long ago that its
 * record goes. `remove` ends its enrollment. Throws STORE_UNWRITABLE.
 */
export function meetEnd(state: TenantState, device: TenantDevice, remove: () => void): void {
  const now = state.ports.clock.now();
  const end = endOf(device.record, state.settings);
  if (now < end) {
    state.expiries.put(device, end); // it was renewed, or came
    return;
  }
  tellEnd(state, device, end);
  const removal = end + state.settings.removeAfterMs;
  if (now < removal) {
    state.expiries.put(device, removal);
    return;
  }
  state.saver.requireWritable();
  remove();
}

function tellEnd(state: TenantState, device: TenantDevice, end: number): void {
  const { record } = device;
  if (record.certificateExpiresAt !== end || device.toldEnd === end) return;
  state.saver.requireWritable();
  device.toldEnd = end;
  state.saver.device(device);
  state.ports.log.info('CERTIFICATE_ENDED', { device: record.deviceId, platform: record.platform });
  const expiresAt = new Date(end).toISOString();
  state.events.emit({ type: 'certificate', ...ofDevice(record), state: 'expired', expiresAt });
}
