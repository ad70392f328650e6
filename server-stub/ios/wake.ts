// The stub as a sender of pushes: what APNs would be asked to deliver, goes to our own push service at once.
import { randomUUID } from 'node:crypto';
import { encodeWake } from '../../protocol/apple-mdm/apns.js';
import type { DeviceRecord } from '../core/types.js';
import { keepMs } from '../push/service.js';
import { type IosContext, memoryOf } from './context.js';

/** Wakes iOS devices whenever the core asks for a check-in. The function returned stops it. */
export function wakeDevices({ tenant, push, clock }: Pick<IosContext, 'tenant' | 'push' | 'clock'>): () => void {
  // Tokens outlive the process, as they do at APNs.
  for (const device of tenant.devices()) expect(device);
  return tenant.onNotify((device) => {
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

  function expect(device: DeviceRecord): void {
    const { pushToken, topic } = memoryOf(device);
    if (pushToken !== undefined && topic !== undefined) push.expect(pushToken, topic);
  }
}
