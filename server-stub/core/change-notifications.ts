// A5, A11, A16: who is notified of a change, and how far that has come. It is stored in the change, so that a restart goes on there.
import { isConcerned, missedChanges, saveChange } from './changes.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { pushCertificateProblem } from './push-certificate.js';
import type { PushReason } from './push-types.js';
import type { ChangeState, TenantState } from './state.js';
import { traitsOf } from './traits.js';
import { fromTheStart, type Walk } from './walks.js';

const reasons: Readonly<Record<ChangeState['cause'], PushReason>> = {
  authority: 'change',
  coexistence: 'change',
  licence: 'change',
  comanagement: 'workload',
  support: 'support',
};

/**
 * Begins to notify whom the change of this index concerns, where it has `toNotify`; to be called once, after it was made. Devices
 * that need a push certificate which is not there wait for its upload.
 */
export function notifyOfChange(state: TenantState, index: number): void {
  const change = state.changes[index];
  if (change === undefined) return;
  change.topics = pushCertificateProblem(state) === undefined ? [topicOf(state)] : [];
  change.notifiedUpTo = change.toNotify === 0 ? change.lastSequence : fromTheStart;
  saveChange(state, index);
  walkOf(state, index, change);
}

/**
 * A push certificate was uploaded: devices that wait for a change and were notified under no certificate of this topic are notified now
 * (A11). Those of another topic are not reached, and may be by a later upload.
 */
export function notifyOfCertificate(state: TenantState): void {
  const topic = topicOf(state);
  const rows = state.changes.flatMap((change, index) =>
    change.toNotify > 0 && change.topics !== undefined && !change.topics.includes(topic) ? [index] : [],
  );
  if (rows.length === 0) return;
  state.walks.cancel(({ name }) => name === certificateWalk);
  for (const index of rows) {
    const change = state.changes[index];
    if (change === undefined) continue;
    change.topics = [...(change.topics ?? []), topic].slice(-keptTopics);
    change.certificateNotifiedUpTo = fromTheStart;
    saveChange(state, index);
  }
  certificateWalkOf(state, rows, fromTheStart);
}

/** After a restart: notifications that were under way go on. To be called once devices can be reached. */
export function resumeNotifications(state: TenantState): void {
  const rows: number[] = [];
  let from = Number.MAX_SAFE_INTEGER;
  for (const [index, change] of state.changes.entries()) {
    walkOf(state, index, change);
    const upTo = change.certificateNotifiedUpTo;
    if (upTo === undefined || upTo >= change.lastSequence) continue;
    rows.push(index);
    from = Math.min(from, upTo);
  }
  if (rows.length > 0) certificateWalkOf(state, rows, from);
}

/** Whether the device is still to be notified of a change it has missed: nobody else has to. */
export const isServed = (state: TenantState, device: TenantDevice): boolean =>
  missedChanges(state, device).some((index) => {
    const { notifiedUpTo = Number.MAX_SAFE_INTEGER } = state.changes[index] ?? {};
    return notifiedUpTo < device.record.sequence;
  });

/** Uploads that a change remembers. */
const keptTopics = 32;
const certificateWalk = 'certificate';

const topicOf = ({ pushCertificate }: TenantState): string => pushCertificate?.topic ?? '';

function walkOf(state: TenantState, index: number, change: ChangeState): void {
  const { notifiedUpTo, lastSequence, cause, topics = [] } = change;
  if (notifiedUpTo === undefined || notifiedUpTo >= lastSequence) return;
  const walk: Walk = {
    name: 'change',
    why: reasons[cause],
    cursor: notifiedUpTo,
    last: lastSequence,
    after: (sequence) => devicesOf(state, change, sequence),
    isAsked(device) {
      if (!isEnrolled(device) || device.record.enrolledAt > change.at || !isConcerned(state, change, device))
        return false;
      // Who waits for a push certificate is left to its upload; until then the refusal is written down.
      return topics.length > 0 || !needsCertificate(state, device) || pushCertificateProblem(state) !== undefined;
    },
    asked(_, { result }) {
      if (result !== 'refused') change.notified++;
    },
    store() {
      change.notifiedUpTo = walk.cursor;
      saveChange(state, index);
    },
  };
  state.walks.add(walk);
}

function certificateWalkOf(state: TenantState, rows: readonly number[], from: number): void {
  const changes = rows.flatMap((index) => state.changes[index] ?? []);
  const missedOf = (device: TenantDevice) => missedChanges(state, device).filter((index) => rows.includes(index));
  const walk: Walk = {
    name: certificateWalk,
    why: 'change',
    cursor: from,
    last: Math.max(...changes.map(({ lastSequence }) => lastSequence)),
    after: (sequence) => state.index.order.after(sequence),
    isAsked: (device) => isEnrolled(device) && needsCertificate(state, device) && missedOf(device).length > 0,
    asked(device, { result }) {
      if (result === 'refused') return;
      for (const index of missedOf(device)) {
        const change = state.changes[index];
        if (change !== undefined) change.notified++;
      }
    },
    store() {
      for (const index of rows) {
        const change = state.changes[index];
        if (change === undefined) continue;
        change.certificateNotifiedUpTo = walk.cursor;
        saveChange(state, index);
      }
    },
  };
  state.walks.add(walk);
}

const needsCertificate = (state: TenantState, { record }: TenantDevice): boolean =>
  traitsOf(state.ports.traits, record.platform).needsPushCertificate;

/** Those that may be concerned, after a sequence, in order. */
function devicesOf(state: TenantState, { concerns }: ChangeState, sequence: number): Iterable<TenantDevice> {
  const { order, byUser, byRecordId } = state.index;
  if (concerns === 'all' || 'group' in concerns) return order.after(sequence);
  const named =
    'users' in concerns
      ? concerns.users.flatMap((id) => [...(byUser.get(id) ?? [])])
      : concerns.devices.flatMap((id) => byRecordId.get(id) ?? []);
  return named.filter(({ record }) => record.sequence > sequence).sort((a, b) => a.record.sequence - b.record.sequence);
}
