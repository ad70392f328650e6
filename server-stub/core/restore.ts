// A tenant after a restart: what is stored is judged as a whole, then takes the place of what the configuration says.
import type { ZodType } from 'zod';
import { stubError } from '../errors.js';
import { isEnrolled } from './device-state.js';
import type { Persistence, Table } from './persistence.js';
import { addDevice, type TenantState } from './state.js';
import {
  assignedSchema,
  changeSchema,
  failureSchema,
  metaSchema,
  movedSchema,
  restoreDevice,
  userSchema,
} from './stored.js';

/** True when something was stored. Throws DATA_CORRUPT, with the table and key that cannot be read, and changes nothing then. */
export function restore(state: TenantState, persistence: Persistence): boolean {
  const stored = persistence.load();
  if (stored === undefined) return false;
  const read = <T>(table: Table, parse: (value: unknown) => T): T[] =>
    stored[table].map(([key, value]) => {
      try {
        return parse(value);
      } catch (cause) {
        throw stubError('DATA_CORRUPT', `The stored ${table} ${key} cannot be read`, {
          cause,
          details: { table, key },
        });
      }
    });
  const by =
    <T>(schema: ZodType<T>) =>
    (value: unknown): T =>
      schema.parse(value);

  const meta = read('meta', by(metaSchema))[0];
  if (meta === undefined) throw stubError('DATA_CORRUPT', 'The data folder does not say what authority was set');
  const users = read('user', by(userSchema));
  const profiles = read('profile', by(assignedSchema));
  const devices = read('device', restoreDevice);
  const changes = read('change', by(changeSchema));
  const moved = read('moved', by(movedSchema));
  const failures = read('failure', by(failureSchema));
  if (moved.length !== changes.length) {
    throw stubError('DATA_CORRUPT', `${changes.length} changes are stored, and counts of ${moved.length}`);
  }
  const lost = devices.find(({ revision }) => revision > changes.length);
  if (lost !== undefined) {
    throw stubError('DATA_CORRUPT', `The device ${lost.record.deviceId} has seen changes that are not stored`);
  }

  state.authority = meta.authority;
  state.pushCertificate = meta.pushCertificate;
  for (const user of users) state.directory.put(user);
  for (const profile of profiles) state.profiles.set(profile.id, profile);
  for (const [index, change] of changes.entries()) state.changes.push({ ...change, moved: moved[index] ?? 0 });
  // In the order of keys, which turn around in a ring: the oldest lies where the times step back, and is the next to be replaced.
  const oldest = failures.findIndex(({ at }, index) => at < (failures[index - 1]?.at ?? at));
  state.failureCount = oldest === -1 ? failures.length : oldest;
  failures.sort((a, b) => a.at - b.at);
  for (const failure of failures) state.failures.add(failure);
  for (const device of devices) addDevice(state, device);
  const seenAt = ({ record }: (typeof devices)[number]) => record.lastSyncAt ?? record.enrolledAt;
  for (const device of devices.filter(isEnrolled).sort((a, b) => seenAt(a) - seenAt(b))) {
    state.schedule.seen(device.record.deviceId, seenAt(device));
  }
  const pending = devices.filter(({ record }) => record.status === 'pending');
  for (const { record } of pending.sort((a, b) => a.record.enrolledAt - b.record.enrolledAt)) {
    state.enrolling.seen(record.deviceId, record.enrolledAt);
  }
  return true;
}
