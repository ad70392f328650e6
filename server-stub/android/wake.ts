// Pushes: each goes both ways, and the device listens where its configuration tells it to.
import { writePushText } from '../../protocol/headwind/push-text.js';
import type { DeviceRecord } from '../core/types.js';
import type { PushBroker } from '../mqtt/index.js';
import type { AndroidContext } from './context.js';
import { memoryOf, numberOf } from './memory.js';
import type { Push } from './pushes.js';

/** Into the poll queue and to the broker, under the number by which the device goes until a renumbering is complete. */
export function push(
  device: DeviceRecord,
  message: Push,
  { pushes, broker }: Pick<AndroidContext, 'pushes' | 'broker'>,
): void {
  pushes.add(device.deviceId, message);
  broker.publish(topicOf(device), writePushText(message.messageType, message.payload));
}

export const topicOf = (device: DeviceRecord): string => memoryOf(device).oldNumber ?? numberOf(device);

/** Where MQTT is spoken: devices take the host of the server for it. */
export const portOf = ({ port, url }: Pick<PushBroker, 'port' | 'url'>): number =>
  port ?? Number(new URL(url).port || 1883);

/** What makes a device fetch its configuration. */
export const configUpdated: Push = { messageType: 'configUpdated' };
