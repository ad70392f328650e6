// The stub as a sender of pushes: what APNs would be asked to deliver, goes to our own push service at once.
import { randomUUID } from 'node:crypto';
import { encodeWake } from '../../protocol/apple-mdm/apns.js';
import type { Woken } from '../core/push-types.js';
import type { DeviceRecord } from '../core/types.js';
import { keepMs } from '../push/service.js';
import { type IosContext, memoryOf, topicOf } from './context.js';

/**
 * Sends the notification that makes a device check in; nothing to one that has told no token yet. It is sent as APNs is asked
 * to: with the topic of the push certificate as it is now. A device listens under the topic that it enrolled with for as long as
 * it is enrolled, so that a certificate of another topic reaches none of those that were there before it.
 */
export function wake(device: DeviceRecord, { push, clock, tenant, log }: WakeContext): Woken {
  const { pushToken, pushMagic, topic } = memoryOf(device);
  if (pushToken === undefined || pushMagic === undefined) return { result: 'refused', reason: 'It has told no token.' };
  const sent = push.push({
    token: pushToken,
    id: randomUUID().toUpperCase(),
    payload: encodeWake(pushMagic).toString('utf8'),
    topic: topicOf(tenant),
    expiresAt: clock.now() + keepMs,
  });
  if (!sent.ok && topic !== topicOf(tenant))
    log.warn('PUSH_REFUSED', { deviceId: device.deviceId, reason: sent.reason, enrolledWith: topic });
  return sent.ok ? { result: 'sent' } : { result: 'refused', reason: sent.reason };
}

type WakeContext = Pick<IosContext, 'push' | 'clock' | 'tenant' | 'log'>;

/** How many enrolled devices the present push certificate does not reach: they must enroll again. */
export function countUnreached(tenant: IosContext['tenant']): number {
  const topic = topicOf(tenant);
  let count = 0;
  for (const device of tenant.eachDevice()) {
    if (device.platform !== 'ios') continue;
    const own = device.dialect['topic'];
    if (typeof own === 'string' && own !== topic) count++;
  }
  return count;
}

/** After a restart: tokens outlive the process, as they do at APNs. */
export function expectToken(device: DeviceRecord, { push }: Pick<IosContext, 'push'>): void {
  const { pushToken, topic } = memoryOf(device);
  if (pushToken !== undefined && topic !== undefined) push.expect(pushToken, topic);
}
