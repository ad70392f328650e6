// The law of absent devices: each is pushed to twice while it is away, and each handles both, once, in order.
import { expect } from 'vitest';
import type { PushBroker } from '../../../server-stub/mqtt/index.js';
import { type Handled, rawDevices } from './raw-devices.js';
import { until } from './stage.js';

const texts = ['{messageType: "reboot"}', '{messageType: "configUpdated"}'];

export async function deliversTwoPushesToEach(count: number, broker: PushBroker, port: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => `h${String(n).padStart(4, '0')}`);
  const handled: Handled = new Map();
  const before = await rawDevices(port, numbers, handled);
  await Promise.all(before.map((device) => device.leave()));
  for (const topic of numbers) for (const text of texts) broker.publish(topic, text);
  if (broker.port === undefined) await until(() => broker.figures().confirmed === 2 * count); // at the other broker
  const after = await rawDevices(port, numbers, handled, 2);
  expect(after.filter(({ sessionPresent }) => !sessionPresent)).toEqual([]);
  const total = () => [...handled.values()].reduce((sum, each) => sum + each.length, 0);
  await until(() => total() >= 2 * count && broker.figures().confirmed === 2 * count);
  const isWhole = (number: string) => JSON.stringify(handled.get(number)) === JSON.stringify(texts);
  expect(numbers.filter((number) => !isWhole(number))).toEqual([]);
  // Nothing is left that would come again.
  await Promise.all(after.map((device) => device.leave()));
  const again = await rawDevices(port, numbers.slice(0, 100), handled);
  await Promise.all(again.map((device) => device.leave()));
  expect(total()).toBe(2 * count);
}
