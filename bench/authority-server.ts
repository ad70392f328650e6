// The server process of the authority bench: a stub whose tenant has DEVICES devices in its data folder, made by a generator straight at
// the tenant; then the stub is closed, and opened again as it would be after a restart. argv: FOLDER DEVICES GROUPS POLICIES.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { silentLog } from '../base/log.js';
import type { Profile } from '../protocol/vocabulary.js';
import type { AssignedProfile, Group, TenantConfig, User } from '../server-stub/core/types.js';
import { defaultTenant } from '../server-stub/default-tenant.js';
import { type AuthorityOptions, type RunningAuthority, startAuthority } from '../server-stub/index.js';
import {
  type AuthorityShape,
  type FromAuthority,
  numberOf,
  platformsInTurn,
  type ToAuthority,
} from './authority-messages.js';
import { cpuSeconds } from './cpu.js';

const [folder = '', devices, groups, policies] = process.argv.slice(2);
const shape: AuthorityShape = { devices: Number(devices), groups: Number(groups), policies: Number(policies) };
const tell = (message: FromAuthority) => process.send?.(message);
process.on('disconnect', () => process.exit());

const options: AuthorityOptions = { dataFolder: folder, tenant: tenantOf(shape), log: silentLog };
const first = await startAuthority(options);
await generate(first, shape.devices);
await first.close();

const delays = monitorEventLoopDelay({ resolution: 5 });
delays.enable();
const began = performance.now();
const cpuBefore = cpuSeconds();
const authority = await startAuthority(options);
const ready = {
  openSeconds: (performance.now() - began) / 1000,
  openCpuSeconds: cpuSeconds() - cpuBefore,
};
process.on('message', (_: ToAuthority) => {
  tell({ type: 'cpu', seconds: cpuSeconds(), longestPauseMs: delays.max / 1e6 });
  delays.reset();
});
tell({
  type: 'ready',
  url: authority.url,
  ca: authority.caPem,
  token: authority.adminTokens.administrator,
  organization: authority.tenant.id,
  ...ready,
});

/** A user for every three devices, all in `Everybody` (10,000 of them in `Many` too) and one of the other groups. */
function tenantOf({ devices, groups, policies }: AuthorityShape): TenantConfig {
  const base = defaultTenant({ authority: 'office365' });
  const others: Group[] = Array.from({ length: groups }, (_, index) => group(`g${index}`));
  const users: User[] = Array.from({ length: Math.ceil(devices / 3) }, (_, index) => ({
    id: `user-${index}`,
    upn: `user${index}@contoso.example`,
    displayName: `User ${index}`,
    products: ['SPB'],
    groups: [...(index < 10_000 ? ['many'] : []), ...(groups === 0 ? [] : [`g${index % groups}`])],
  }));
  const more: AssignedProfile[] = Array.from({ length: policies }, (_, index) => ({
    id: `policy-${index}`,
    authority: index % 2 === 0 ? 'office365' : 'intune',
    profile: wifi(`Network ${index}`),
    assignment: { to: { users: [], groups: [`g${index % Math.max(1, groups)}`] }, except: [] },
  }));
  return {
    ...base,
    users,
    groups: [group('many'), ...others],
    profiles: [...base.profiles.filter(({ profile }) => profile.kind !== 'certificate'), ...more],
  };
}

function group(id: string): Group {
  return { id, displayName: id, groups: [], products: [] };
}

function wifi(name: string): Profile {
  return {
    kind: 'wifi',
    name,
    ssid: name,
    hidden: false,
    autoJoin: true,
    security: 'wpa2',
    passphrase: 'correct horse',
  };
}

/** Devices of the three platforms in turn, enrolled and with all that they are to hold. */
async function generate({ tenant, url }: RunningAuthority, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const platform = platformsInTurn[index % 3] ?? 'android';
    const deviceId = platform === 'android' ? numberOf(index) : `D${index}`;
    tenant.enroll({ platform, deviceId, serial: `S${index}`, userId: `user-${Math.floor(index / 3)}` });
    if (platform === 'android') tenant.setDialect(deviceId, { origin: url });
    tenant.confirm(deviceId);
    if (platform === 'android')
      for (const id of idsOf(tenant, deviceId)) tenant.report(deviceId, id, { status: 'done' });
    else {
      tenant.openSession(deviceId);
      for (let next = tenant.next(deviceId); next !== undefined; next = tenant.next(deviceId))
        tenant.report(deviceId, next.id, { status: 'done' });
    }
    if (index % 100 === 0) await new Promise(setImmediate); // what was changed is written meanwhile
  }
}

function idsOf(tenant: RunningAuthority['tenant'], deviceId: string): readonly string[] {
  const { items, removals, commands } = tenant.openDocument(deviceId);
  return [
    ...items.flatMap(({ commandIds = [] }) => commandIds),
    ...removals.map(({ commandId }) => commandId),
    ...commands.map(({ id }) => id),
  ];
}
