// The tenant as one thing: told as a configuration, and replaced by another one, whole or not at all.
import { stubError } from '../errors.js';
import { applyAdmission, assertAdmissionFits } from './admission-replacement.js';
import { notifyAssigned } from './assignment-walk.js';
import { excludeFromBms } from './bms-excluded.js';
import { assumeBms } from './bms-provisioning.js';
import { addChange, saveMeta } from './changes.js';
import { serialKey } from './comanagement-index.js';
import { assertFits } from './descriptions.js';
import type { Difference } from './difference.js';
import type { WholeTenant } from './interfaces.js';
import { changedKeys, obstaclesTo, type Replacement, replacementOf } from './replacement.js';
import { parentsFirst } from './seed.js';
import { completed } from './seed-admission.js';
import { membershipChanged, type TenantState } from './state.js';
import { configOf } from './tenant-config.js';
import type { TenantConfig } from './types.js';

export const wholeTenant = (state: TenantState): Omit<WholeTenant, 'ignoredConfig'> => ({
  config: () => configOf(state),
  replace: (config, by) => replace(state, config, by),
});

function replace(state: TenantState, given: TenantConfig, by: string): readonly string[] {
  const config = completed(state, given);
  const replacement = replacementOf(completed(state, configOf(state)), config);
  const changed = changedKeys(replacement);
  if (changed.length === 0) {
    if (given.digest !== undefined && given.digest !== state.digest) {
      state.saver.requireWritable();
      state.digest = given.digest;
      saveMeta(state);
    }
    return [];
  }
  const problems = obstaclesTo(state, replacement, config);
  if (problems.length > 0) {
    const shown = problems.slice(0, 20).map(({ path, message }) => `${path}: ${message}`);
    throw stubError('CONFLICT', `The tenant cannot become this, and was not changed: ${shown.join('; ')}`, {
      details: { problems },
    });
  }
  for (const user of replacement.users.put) assertFits('user', user);
  for (const group of replacement.groups.put) assertFits('group', group);
  for (const profile of replacement.profiles.put) assertFits('profile', profile);
  for (const policy of replacement.compliance.put) assertFits('compliance', policy);
  for (const entry of config.comanagement ?? []) assertFits('comanagement', entry);
  assertAdmissionFits(replacement.admission);
  state.saver.requireWritable();
  applyOrganization(state, replacement, config, by);
  applyPeople(state, replacement, config);
  if (replacement.comanagement) applyComanagement(state, config);
  applyPolicies(state, replacement);
  applyAdmission(state, replacement.admission, config, by);
  if (replacement.admission.bms) {
    excludeFromBms(state, [...new Set(config.bmsExclusions)]);
  }
  state.digest = given.digest ?? state.digest;
  saveMeta(state);
  state.ports.log.info('TENANT_REPLACED', { by, changed: changed.join(' ') });
  return changed;
}

function applyOrganization(state: TenantState, replacement: Replacement, config: TenantConfig, by: string): void {
  if (replacement.organization.length > 0 || replacement.admission.settings) {
    const { id, displayName, domain, settings } = config;
    const { enrollmentMs, checkInEveryMs } = state.settings;
    Object.assign(state, { id, displayName, domain, settings, isReplaced: true });
    if (settings.checkInEveryMs !== checkInEveryMs) state.schedule.intervalChanged();
    if (settings.enrollmentMs !== enrollmentMs) {
      state.enrolling.intervalChanged();
      state.admission.attempts.timeChanged();
    }
  }
  if (replacement.licences) {
    state.licences.clear();
    for (const [sku, bought] of Object.entries(config.licences ?? {})) state.licences.set(sku, bought);
  }
  if (replacement.authority.length > 0) applyAuthority(state, config, by);
  if (replacement.pushCertificate || replacement.authority.length > 0) applyCertificate(state, config);
}

/** No device is enrolled then: the history has a change that concerned nobody. */
function applyAuthority(state: TenantState, { authority: to, coexistence = false }: TenantConfig, by: string): void {
  const from = state.authority;
  const cause = coexistence && !state.coexistence ? 'coexistence' : 'authority';
  state.authority = to;
  state.coexistence = coexistence;
  assumeBms(state); // a file's office365 is ready at once
  const { last: lastSequence } = state.index.order;
  const at = state.ports.clock.now();
  addChange(state, { at, by, cause, from, to, concerns: 'all', lastSequence, enrolled: 0, toNotify: 0 });
}

function applyCertificate(state: TenantState, { authority, pushCertificate, settings }: TenantConfig): void {
  if (pushCertificate === undefined || authority === 'unknown') {
    state.pushCertificate = undefined;
    return;
  }
  const { topic, expiresAt = state.ports.clock.now() + settings.pushCertificateMs } = pushCertificate;
  state.pushCertificate = { authority, expiresAt, ...(topic !== undefined && { topic }) };
}

/** Users are taken out before any is put in: names may change places. */
function applyPeople(state: TenantState, { users, groups }: Replacement, next: TenantConfig): void {
  const { directory, saver } = state;
  const [usersChanged, groupsChanged] = [users, groups].map(({ removed, put }) => removed.length + put.length > 0);
  if (!usersChanged && !groupsChanged) return;
  for (const { id } of [...users.removed, ...users.put]) directory.remove(id);
  for (const { id } of users.removed) saver.record('user', id, undefined);
  const changed = new Set<unknown>(groups.put);
  for (const { id } of groups.removed) {
    directory.removeGroup(id);
    saver.record('group', id, undefined);
  }
  for (const group of parentsFirst(next.groups ?? []).filter((each) => changed.has(each))) {
    directory.putGroup(group);
    saver.record('group', group.id, group);
  }
  for (const user of users.put) {
    directory.put(user);
    saver.record('user', user.id, user);
  }
  membershipChanged(state);
}

function applyComanagement({ comanagement, saver }: TenantState, next: TenantConfig): void {
  for (const { serial } of comanagement.list()) {
    comanagement.remove(serial);
    saver.record('comanagement', serialKey(serial), undefined);
  }
  for (const entry of next.comanagement ?? []) {
    comanagement.put(entry);
    saver.record('comanagement', serialKey(entry.serial), entry);
  }
}

/** Devices to which one of them is assigned, before or now, are asked to check in. */
function applyPolicies(state: TenantState, { profiles, compliance }: Replacement): void {
  const apply = <T extends Parameters<typeof notifyAssigned>[1] & object>(
    table: 'profile' | 'compliance',
    all: Map<string, T>,
    { removed, put }: Difference<T>,
  ) => {
    const before = new Map(all);
    for (const { id } of removed) {
      all.delete(id);
      state.saver.record(table, id, undefined);
    }
    for (const each of put) {
      all.set(each.id, each);
      state.saver.record(table, each.id, each);
    }
    state.desired.profilesChanged();
    state.applicable.policiesChanged();
    for (const each of removed) notifyAssigned(state, before.get(each.id), undefined);
    for (const each of put) notifyAssigned(state, before.get(each.id), each);
  };
  apply('profile', state.profiles, profiles);
  apply('compliance', state.compliance, compliance);
}
