import type { Clock } from '../../../base/clock.js';
import type { DeviceState } from '../../model/state.js';
import type { DeviceView } from '../driver.js';
import { DeviceServerTrust } from '../server-trust.js';
import { androidServerRules } from './server-rules.js';

type Holdings = DeviceState['holdings'];

/**
 * How an Android device judges servers for the launcher: by Android's rules, and by the CA certificates that were installed on it, by
 * the QR code or by the configuration, for the launcher trusts those as it trusts the system's.
 */
export class AndroidServerTrust extends DeviceServerTrust<DeviceView, Holdings> {
  constructor(device: DeviceView, clock: Clock) {
    super(androidServerRules, installed, device, clock);
    this.follow(device);
  }
}

const installed = {
  heldIn: ({ state }: DeviceView): Holdings => state.holdings,
  rootsOf: (holdings: Holdings): readonly Uint8Array[] =>
    holdings.flatMap(({ profile }) =>
      profile.kind === 'certificate' && profile.role !== 'identity' && profile.source.type === 'der'
        ? [profile.source.der]
        : [],
    ),
};
