import { type PlatformName, platformNames } from '../protocol/vocabulary.js';
import { createDeviceOf } from './device.js';
import type { Device, DeviceOptions } from './device-types.js';
import { agentError } from './errors.js';
import type { Platform } from './platform/driver.js';
import * as registry from './platform/registry.js';

const byName = new Map<string, Platform>(Object.values(registry).map((platform) => [platform.name, platform]));

/** The platforms that can be emulated. */
export const platforms: readonly Platform[] = [...byName.values()];
export const emulated: readonly PlatformName[] = platformNames.filter((name) => byName.has(name));

/** A device of `options.platform`: a new one, or the one that `options.state` remembers. */
export function createDevice(options: DeviceOptions): Device {
  const platform = byName.get(options.platform);
  if (platform === undefined)
    throw agentError('STATE_CORRUPT', `no device of platform "${options.platform}" can be emulated`, {
      hint: `Choose one of ${emulated.join(', ')}.`,
    });
  return createDeviceOf(platform, options);
}
