import { createPorts, enrollAddress, openKeyPool } from '../../agent/index.js';
import { memoryLog, silentLog } from '../../base/log.js';
import type { Outcome, PlatformName } from '../../protocol/vocabulary.js';
import { defaultTenant } from '../../server-stub/default-tenant.js';
import { startAuthority } from '../../server-stub/index.js';
import { authorityKeys, deviceKeys } from '../support/keys.js';
import type { PlatformHarness } from './platform-driver.js';

/** One for all tests of the suite: what is judged is not how keys are made. */
const keys = openKeyPool({ ...deviceKeys(2), reuse: true, log: silentLog });

/** The stub, over real sockets, in real time, for this platform and the manners of its protocol. */
export async function openStubHarness(
  platform: PlatformName,
  manners: Pick<PlatformHarness, 'disowned' | 'renames' | 'delivers' | 'leaves'>,
): Promise<PlatformHarness> {
  const tenant = defaultTenant({ authority: 'intune', users: 1 });
  const authority = await startAuthority({ port: 0, pushPort: 0, tenant, newRsaKey: authorityKeys() });
  const user = tenant.users[0]?.upn ?? '';
  const made = await createPorts({
    log: memoryLog(),
    ca: authority.caPem,
    pushUrl: authority.pushUrl,
    keys: deviceKeys(1),
  });
  const enrollAt = (upn: string) => ({
    authority: 'contract',
    url: enrollAddress(platform, authority.url, upn),
    user: upn,
    secret: '',
  });
  const queued = new Map<string, string[]>();
  return {
    ...manners,
    ports: { ...made.ports, keys },
    invitation: () => enrollAt(user),
    badInvitation: () => enrollAt('nobody@elsewhere.example'),
    async queue(deviceId, command) {
      const { id } = authority.tenant.queue(deviceId, command);
      queued.set(deviceId, [...(queued.get(deviceId) ?? []), id]);
    },
    async outcomes(deviceId) {
      const commands = authority.tenant.commands(deviceId);
      return (queued.get(deviceId) ?? []).flatMap((id): Outcome['status'][] => {
        const outcome = commands.find((command) => command.id === id)?.outcome;
        return outcome === undefined ? [] : [outcome.status];
      });
    },
    async disown(deviceId) {
      authority.tenant.unenroll(deviceId, 'deleted');
    },
    async devices() {
      return authority.tenant.devices().map(({ deviceId }) => deviceId);
    },
    async close() {
      await made.close();
      await authority.close();
    },
  };
}
