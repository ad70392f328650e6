// Who may enroll, and what an enrollment begins and ends: A1, E02, E03, E04, E17, E18.

import type { PlatformName } from '../../protocol/vocabulary.js';
import { awaitEnd } from './certificate-life.js';
import { countEnrolled, countPassed, missedChanges, saveMeta } from './changes.js';
import type { Comanagement } from './comanagement-types.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { ofDevice } from './event-hub.js';
import { enrollmentRefused, type FailureCode, refusalOf } from './failures.js';
import { governed, managerOfUser } from './governed.js';
import type { Enrollments } from './interfaces.js';
import { mayEnroll } from './manager.js';
import { notifyDevice, tellAll } from './notify.js';
import { pushCertificateProblem } from './push-certificate.js';
import { CommandQueue, enqueue } from './queue.js';
import { keyInRing } from './ring.js';
import { addDevice, dropDevice, knownDevice, type TenantState } from './state.js';
import { traitsOf } from './traits.js';
import type { DeviceRecord, EndOfEnrollment, EnrollRequest, User } from './types.js';

interface Attempt {
  readonly platform: PlatformName;
  readonly user?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly osVersion?: string | undefined;
}

export const enrollments = (state: TenantState): Enrollments => ({
  admit(platform, upn, deviceId) {
    const user = admit(state, platform, upn, deviceId);
    state.saver.requireWritable(); // what the dialect hands out now has to be stored
    return user;
  },
  managerOf: (userId) => (userId === undefined ? state.authority : managerOfUser(state, userId)),
  enroll: (request) => enroll(state, request),
  confirm: (deviceId) => confirm(state, deviceId),
  unenroll(deviceId, why) {
    if (state.devices.has(deviceId)) state.saver.requireWritable();
    unenroll(state, deviceId, why);
  },
  endedBefore: () => state.saver.toldAgain(),
  failures: () => state.failures.list(),
  onGone(listener) {
    state.goneListeners.add(listener);
    return () => state.goneListeners.delete(listener);
  },
});

function admit(
  state: TenantState,
  platform: PlatformName,
  upn: string | undefined,
  deviceId?: string,
): User | undefined {
  const attempt = { platform, user: upn, deviceId };
  const user = authorize(state, attempt);
  // Who has reached the limit may still enroll one of their devices again, so it is judged when the device is known.
  if (user !== undefined && deviceId !== undefined) checkLimit(state, user, attempt);
  return user;
}

function enroll(state: TenantState, request: EnrollRequest): DeviceRecord {
  const { platform, deviceId, osVersion } = request;
  const comanaged = comanagedBy(state, request);
  const userId = request.userId ?? comanaged?.userId; // C11
  const attempt = { platform, user: userId, deviceId, osVersion };
  const user = authorize(state, attempt);
  const known = state.devices.get(deviceId);
  const isOfPlatform = known?.record.platform === platform;
  if (known !== undefined && isEnrolled(known) && (known.record.userId !== user?.id || !isOfPlatform)) {
    const isOfUser = known.record.userId !== undefined && known.record.userId !== user?.id;
    refuse(state, 'E03', attempt, isOfUser ? undefined : 'The device is already enrolled.');
  }
  if (user !== undefined) checkLimit(state, user, attempt);
  state.saver.requireWritable();
  if (!isOfPlatform) unenroll(state, deviceId, 'abandoned'); // its own dialect has to hear of that
  const before = isOfPlatform ? known : undefined;

  // Nothing of an earlier enrollment survives but the record's id: the queue, what is held and the dialect's memory go.
  if (before !== undefined && isEnrolled(before))
    countPassed(state, before, missedChanges(state, before), () => 'left');
  if (before !== undefined) dropDevice(state, before);
  const again = before !== undefined && before.record.userId === user?.id;
  const device: TenantDevice = {
    record: {
      id: again ? before.record.id : state.ports.random.uuid().toLowerCase(),
      sequence: again ? before.record.sequence : state.index.order.next,
      platform,
      deviceId,
      serial: request.serial,
      ...(user === undefined ? {} : { userId: user.id }),
      status: 'pending',
      managedBy: user === undefined ? state.authority : managerOfUser(state, user.id), // C10
      enrolledAt: state.ports.clock.now(),
      ...optional('deviceName', request.deviceName),
      ...optional('model', request.model),
      ...optional('osVersion', osVersion),
      ...optional('imei', request.imei),
      ...optional('enrollmentType', comanaged === undefined ? request.enrollmentType : 'comanaged'),
      ...optional('certificateExpiresAt', request.certificateExpiresAt),
      held: [],
      dialect: {},
    },
    revision: state.changes.length,
    queue: new CommandQueue(),
    failed: new Map(),
    secrets: new Map(),
    doubtful: new Set(),
    settledOn: undefined,
  };
  addDevice(state, device);
  state.enrolling.seen(deviceId);
  awaitEnd(state, device);
  state.saver.device(device);
  return device.record;
}

/** C11: ConfigMgr's entry for this PC, unless it is another user's who enrolls. */
function comanagedBy(state: TenantState, { platform, serial, userId }: EnrollRequest): Comanagement | undefined {
  if (serial === '' || traitsOf(state.ports.traits, platform).canBeComanaged !== true) return undefined;
  const entry = state.comanagement.find(serial);
  return entry === undefined || (userId !== undefined && userId !== entry.userId) ? undefined : entry;
}

function confirm(state: TenantState, deviceId: string): DeviceRecord {
  const device = knownDevice(state, deviceId);
  const { platform, userId, osVersion, status } = device.record;
  if (status !== 'pending') return device.record;
  state.saver.requireWritable();
  try {
    authorize(state, { platform, user: userId, deviceId, osVersion }); // what held at its first step must hold still
  } catch (error) {
    unenroll(state, deviceId, 'refused');
    throw error;
  }
  state.enrolling.forget(deviceId);
  joinPresent(state, device);
  device.record = { ...device.record, status: 'enrolled' };
  state.index.confirmed(device);
  for (const index of missedChanges(state, device)) countEnrolled(state, index); // made since its first step
  enqueue(state.ports, device.queue, { kind: 'inventory' }, 'core');
  state.schedule.seen(deviceId);
  state.saver.device(device);
  const { serial, managedBy: authority } = device.record;
  const user = userId === undefined ? undefined : state.directory.find(userId)?.upn;
  state.ports.log.info('ENROLLED', { device: deviceId, user, serial, platform, authority });
  state.events.emit({ type: 'enrolled', ...ofDevice(device.record), authority });
  notifyDevice(state, device, 'action');
  return device.record;
}

/**
 * What changed while it enrolled is no change for it: it joins whoever manages now. One that was given a document with the answer to its
 * enrollment moves in its first session, as others do.
 */
function joinPresent(state: TenantState, device: TenantDevice): void {
  const { held, userId } = device.record;
  if (held.length > 0 || device.queue.size > 0) return;
  device.revision = state.changes.length;
  delete device.missed;
  state.index.fixed.delete(device);
  const managedBy = userId === undefined ? state.authority : managerOfUser(state, userId);
  device.record = { ...device.record, managedBy };
}

/** Forgets an enrollment, and tells those who want to know of it. Nothing happens when there is none. */
export function unenroll(state: TenantState, deviceId: string, why: EndOfEnrollment): void {
  const device = state.devices.get(deviceId);
  if (device === undefined) return;
  if (isEnrolled(device)) countPassed(state, device, missedChanges(state, device), () => 'left');
  dropDevice(state, device);
  state.saver.deviceGone(device);
  if (device.record.sequence === state.index.order.last) saveMeta(state); // its sequence is never given again
  state.ports.log.info('LEFT', { device: deviceId, platform: device.record.platform, why });
  state.events.emit({ type: why === 'expired' ? 'removed' : 'left', ...ofDevice(device.record), why });
  tellAll(state, state.goneListeners, device.record);
}

/** What must hold whoever and whatever enrolls: the organisation first, then the platform, then the person. */
function authorize(state: TenantState, attempt: Attempt): User | undefined {
  if (state.authority === 'unknown') refuse(state, 'E04', attempt); // A1
  if (traitsOf(state.ports.traits, attempt.platform).needsPushCertificate) {
    const problem = pushCertificateProblem(state);
    if (problem !== undefined) refuse(state, 'E18', attempt, problem); // A11
  }
  if (attempt.user === undefined) return undefined; // userless (A10)
  const user = state.directory.find(attempt.user);
  if (user === undefined) refuse(state, 'E02', attempt, 'The user was not found.');
  if (!mayEnroll(state, governed(state, user))) {
    refuse(state, 'E02', attempt, `The user has no licence that lets ${state.authority} manage devices.`);
  }
  return user;
}

function checkLimit(state: TenantState, user: User, attempt: Attempt): void {
  const siblings = state.index.byUser.get(user.id);
  if (siblings === undefined) return;
  const limit = state.settings.deviceLimitPerUser;
  const known = state.devices.get(attempt.deviceId ?? '');
  const others = known !== undefined && siblings.has(known) ? siblings.size - 1 : siblings.size;
  if (others >= limit) refuse(state, 'E17', attempt, `The user has ${others} devices, and ${limit} are allowed.`);
}

/** What arrives from devices may be long; the record keeps enough to recognise it. */
const keptLength = 256;

function refuse(state: TenantState, code: FailureCode, attempt: Attempt, why?: string): never {
  const refusal = refusalOf(code, why);
  const { platform, deviceId, osVersion } = attempt;
  const upn = attempt.user === undefined ? undefined : (state.directory.find(attempt.user)?.upn ?? attempt.user);
  const id = state.ports.random.uuid().toLowerCase();
  const record = {
    ...refusal,
    id,
    at: state.ports.clock.now(),
    platform,
    ...optional('userUpn', upn?.slice(0, keptLength)),
    ...optional('deviceId', deviceId?.slice(0, keptLength)),
    ...optional('osVersion', osVersion?.slice(0, keptLength)),
  };
  state.failures.add(record);
  // Keys turn around in a ring, so that the table stays as short as the list.
  const n = state.failureCount++;
  state.saver.record('failure', keyInRing(n, state.failures.limit), { ...record, n });
  state.events.emit({ type: 'refused', deviceId: record.deviceId, platform, user: record.userUpn, code });
  throw enrollmentRefused(refusal); // the dialect, which knows how it was asked, logs it
}

const optional = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
