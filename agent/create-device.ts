import { type PlatformName, platformNames } from '../protocol/vocabulary.js';
import { createDeviceOf } from './device.js';
import type { Device, DeviceOptions } from './device-types.js';
import { agentError } from './errors.js';
import type { DeviceState } from './model/state.js';
import type { Platform } from './platform/driver.js';
import * as registry from './platform/registry.js';

const byName = new Map<string, Platform>(Object.values(registry).map((platform) => [platform.name, platform]));

/** The platforms that can be emulated. */
export const platforms: readonly Platform[] = [...byName.values()];
/** Names of the platforms that can be emulated. */
export const emulated: readonly PlatformName[] = platformNames.filter((name) => byName.has(name));

/**
 * Where a device of this platform enrolls at a server of ours; other servers name their own address.
 *
 * @example
 * enrollAddress('ios', 'https://localhost:8443', 'user1@contoso.example'); // https://localhost:8443/enroll/ios?user=user1%40...
 */
export function enrollAddress(platform: PlatformName, origin: string, user?: string): string {
  const path = byName.get(platform)?.enrollPath?.(user);
  const query = user === undefined ? '' : `?user=${encodeURIComponent(user)}`;
  return origin + (path ?? `/enroll/${platform}${query}`);
}

/**
 * The number that its server knows a device by, where its platform has such (Android) and it is enrolled.
 *
 * @example
 * numberOf(device.state); // h0001
 */
export function numberOf({ facts, link }: Pick<DeviceState, 'facts' | 'link'>): string | undefined {
  return link && byName.get(facts.platform)?.enrolledAs?.(link.data);
}

/**
 * A device of `options.platform`: a new one, or the one that `options.state` remembers. Nothing is sent before it is told to.
 * Throws STATE_CORRUPT where the state is another platform's, or the platform cannot be emulated.
 *
 * @example
 * const { ports, close } = await createPorts({ ca: authority.caPem, pushUrl: authority.pushUrl });
 * const device = createDevice({ platform: 'ios', ports });
 * await device.enroll({ authority: 'stub', url: `${authority.url}/enroll/ios?user=user1@contoso.example` });
 * await device.checkIn();
 * await device.close();
 * await close();
 */
export function createDevice(options: DeviceOptions): Device {
  const platform = byName.get(options.platform);
  if (platform === undefined)
    throw agentError('STATE_CORRUPT', `no device of platform "${options.platform}" can be emulated`, {
      hint: `Choose one of ${emulated.join(', ')}.`,
    });
  return createDeviceOf(platform, options);
}
