// The check-in core's door: one tenant, its rules put together. Each method is atomic; a refusal changes nothing but the record of it.
import { commands } from './actions.js';
import { emptyAdmission } from './admission-state.js';
import { answers } from './answers.js';
import { assignedProfiles, putProfile } from './assigned-profiles.js';
import { Attempts } from './attempts.js';
import { audits } from './audit.js';
import { authorities } from './authority.js';
import { autopilot } from './autopilot.js';
import { bms } from './bms.js';
import { bulkTokens } from './bulk-tokens.js';
import { meetEnd } from './certificate-life.js';
import { certificates } from './certificates.js';
import { saveMeta } from './changes.js';
import { coexistences } from './coexistence.js';
import { comanagements } from './comanagement.js';
import { compliancePolicies } from './compliance.js';
import { consents } from './consents.js';
import { corporateDevices } from './corporate-devices.js';
import { Deadlines } from './deadlines.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { deviceMemory, devices } from './devices.js';
import { Directory } from './directory.js';
import { dryRuns } from './dry-run.js';
import { abandon, enrollments, unenroll } from './enrollment.js';
import { events } from './events.js';
import { Expiries } from './expiries.js';
import { groups } from './groups.js';
import type { Tenant } from './interfaces.js';
import { licences } from './licences.js';
import { notifications } from './notifications.js';
import { notifyDevice } from './notify.js';
import { documents } from './open-document.js';
import type { Persistence } from './persistence.js';
import { pushCertificates } from './push-certificate-upload.js';
import type { PushReason } from './push-types.js';
import { resourceGate } from './resource-gate.js';
import { restore } from './restore.js';
import { restrictions } from './restrictions.js';
import { Saver } from './saver.js';
import { seed } from './seed.js';
import { sessions } from './session.js';
import { emptyState, type TenantState } from './state.js';
import { support } from './support.js';
import { Timeouts } from './timeouts.js';
import type { TenantConfig, TenantPorts } from './types.js';
import { users } from './users.js';
import { Walks } from './walks.js';
import { wholeTenant } from './whole-tenant.js';

/**
 * Starts from what `persistence` holds, or else from `config`. Throws DATA_CORRUPT when that cannot be read, REQUEST_INVALID
 * when two users or two profiles of the configuration contradict each other.
 */
export function createTenant(config: TenantConfig, ports: TenantPorts, persistence?: Persistence): Tenant {
  const deadlines = new Deadlines(ports.clock, ports.log);
  const lane = (key: string, setting: 'checkInEveryMs' | 'enrollmentMs', onDue: (deviceId: string) => void) =>
    new Timeouts({
      clock: ports.clock,
      deadlines,
      key,
      get everyMs() {
        return state.settings[setting];
      },
      onDue,
    });
  const schedule = lane('schedule', 'checkInEveryMs', (deviceId) => {
    const device = state.devices.get(deviceId);
    if (device !== undefined) notifyDevice(state, device, 'schedule'); // A7
  });
  const enrolling = lane('enrolling', 'enrollmentMs', (deviceId) => unenroll(state, deviceId, 'abandoned'));
  const admission = emptyAdmission(new Attempts(lane('attempts', 'enrollmentMs', (id) => abandon(state, id))));
  const expiries = new Expiries({
    clock: ports.clock,
    deadlines,
    key: 'certificates',
    onDue: (device) => meetEnd(state, device, () => unenroll(state, device.record.deviceId, 'expired')),
  });
  const directory = new Directory();
  const saver = new Saver(persistence, ports.log, () => state.devices.values());
  const ask = (device: TenantDevice, why: PushReason) =>
    state.devices.get(device.record.deviceId) === device && isEnrolled(device)
      ? notifyDevice(state, device, why)
      : undefined;
  const walks = new Walks({ saver, ask, rest: ports.rest });
  const state = emptyState(
    config,
    ports,
    { deadlines, schedule, enrolling, expiries, saver, walks, directory, admission },
    () => isWhole(persistence),
  );
  try {
    if (persistence === undefined || !restore(state, persistence)) {
      seed(state, config, {
        group: groups(state).putGroup,
        user: users(state).putUser,
        profile: (profile) => putProfile(state, profile),
      });
    }
  } catch (error) {
    deadlines.stop();
    void persistence?.close(); // nobody else will: there is no tenant
    throw error;
  }

  const isOther = state.digest !== undefined && config.digest !== undefined && state.digest !== config.digest;
  const ignoredConfig = isOther ? ({ holds: state.isReplaced ? 'nothing' : 'organization' } as const) : undefined;
  state.events.startAfter(state.eventStarts, () => {
    state.eventStarts++;
    if (persistence !== undefined) saveMeta(state);
  });
  return {
    get id() {
      return state.id;
    },
    get displayName() {
      return state.displayName;
    },
    get settings() {
      return state.settings;
    },
    get authority() {
      return state.authority;
    },
    get coexistence() {
      return state.coexistence;
    },
    ...authorities(state),
    ...coexistences(state),
    ...support(state),
    ...pushCertificates(state),
    ...users(state),
    ...groups(state),
    ...licences(state),
    ...assignedProfiles(state),
    ...comanagements(state),
    ...compliancePolicies(state),
    ...restrictions(state),
    ...corporateDevices(state),
    ...bulkTokens(state),
    ...autopilot(state),
    ...consents(state),
    ...bms(state),
    ...dryRuns(state),
    ...enrollments(state),
    ...devices(state),
    ...deviceMemory(state),
    ...certificates(state),
    ...sessions(state),
    ...documents(state),
    ...answers(state, (deviceId, why) => unenroll(state, deviceId, why)),
    ...commands(state),
    ...notifications(state),
    ...resourceGate(state),
    ...audits(state),
    ...events(state),
    ...wholeTenant(state),
    ignoredConfig,
    close: () => close(state),
  };
}

async function close({ deadlines, events: hub, listeners, goneListeners, saver, walks }: TenantState): Promise<void> {
  walks.close();
  deadlines.stop();
  hub.close();
  listeners.clear();
  goneListeners.clear();
  await saver.close();
}

/** Whether every profile that was ever assigned can be read. */
const isWhole = (persistence: Persistence | undefined): boolean =>
  !(persistence?.aside ?? []).some(({ table }) => table === 'profile');
