// Who may enroll, and what an enrollment begins and ends: the table of admission.ts, and E01.

import { firstRefusal } from './admission.js';
import type { Attempt, OpenAttempt } from './admission-types.js';
import { mostAttempts } from './attempts.js';
import { awaitEnd } from './certificate-life.js';
import { countEnrolled, countPassed, missedChanges, saveMeta } from './changes.js';
import type { Comanagement } from './comanagement-types.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { ofDevice } from './event-hub.js';
import { enrollmentRefused, refusalOf } from './failures.js';
import { managerOfUser } from './governed.js';
import type { AdmitRequest, Admitted, ConfirmFacts, Enrollments } from './interfaces.js';
import { notifyDevice, tellAll } from './notify.js';
import { CommandQueue, enqueue } from './queue.js';
import { forgetAttempt, optional, putAttempt, recordFailure, refuse } from './refusals.js';
import { addDevice, dropDevice, knownDevice, type TenantState } from './state.js';
import { traitsOf } from './traits.js';
import type { DeviceRecord, EndOfEnrollment, EnrollRequest, User } from './types.js';

export const enrollments = (state: TenantState): Enrollments => ({
  admit(request) {
    const { asks } = request;
    const again = begunAlready(state, request);
    const attempt = again?.isRefused === true ? undefined : again?.id; // it is over: a refusal now is another's
    const user = judge(state, { ...request, ...asks, attempt }, asks === undefined ? 'person' : 'device');
    state.saver.requireWritable(); // what the dialect hands out now has to be stored
    return { ...(user === undefined ? {} : { user }), ...watched(state, request, user, again) };
  },
  withdraw(attempt) {
    const open = state.admission.attempts.get(attempt);
    if (open === undefined || open.deviceId !== undefined) return;
    const { givenOut = 1 } = open;
    if (givenOut > 1) putAttempt(state, { ...open, givenOut: givenOut - 1 });
    else forgetAttempt(state, attempt);
  },
  managerOf: (userId) => (userId === undefined ? state.authority : managerOfUser(state, userId)),
  enroll: (request) => enroll(state, request),
  confirm: (deviceId, facts) => confirm(state, deviceId, facts),
  disconnected: (attempt) => noteConnection(state, attempt, true),
  reconnected: (attempt) => noteConnection(state, attempt, false),
  unenroll(deviceId, why) {
    if (state.devices.has(deviceId)) state.saver.requireWritable();
    unenroll(state, deviceId, why);
  },
  endedBefore: () => state.saver.toldAgain(),
  failures: () => state.failures.list(),
  failuresBefore: (number) => state.failures.newestFirst(number),
  failureCount: () => state.failures.size,
  failuresOf(user) {
    const known = state.directory.find(user);
    if (known === undefined) return state.failures.of(user);
    // Under the name alone: those of before the user was there.
    const [named, own] = [state.failures.of(known.upn), state.failures.of(known.id)];
    return named.length === 0 ? own : [...named, ...own].sort((one, other) => one.at - other.at);
  },
  onGone(listener) {
    state.goneListeners.add(listener);
    return () => state.goneListeners.delete(listener);
  },
});

/** The first row of the table that refuses is told and recorded (E21). The user, where one is named. */
function judge(state: TenantState, attempt: Attempt, until: 'person' | 'device'): User | undefined {
  const refusal = firstRefusal(state, attempt, until);
  if (refusal !== undefined) refuse(state, refusal.code, attempt, refusal.why);
  return attempt.user === undefined ? undefined : state.directory.find(attempt.user);
}

function noteConnection(state: TenantState, attempt: string, isDisconnected: boolean): void {
  const open = state.admission.attempts.get(attempt) ?? state.admission.attempts.ofDevice(attempt);
  if (open !== undefined && (open.isDisconnected ?? false) !== isDisconnected)
    putAttempt(state, { ...open, isDisconnected });
}

/** The attempt that the same person began from the same device: not somebody else to whom the name was given since. */
function begunAlready({ admission, directory }: TenantState, { user, asks }: AdmitRequest): OpenAttempt | undefined {
  const open = asks?.deviceId === undefined ? undefined : admission.attempts.begunBy({ user }, asks.deviceId);
  const known = user === undefined ? undefined : directory.find(user);
  return known === undefined || known.id === open?.userId ? open : undefined;
}

/** E01: from now on its last step is waited for. `again`: the attempt that is begun anew. */
function watched(
  state: TenantState,
  { platform, user, way, companyPortal, asks }: AdmitRequest,
  known: User | undefined,
  again: OpenAttempt | undefined,
): Pick<Admitted, 'attempt'> {
  if (traitsOf(state.ports.traits, platform).watchesAttempts !== true) return {};
  const { attempts } = state.admission;
  const most = state.ports.mostAttempts ?? mostAttempts;
  if (again === undefined && attempts.size >= most && attempts.oldest !== undefined) abandon(state, attempts.oldest.id);
  const id = again?.id ?? state.ports.random.uuid().toLowerCase();
  putAttempt(state, {
    id,
    platform,
    startedAt: state.ports.clock.now(),
    ...optional('user', user),
    ...optional('userId', known?.id),
    ...optional('way', way),
    ...optional('companyPortal', companyPortal),
    ...optional('deviceId', again?.deviceId),
    ...optional('binding', again?.binding),
    ...(again !== undefined && { givenOut: (again.givenOut ?? 1) + 1 }),
    ...optional('askedFor', asks?.deviceId),
    ...optional('osVersion', asks?.osVersion),
  });
  return { attempt: id };
}

/**
 * E01: the time of an attempt is over, and its last step was not made. The event is when that was (E23). Too many attempts end the oldest
 * before its time.
 */
export function abandon(state: TenantState, id: string): void {
  const attempt = state.admission.attempts.get(id);
  if (attempt === undefined) return;
  const at = Math.min(attempt.startedAt + state.settings.enrollmentMs, state.ports.clock.now());
  if (attempt.isRefused !== true) {
    const { deviceId = attempt.askedFor } = attempt;
    recordFailure(
      state,
      'E01',
      { ...attempt, deviceId },
      { at, ...(attempt.isDisconnected && { category: 'clientDisconnected' }) },
    );
    const { platform, user } = attempt;
    state.ports.log.warn('ENROLLMENT_ABANDONED', { platform, device: deviceId, user });
  }
  const { deviceId = '' } = attempt;
  const device = state.admission.attempts.ofDevice(deviceId)?.id === id ? state.devices.get(deviceId) : undefined;
  if (device?.record.status === 'pending') unenroll(state, device.record.deviceId, 'abandoned');
  forgetAttempt(state, id);
}

/** What is known of an attempt that was begun before. Its time may be over (E01): that was recorded then. */
function begun(state: TenantState, request: EnrollRequest): Partial<Attempt> {
  if (request.attempt === undefined) return {};
  const open = state.admission.attempts.get(request.attempt);
  if (open === undefined) throw enrollmentRefused(refusalOf('E01'));
  const { startedAt, companyPortal } = open;
  return { startedAt, companyPortal };
}

function enroll(state: TenantState, request: EnrollRequest): DeviceRecord {
  const { platform, deviceId, osVersion, enrollmentType } = request;
  const comanaged = comanagedBy(state, request);
  const userId = request.userId ?? comanaged?.userId; // C11
  const way = comanaged === undefined ? enrollmentType : 'comanaged';
  const user = judge(state, { ...begun(state, request), ...request, user: userId, userId: undefined, way }, 'device');
  const known = state.devices.get(deviceId);
  const isOfPlatform = known?.record.platform === platform;
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
      ...optional('enrollmentType', way),
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
  const open = state.admission.attempts.get(request.attempt ?? '');
  if (open === undefined) state.enrolling.seen(deviceId);
  else bind(state, open, { deviceId, ...optional('osVersion', osVersion) });
  awaitEnd(state, device);
  state.saver.device(device);
  return device.record;
}

/** The device has presented itself with this attempt. Another one that had done so ends with its own time. */
function bind(state: TenantState, open: OpenAttempt, device: Pick<OpenAttempt, 'deviceId' | 'osVersion'>): void {
  const { attempts } = state.admission;
  const { deviceId: before = '' } = open;
  const isOfOther = before !== device.deviceId && attempts.ofDevice(before)?.id === open.id;
  if (isOfOther && state.devices.get(before)?.record.status === 'pending') state.enrolling.seen(before);
  putAttempt(state, { ...open, ...device, binding: attempts.nextBinding(), isDisconnected: false });
}

/** C11: ConfigMgr's entry for this PC, unless it is another user's who enrolls. */
function comanagedBy(state: TenantState, { platform, serial, userId }: EnrollRequest): Comanagement | undefined {
  if (serial === '' || traitsOf(state.ports.traits, platform).canBeComanaged !== true) return undefined;
  const entry = state.comanagement.find(serial);
  return entry === undefined || (userId !== undefined && userId !== entry.userId) ? undefined : entry;
}

function confirm(state: TenantState, deviceId: string, facts: ConfirmFacts = {}): DeviceRecord {
  const device = knownDevice(state, deviceId);
  const { platform, userId, status, enrollmentType, enrolledAt } = device.record;
  if (status !== 'pending') return device.record;
  const { way = enrollmentType } = facts;
  state.saver.requireWritable();
  const open = state.admission.attempts.ofDevice(deviceId);
  try {
    // What held at its first step must hold still, and of some devices more is known now.
    const began = { attempt: open?.id, startedAt: open?.startedAt ?? enrolledAt, userId }; // E23
    judge(state, { ...device.record, ...facts, ...began, user: userId, way }, 'device');
  } catch (error) {
    unenroll(state, deviceId, 'refused');
    throw error;
  }
  state.enrolling.forget(deviceId);
  if (open !== undefined) forgetAttempt(state, open.id);
  for (const { id, startedAt } of state.admission.attempts.askedFor(deviceId)) {
    if (startedAt <= (open?.startedAt ?? enrolledAt)) forgetAttempt(state, id); // they led to this, by other ways
  }
  joinPresent(state, device);
  device.record = { ...device.record, status: 'enrolled', ...optional('enrollmentType', way) };
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
