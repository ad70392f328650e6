// A tenant that begins: what its configuration says, stored as if administrators had made it.
import { assumeBms } from './bms-provisioning.js';
import { saveMeta } from './changes.js';
import { serialKey } from './comanagement-index.js';
import { assertFits } from './descriptions.js';
import { seedAdmission } from './seed-admission.js';
import type { TenantState } from './state.js';
import type { AssignedProfile, Group, TenantConfig, User } from './types.js';

/** What puts each thing in its place, and refuses what contradicts another. */
export interface Putting {
  group(group: Group): void;
  user(user: User): void;
  profile(profile: AssignedProfile): void;
}

/** Throws REQUEST_INVALID where two parts of the configuration contradict each other. */
export function seed(state: TenantState, config: TenantConfig, put: Putting): void {
  for (const group of parentsFirst(config.groups ?? [])) put.group(group);
  for (const user of config.users) put.user(user);
  for (const profile of config.profiles) put.profile(profile);
  for (const policy of config.compliance ?? []) {
    assertFits('compliance', policy);
    state.compliance.set(policy.id, policy);
    state.saver.record('compliance', policy.id, policy);
  }
  for (const entry of config.comanagement ?? []) {
    assertFits('comanagement', entry);
    state.comanagement.put(entry);
    state.saver.record('comanagement', serialKey(entry.serial), entry);
  }
  seedAdmission(state, config);
  assumeBms(state);
  seedPushCertificate(state, config);
  saveMeta(state);
}

function seedPushCertificate(state: TenantState, { authority, pushCertificate, settings }: TenantConfig): void {
  if (pushCertificate === undefined || authority === 'unknown') return;
  const { topic, expiresAt = state.ports.clock.now() + settings.pushCertificateMs } = pushCertificate;
  state.pushCertificate = { authority, expiresAt, ...(topic !== undefined && { topic }) };
}

/** In an order in which each group comes after those that it is a member of. */
export function parentsFirst(groups: readonly Group[]): Group[] {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const ordered = new Set<Group>();
  const open = [...groups].reverse();
  const begun = new Set<Group>();
  for (let group = open.pop(); group !== undefined; group = open.pop()) {
    const missing = group.groups.flatMap((id) => byId.get(id) ?? []).filter((parent) => !begun.has(parent));
    if (missing.length > 0 && !begun.has(group)) {
      begun.add(group);
      open.push(group, ...missing);
    } else {
      begun.add(group);
      ordered.add(group);
    }
  }
  return [...ordered];
}
