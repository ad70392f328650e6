// What decides who may enroll, after a restart.
import { noBms } from './admission-state.js';
import type { ConsentAct } from './admission-types.js';
import { assumeBms, resumeBms } from './bms-provisioning.js';
import { withoutRepeats } from './corporate-index.js';
import type { StoredRecord } from './record-forms.js';
import type { TenantState } from './state.js';
import type { StoredRecords } from './stored-records.js';

const tables = ['attempt', 'restriction', 'corporate', 'bulkToken', 'autopilot', 'autopilotProfile'] as const;

type Read = { readonly [T in (typeof tables)[number]]: readonly StoredRecord<T>[] };

export const readAdmission = (records: StoredRecords): Read =>
  Object.fromEntries(
    tables.map((table) => [table, [...records.read(table)].map(([, value]) => value)]),
  ) as unknown as Read;

/** In the place of what the configuration said. The time of an attempt may be over by now: it fails as soon as the process goes on. */
export function restoreAdmission(
  state: TenantState,
  { consents = {}, bms = noBms }: StoredRecord<'meta'>,
  read: Read,
): void {
  const { admission } = state;
  const { restrictions, corporate, bulkTokens, autopilot, autopilotProfiles, attempts } = admission;
  for (const each of [...read.restriction].sort((a, b) => a.priority - b.priority)) restrictions.put(each);
  const declared = withoutRepeats(read.corporate);
  const kept = new Set(declared);
  for (const each of declared) corporate.put(each);
  for (const each of read.corporate) if (!kept.has(each)) state.saver.record('corporate', each.id, undefined);
  for (const each of read.bulkToken) bulkTokens.set(each.id, each);
  for (const each of read.autopilotProfile) autopilotProfiles.set(each);
  const removedAt = (each: StoredRecord<'autopilot'>) => each.removedAt ?? 0;
  for (const each of [...read.autopilot].sort((a, b) => removedAt(a) - removedAt(b))) autopilot.put(each);
  for (const each of [...read.attempt].sort((a, b) => a.startedAt - b.startedAt)) attempts.put(each);
  for (const [act, consent] of Object.entries(consents)) admission.consents.set(act as ConsentAct, consent);
  admission.bms = bms;
  assumeBms(state);
  resumeBms(state);
}
