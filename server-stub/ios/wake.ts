// The stub as a sender of pushes: what APNs would be asked to deliver, goes to our own push service at once.
import { randomUUID } from 'node:crypto';
import { encodeWake } from '../../protocol/apple-mdm/apns.js';
import type { DeviceRecord } from '../core/types.js';
import { keepMs } from '../push/service.js';
import { type IosContext, memoryOf } from './context.js';

/** Sends the notification that makes a device check in; nothing to one that has told no token yet. */
export function wake(device: DeviceRecord, { push, clock }: Pick<IosContext, 'push' | 'clock'>): void {
  const { pushToken, pushMagic, topic } = memoryOf(device);
  if (pushToken === undefined || pushMagic === undefined) return;
  push.push({
    token: pushToken,
    id: randomUUID().toUpperCase(),
    payload: encodeWake(pushMagic).toString('utf8'),
    topic,
    expiresAt: clock.now() + keepMs,
  });
}

/** After a restart: tokens outlive the process, as they do at APNs. */
export function expectToken(device: DeviceRecord, { push }: Pick<IosContext, 'push'>): void {
  const { pushToken, topic } = memoryOf(device);
  if (pushToken !== undefined && topic !== undefined) push.expect(pushToken, topic);
}
