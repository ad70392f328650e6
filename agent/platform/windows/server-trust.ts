import type { Clock } from '../../../base/clock.js';
import type { DeviceView } from '../driver.js';
import { DeviceServerTrust, type RootSource } from '../server-trust.js';
import type { WindowsMemory } from './memory.js';
import type { WindowsData } from './saved.js';
import { windowsServerRules } from './server-rules.js';

type Certificates = WindowsData['certificates'];

/**
 * How a Windows device judges servers: by Schannel's rules, and by the roots that management put into the computer's store. Those in a
 * user's store do not count: the enrollment client and the OMA-DM client run as the system (convention; docs/wire/windows-sources/tls.md).
 */
export class WindowsServerTrust extends DeviceServerTrust<WindowsMemory, Certificates> {
  constructor(device: DeviceView, clock: Clock) {
    super(windowsServerRules, stores, device, clock);
  }
}

const stores: RootSource<WindowsMemory, Certificates> = {
  heldIn: ({ data }) => data.certificates,
  rootsOf: (certificates) =>
    Object.values(certificates).flatMap(({ store, scope, der }) =>
      store.toLowerCase() === 'root' && scope === 'device' ? [der] : [],
    ),
};
