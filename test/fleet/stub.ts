import { onTestFinished } from 'vitest';
import { createPorts, type OpenPorts } from '../../agent/index.js';
import { silentLog } from '../../base/log.js';
import type { Target } from '../../fleet/engine/target.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { type RunningAuthority, startAuthority, type TenantConfig } from '../../server-stub/index.js';
import { authorityKeys, deviceKeys } from '../support/keys.js';

/** Whose device this is, of three users. */
export const userOf = (index: number): string => `user${(index % 3) + 1}@contoso.example`;

/** A stub authority in this process, under office365 where no other tenant is given, as a run's target. Closed when the test ends. */
export async function openTarget(
  users = 3,
  tenant: TenantConfig = defaultTenant({ authority: 'office365', users }),
): Promise<{ authority: RunningAuthority; target: Target }> {
  const authority = await startAuthority({
    tenant,
    ios: { signingSkewMs: 3_650 * 86_400_000 }, // of clocks that a test lets run fast
    newRsaKey: authorityKeys(),
  });
  onTestFinished(() => authority.close());
  return {
    authority,
    target: {
      url: authority.url,
      pushUrl: authority.pushUrl,
      ca: authority.caPem,
      adminToken: authority.adminTokens.administrator,
      places: [authority.url],
      invitations: {},
      secrets: {},
      hasClock: false,
      isEmbedded: false,
      close: async () => undefined,
    },
  };
}

/** The devices' ports for that target, with two shared keys. */
export async function openPorts(target: Target): Promise<OpenPorts> {
  const made = await createPorts({
    log: silentLog,
    keys: deviceKeys(2),
    ...(target.ca === undefined ? {} : { ca: target.ca }),
    ...(target.pushUrl === undefined ? {} : { pushUrl: target.pushUrl }),
  });
  onTestFinished(() => made.close());
  return made;
}
