import { platforms } from '../../agent/index.js';
import type { PlatformName } from '../../protocol/vocabulary.js';
import { openStubHarness } from './harness-stub.js';
import { type PlatformHarness, platformDriverContract } from './platform-driver.js';

const told = { delivers: 'commands', leaves: 'told' } as const;

/** The authority for each platform's suite. A platform of the registry that has none here fails to load this file. */
const harnesses: Partial<Record<PlatformName, () => Promise<PlatformHarness>>> = {
  ios: () => openStubHarness('ios', { disowned: 'refused', renames: 'at-once', ...told }),
  windows: () => openStubHarness('windows', { disowned: 'told', renames: 'at-start', ...told }),
  android: () =>
    openStubHarness('android', { disowned: 'refused', renames: 'at-once', delivers: 'document', leaves: 'silent' }),
};

for (const platform of platforms) {
  const open = harnesses[platform.name];
  if (open === undefined) throw new Error(`the contract suite has no harness for ${platform.name}`);
  platformDriverContract(platform, open);
}
