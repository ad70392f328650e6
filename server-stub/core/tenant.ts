// The check-in core's door: one tenant, its rules put together. Each method is atomic; a refusal changes nothing but the record of it.
import { commands } from './actions.js';
import { answers } from './answers.js';
import { assignedProfiles } from './assigned-profiles.js';
import { authorities, pushCertificates } from './authority.js';
import { assertFits } from './descriptions.js';
import { deviceMemory, devices } from './devices.js';
import { Directory } from './directory.js';
import { enrollments, unenroll } from './enrollment.js';
import type { Tenant } from './interfaces.js';
import { notifications } from './notifications.js';
import { notifyDevice } from './notify.js';
import { documents } from './open-document.js';
import type { Persistence } from './persistence.js';
import { resourceGate } from './resource-gate.js';
import { restore } from './restore.js';
import { Saver } from './saver.js';
import { seed } from './seed.js';
import { sessions } from './session.js';
import { emptyState, type TenantState } from './state.js';
import { Timeouts } from './timeouts.js';
import type { Group, TenantConfig, TenantPorts } from './types.js';
import { users } from './users.js';

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
    if (persistence === undefined || !restore(state, persistence)) {
      seed(state, config, {
        group: (group) => putGroup(state, group),
        user: users(state).putUser,
        profile: assignedProfiles(state).putProfile,
      });
    }
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
    ...authorities(state),
    ...pushCertificates(state),
    ...users(state),
    ...assignedProfiles(state),
    ...enrollments(state),
    ...devices(state),
    ...deviceMemory(state),
    ...sessions(state),
    ...documents(state),
    ...answers(state, (deviceId, why) => unenroll(state, deviceId, why)),
    ...commands(state),
    ...notifications(state),
    ...resourceGate(state),
    close: () => close(state),
  };
}

async function close({ schedule, enrolling, listeners, goneListeners, saver }: TenantState): Promise<void> {
  schedule.stop();
  enrolling.stop();
  listeners.clear();
  goneListeners.clear();
  await saver.close();
}

function putGroup({ directory, saver }: TenantState, group: Group): void {
  assertFits('group', group);
  directory.putGroup(group);
  saver.record('group', group.id, group);
}

/** Whether every profile that was ever assigned can be read. */
const isWhole = (persistence: Persistence | undefined): boolean =>
  !(persistence?.aside ?? []).some(({ table }) => table === 'profile');
