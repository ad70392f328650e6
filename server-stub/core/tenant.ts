// The check-in core's door: one tenant, its rules put together. Each method is atomic; a refusal changes nothing but the record of it.

import { misfit } from '../../protocol/vocabulary/misfit.js';
import { stubError } from '../errors.js';
import { queue } from './actions.js';
import { changes, renewPushCertificate, saveMeta, setAuthority } from './authority.js';
import { Directory } from './directory.js';
import { admit, confirm, enroll, knownDevice, unenroll } from './enrollment.js';
import { resource } from './grace.js';
import { notifyDevice } from './notify.js';
import type { Persistence, Table } from './persistence.js';
import { shareAPlatform } from './platforms.js';
import { toQueuedCommand } from './queue.js';
import { restore } from './restore.js';
import { Saver } from './saver.js';
import { next, openSession, report, requireCheckIn } from './session.js';
import { emptyState, type TenantState } from './state.js';
import { descriptions } from './stored.js';
import { Timeouts } from './timeouts.js';
import type { AssignedProfile, Tenant, TenantConfig, TenantPorts, User } from './types.js';

/** Profiles a tenant may have: each session's first comparison goes over them. */
const mostProfiles = 1000;

/**
 * Starts from what `persistence` holds, or else from `config`. Throws DATA_CORRUPT when that cannot be read, REQUEST_INVALID
 * when two users or two profiles of the configuration contradict each other.
 */
export function createTenant(config: TenantConfig, ports: TenantPorts, persistence?: Persistence): Tenant {
  const schedule = new Timeouts(ports.clock, config.settings.checkInEveryMs, (deviceId) => {
    const device = state.devices.get(deviceId);
    if (device !== undefined) notifyDevice(state, device); // A7
  });
  const enrolling = new Timeouts(ports.clock, config.settings.enrollmentMs, (deviceId) =>
    unenroll(state, deviceId, 'abandoned'),
  );
  const directory = new Directory();
  const saver = new Saver(persistence, ports.log, () => state.devices.values());
  const state = emptyState(config, ports, { schedule, enrolling, saver, directory }, () => isWhole(persistence));
  try {
    if (persistence === undefined || !restore(state, persistence)) seed(state, config);
  } catch (error) {
    schedule.stop();
    enrolling.stop();
    void persistence?.close(); // nobody else will: there is no tenant
    throw error;
  }

  return {
    id: state.id,
    displayName: state.displayName,
    settings: state.settings,
    get authority() {
      return state.authority;
    },
    setAuthority: (to, by) => setAuthority(state, to, by),
    changes: () => changes(state),
    renewPushCertificate: (by, certificate) => renewPushCertificate(state, by, certificate),
    pushCertificate: () => state.pushCertificate,

    users: () => state.directory.list(),
    user: (idOrUpn) => state.directory.find(idOrUpn),
    putUser: (user) => putUser(state, user),
    removeUser(id) {
      if (state.directory.remove(id)) state.saver.record('user', id, undefined);
    },

    profiles: () => [...state.profiles.values()],
    putProfile: (profile) => putProfile(state, profile),
    removeProfile(id) {
      if (!state.profiles.delete(id)) return;
      state.desired.profilesChanged();
      state.saver.record('profile', id, undefined);
    },

    admit: (platform, upn, deviceId) => admit(state, platform, upn, deviceId),
    enroll: (request) => enroll(state, request),
    confirm: (deviceId) => confirm(state, deviceId),
    unenroll: (deviceId, why) => unenroll(state, deviceId, why),
    failures: () => state.failures.list(),

    device: (deviceId) => state.devices.get(deviceId)?.record,
    deviceByRecordId: (id) => state.index.byRecordId.get(id)?.record,
    devices: () => [...state.devices.values()].map(({ record }) => record),
    devicesOf: (userId) => [...(state.index.byUser.get(userId) ?? [])].map(({ record }) => record),
    *eachDevice(afterSequence = Number.NEGATIVE_INFINITY) {
      for (const { record } of state.index.order.after(afterSequence)) yield record;
    },
    findDevices: (key, value) => state.index.find(key, value).map(({ record }) => record),
    deviceCount: () => ({ all: state.devices.size, pending: state.enrolling.size }),
    setDialect(deviceId, dialect) {
      const device = knownDevice(state, deviceId);
      device.record = { ...device.record, dialect: { ...dialect } };
      state.saver.device(device);
    },
    updateFacts(deviceId, facts) {
      const device = knownDevice(state, deviceId);
      const known = Object.entries(facts).filter(([, value]) => value !== undefined);
      device.record = { ...device.record, ...Object.fromEntries(known) };
      state.saver.device(device);
    },

    openSession: (deviceId) => openSession(state, deviceId),
    requireCheckIn: (deviceId) => void requireCheckIn(state, deviceId),
    next: (deviceId) => next(state, deviceId),
    report(deviceId, commandId, outcome) {
      const { taken, ended } = report(state, deviceId, commandId, outcome);
      if (ended !== undefined) unenroll(state, deviceId, ended);
      return taken;
    },
    queue: (deviceId, command, by = 'administrator') => queue(state, deviceId, command, by),
    commands(deviceId) {
      const { queue: commands } = knownDevice(state, deviceId);
      return [...commands.open, ...commands.answered].map((entry) => toQueuedCommand(deviceId, entry));
    },
    notify: (deviceId) => notifyDevice(state, knownDevice(state, deviceId)),
    onNotify(listener) {
      state.listeners.add(listener);
      return () => state.listeners.delete(listener);
    },
    onGone(listener) {
      state.goneListeners.add(listener);
      return () => state.goneListeners.delete(listener);
    },

    resource: (deviceId, kind, name, secret) => resource(state, deviceId, kind, name, secret),

    async close() {
      state.schedule.stop();
      state.enrolling.stop();
      state.listeners.clear();
      state.goneListeners.clear();
      await state.saver.close();
    },
  };
}

function seed(state: TenantState, config: TenantConfig): void {
  for (const user of config.users) putUser(state, user);
  for (const profile of config.profiles) putProfile(state, profile);
  if (config.pushCertificate !== undefined && config.authority !== 'unknown') {
    const { topic, expiresAt = state.ports.clock.now() + config.settings.pushCertificateMs } = config.pushCertificate;
    state.pushCertificate = {
      authority: config.authority,
      expiresAt,
      ...(topic === undefined ? {} : { topic }),
    };
  }
  saveMeta(state);
}

/** Whether every profile that was ever assigned can be read. */
const isWhole = (persistence: Persistence | undefined): boolean =>
  !(persistence?.aside ?? []).some(({ table }) => table === 'profile');

/** Throws REQUEST_INVALID where a record could not be stored as it is: before anything is changed. */
function assertFits(table: Table, value: unknown): void {
  const why = misfit(descriptions[table], value);
  if (why !== undefined) throw stubError('REQUEST_INVALID', `This ${table} cannot be taken: ${why}`);
}

function putUser(state: TenantState, user: User): void {
  assertFits('user', user);
  state.directory.put(user);
  state.saver.record('user', user.id, user);
}

/** A name is a setting's identity (A8), so an authority has it once on each platform. */
function putProfile(state: TenantState, profile: AssignedProfile): void {
  assertFits('profile', profile);
  const { id, authority } = profile;
  if (profile.authority === 'unknown') throw stubError('REQUEST_INVALID', 'A profile belongs to an authority');
  for (const other of state.profiles.values()) {
    if (other.id === id || other.authority !== authority || other.profile.name !== profile.profile.name) continue;
    if (shareAPlatform(other, profile)) {
      throw stubError('REQUEST_INVALID', `${authority} has a profile named "${profile.profile.name}" already`);
    }
  }
  if (!state.profiles.has(id) && state.profiles.size >= mostProfiles) {
    throw stubError('REQUEST_INVALID', `A tenant holds ${mostProfiles} profiles at most`);
  }
  state.profiles.set(id, profile);
  state.desired.profilesChanged();
  state.saver.record('profile', id, profile);
}
