// The stub as a sender of pushes: what APNs would be asked to deliver, goes to our own push service at once.
import { randomUUID } from 'node:crypto';
import { encodeWake } from '../../protocol/apple-mdm/apns.js';
import type { DeviceRecord } from '../core/types.js';
import { keepMs } from '../push/service.js';
import { type IosContext, memoryOf } from './context.js';

/** Wakes iOS devices whenever the core asks for a check-in. The function returned stops it. */
export function wakeDevices({ tenant, push, clock }: Pick<IosContext, 'tenant' | 'push' | 'clock'>): () => void {
  const stop = tenant.onNotify((device) => {
    const { pushToken, pushMagic, topic } = memoryOf(device);
    if (device.platform !== 'ios' || pushToken === undefined || pushMagic === undefined) return;
    push.push({
      token: pushToken,
      id: randomUUID().toUpperCase(),
      payload: encodeWake(pushMagic).toString('utf8'),
      topic,
      expiresAt: clock.now() + keepMs,
    });
  });
  // After a restart: tokens outlive the process, as they do at APNs, and who was to be woken is woken again.
  for (const device of tenant.devices()) {
    expect(device);
    if (device.status !== 'pending' && hasReasonToCome(device)) tenant.notify(device.deviceId);
  }
  return stop;

  function expect(device: DeviceRecord): void {
    const { pushToken, topic } = memoryOf(device);
    if (pushToken !== undefined && topic !== undefined) push.expect(pushToken, topic);
  }

  function hasReasonToCome({ deviceId, managedBy, userId }: DeviceRecord): boolean {
    if (userId !== undefined && managedBy !== tenant.authority) return true; // A5: it has not moved yet
    return tenant.commands(deviceId).some(({ status }) => status !== 'done' && status !== 'failed');
  }
}

/** What an ended enrollment was given is worth nothing from now on, but for a CheckOut. The function returned stops it. */
export function forgetDevices({ tenant, ca, declarations, sessions }: IosContext): () => void {
  return tenant.onGone(({ platform, deviceId }) => {
    if (platform !== 'ios') return;
    ca.issued.revokeDevice(deviceId);
    declarations.forget(deviceId);
    sessions.delete(deviceId);
  });
}
