// A tenant after a restart: what is stored is judged, then takes the place of what the configuration says. A record that cannot be
// read is set aside and the others are there, but for those whose absence would be a lie (docs/decisions/0010-one-description.md).
import { stubError } from '../errors.js';
import { begin } from './assignment-walk.js';
import { awaitEnd } from './certificate-life.js';
import { completeFormer } from './change-notifications.js';
import { indexChange, keyOfChange } from './changes.js';
import { awaitNext } from './compliance-judge.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { awaitGraceEnd } from './grace.js';
import type { Persistence } from './persistence.js';
import { readAdmission, restoreAdmission } from './restore-admission.js';
import { entriesInOrder, inOrder, nextInRing } from './ring.js';
import { defaultSettings } from './settings.js';
import { addDevice, type TenantState } from './state.js';
import { unplaced } from './stored.js';
import { StoredRecords } from './stored-records.js';
import type { AssignedProfile } from './types.js';
import { fromTheStart } from './walks.js';

/**
 * True when something was stored. Throws DATA_CORRUPT, with table and key where there is one, where the authority or one of its
 * changes cannot be read or is missing, or where a later version of this program wrote a record; nothing is changed then, neither
 * in the tenant nor in the store.
 */
export function restore(state: TenantState, persistence: Persistence): boolean {
  const stored = persistence.load();
  if (stored === undefined) return false;
  const records = new StoredRecords(stored, (deviceId, reason) =>
    state.ports.log.error('RECORD_INVALID', { table: 'device', record: deviceId, reason: `a command: ${reason}` }),
  );
  const meta = records.vital('meta')[0]?.[1];
  if (meta === undefined) throw stubError('DATA_CORRUPT', 'The data folder does not say what authority was set');
  const changes = records.vital('change');
  const gap = changes.findIndex(([key], index) => key !== keyOfChange(index));
  if (gap >= 0) throw stubError('DATA_CORRUPT', `The change of the authority number ${gap + 1} is not stored`);
  const users = [...records.read('user')];
  const groups = [...records.read('group')];
  const policies = [...records.read('compliance')];
  const comanaged = [...records.read('comanagement')];
  const audit = [...records.read('audit')];
  const profiles = [...records.read('profile')];
  const contentKeys = readContents(records, profiles);
  const devices = records.devices();
  const lost = devices.find(
    ({ revision, missed = [] }) => revision > changes.length || missed.some((index) => index >= revision),
  );
  if (lost !== undefined) {
    throw stubError('DATA_CORRUPT', `The device ${lost.record.deviceId} has seen changes that are not stored`);
  }
  const moved = new Map(records.read('moved'));
  if (moved.size > changes.length)
    throw stubError('DATA_CORRUPT', `Only ${changes.length} of ${moved.size} changes of the authority are stored`);
  const [asking, asked] = [[...records.read('asking')], new Map(records.read('asked'))];
  const failures = [...records.read('failure')];
  const admission = readAdmission(records);
  for (const { table, key, reason } of records.unreadable) persistence.setAside(table, key, reason);

  if (meta.organization !== undefined)
    Object.assign(state, {
      domain: undefined,
      ...meta.organization,
      settings: { ...defaultSettings, ...meta.organization.settings },
      isReplaced: true,
    });
  state.digest = meta.digest;
  state.authority = meta.authority;
  state.pushCertificate = meta.pushCertificate;
  state.coexistence = meta.coexistence ?? false;
  state.eventStarts = meta.eventStarts ?? 0;
  state.licences.clear();
  for (const [sku, bought] of Object.entries(meta.licences ?? {})) state.licences.set(sku, bought);
  for (const [, group] of groups) state.directory.putGroup(group);
  for (const [, user] of users) state.directory.put(user);
  for (const [id, policy] of policies) state.compliance.set(id, policy);
  for (const [, entry] of comanaged) state.comanagement.put(entry);
  for (const entry of inOrder(audit)) state.audit.add(entry);
  state.auditCount = nextInRing(audit);
  for (const [id, profile] of profiles) state.profiles.set(id, profile);
  for (const [index, [key, change]] of changes.entries()) {
    const passed = moved.get(key) ?? { moved: movedSince(devices, index, change.at), stayed: 0, left: 0 };
    state.changes.push({ ...change, ...passed, stale: 0 });
    indexChange(state, index);
    awaitGraceEnd(state, index);
  }
  restoreAdmission(state, meta, admission);
  state.failures.restore(entriesInOrder(failures));
  state.failureCount = nextInRing(failures);
  addDevices(state, devices);
  completeFormer(state);
  for (const [id, { forms, last }] of asking) begin(state, id, { forms, last, cursor: asked.get(id) ?? fromTheStart });
  state.index.order.continueAfter(meta.lastSequence ?? 0);
  state.saver.restored(contentKeys);
  return true;
}

/** What commands install. A profile that is assigned too is the same object in both. The keys that the store has. */
function readContents(records: StoredRecords, profiles: readonly (readonly [string, AssignedProfile])[]): string[] {
  for (const [, { profile }] of profiles) records.contents.add(profile);
  return [...records.read('content')].map(([key, profile]) => {
    records.contents.read(key, profile);
    return key;
  });
}

/** Where the count cannot be read: the devices that are there and had moved. Those that have left since are not in it. */
const movedSince = (devices: readonly TenantDevice[], index: number, at: number): number =>
  devices.filter(({ record, revision }) => record.userId !== undefined && record.enrolledAt <= at && revision > index)
    .length;

/** Each with its timeouts, which start in the order in which devices were seen. */
function addDevices(state: TenantState, devices: readonly TenantDevice[]): void {
  for (const device of inSequence(devices)) {
    addDevice(state, device);
    awaitEnd(state, device);
    awaitNext(state, device);
  }
  const seenAt = ({ record }: TenantDevice) => record.lastSyncAt ?? record.enrolledAt;
  for (const device of devices.filter(isEnrolled).sort((a, b) => seenAt(a) - seenAt(b))) {
    state.schedule.seen(device.record.deviceId, seenAt(device));
  }
  const pending = devices.filter(({ record }) => record.status === 'pending');
  const { attempts } = state.admission;
  for (const { record } of pending.sort((a, b) => a.record.enrolledAt - b.record.enrolledAt)) {
    if (attempts.ofDevice(record.deviceId) === undefined) state.enrolling.seen(record.deviceId, record.enrolledAt);
  }
}

/** In the order of their enrollment. Those of the first form, which are older than all others, come to have a sequence here. */
function inSequence(devices: readonly TenantDevice[]): TenantDevice[] {
  const placed = devices.filter(({ record }) => record.sequence !== unplaced);
  placed.sort((a, b) => a.record.sequence - b.record.sequence);
  const others = devices.filter(({ record }) => record.sequence === unplaced);
  others.sort((a, b) => a.record.enrolledAt - b.record.enrolledAt);
  const first = (placed[0]?.record.sequence ?? 1) - others.length;
  for (const [index, device] of others.entries()) device.record = { ...device.record, sequence: first + index };
  return [...others, ...placed];
}
