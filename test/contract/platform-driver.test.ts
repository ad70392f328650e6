import { platforms } from '../../agent/index.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { openStubHarness } from './harness-stub.js';
import { type PlatformHarness, platformDriverContract } from './platform-driver.js';

/** The authority for each platform's suite. A platform of the registry that has none here fails to load this file. */
const harnesses: Partial<Record<PlatformName, () => Promise<PlatformHarness>>> = {
  ios: () => openStubHarness('ios', { disowned: 'refused', renames: 'at-once', delivers: 'each', hearsLeaving: true }),
  windows: () =>
    openStubHarness('windows', { disowned: 'told', renames: 'at-start', delivers: 'each', hearsLeaving: true }),
  android: () =>
    openStubHarness('android', {
      disowned: 'refused',
      renames: 'at-once',
      delivers: 'document',
      hearsLeaving: false,
    }),
};

for (const platform of platforms) {
  const open = harnesses[platform.name];
  if (open === undefined) throw new Error(`the contract suite has no harness for ${platform.name}`);
  platformDriverContract(platform, open);
}
