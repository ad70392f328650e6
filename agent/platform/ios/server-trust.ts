import type { Clock } from '../../../base/clock.js';
import { anchorTypes } from '../../../protocol/apple-mdm/profile/profile.js';
import type { DeviceView } from '../driver.js';
import { DeviceServerTrust, type RootSource } from '../server-trust.js';
import type { Memory } from './memory.js';
import type { InstalledProfile } from './saved.js';
import { iosServerRules } from './server-rules.js';

/** How an iOS device judges servers: iOS's rules, and the roots of its profiles. */
export class IosServerTrust extends DeviceServerTrust<Memory, readonly InstalledProfile[]> {
  constructor(device: DeviceView, clock: Clock) {
    super(iosServerRules, profiles, device, clock);
  }
}

/**
 * The certificates that profiles brought without a key. All that a device of ours holds came with its enrollment profile or by its
 * management, and those are trusted in full; one that a person installs by hand would not be (support.apple.com/HT204477).
 */
const profiles: RootSource<Memory, readonly InstalledProfile[]> = {
  heldIn: (memory) => memory.data.profiles,
  rootsOf: (installed) =>
    installed.flatMap(({ payloads, certificates }) =>
      certificates.flatMap(({ uuid, der, key }) => {
        const type = payloads.find((payload) => payload.uuid === uuid)?.type;
        return key === undefined && type !== undefined && anchorTypes.includes(type) ? [der] : [];
      }),
    ),
};
