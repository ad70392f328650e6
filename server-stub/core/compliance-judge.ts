// Whether a device is as the authority that manages it demands (A14), and what that authority's console shows of it (A28). Below the
// rules: a session, an answer and whoever asks have it judged. Devices are judged one by one, never all at once.
import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Compliance, ComplianceFacts, CompliancePolicy, ComplianceState } from './compliance-types.js';
import { isEnrolled, type TenantDevice } from './device-state.js';
import { ofDevice } from './event-hub.js';
import { enqueue } from './queue.js';
import { complianceKey, type TenantState } from './state.js';
import type { DeviceRecord, TenantSettings } from './types.js';

const none: readonly CompliancePolicy[] = [];

/** What a device is judged by: nothing of intune's where ConfigMgr keeps compliance (C6). */
function policiesOf(state: TenantState, record: DeviceRecord): readonly CompliancePolicy[] {
  if (state.compliance.size === 0) return none;
  const { enrollmentType, managedBy, platform, serial, userId } = record;
  if (enrollmentType === 'comanaged' && managedBy === 'intune') {
    const entry = state.comanagement.find(serial);
    if (entry !== undefined && !entry.workloads.includes('compliancePolicies')) return none;
  }
  return state.applicable.of(managedBy, platform, userId);
}

/**
 * Queues a question for the facts that policies need, at most once in a session and only where a policy needs one: what has changed on
 * the device is seen at its next check-in. True where it was queued.
 */
export function askFacts(state: TenantState, device: TenantDevice): boolean {
  const { record, queue } = device;
  if (record.status !== 'enrolled') return false;
  if (!policiesOf(state, record).some(({ pin, encryption }) => pin || encryption)) return false;
  if (queue.open.some(({ command }) => command.kind === 'inventory' && command.of === 'security')) return false;
  enqueue(state.ports, queue, { kind: 'inventory', of: 'security' }, 'core');
  return true;
}

/** What a device told: what it did not tell stays as it was known. */
export function learnFacts(device: TenantDevice, told: Readonly<Record<string, unknown>>): void {
  const before = device.record.facts;
  const facts: { hasPasscode?: boolean; isEncrypted?: boolean } = { ...before };
  for (const key of ['hasPasscode', 'isEncrypted'] as const) {
    const value = told[key];
    if (typeof value === 'boolean') facts[key] = value;
  }
  if (!isDeepStrictEqual(facts, before ?? {})) device.record = { ...device.record, facts };
}

/**
 * The device's compliance as of now; undefined where nothing is demanded of it. What has changed is kept and told (event `compliance`).
 * `isOfMove`: it is judged in the session in which another authority has taken it over; then alone the console may lag behind.
 */
export function judge(state: TenantState, device: TenantDevice, isOfMove = false): Compliance | undefined {
  const { record, judged } = device;
  const { compliance: before, facts } = record;
  if (!isEnrolled(device)) return before;
  const policies = policiesOf(state, record);
  if (policies.length === 0 && before === undefined) return undefined;
  const now = state.ports.clock.now();
  if (judged?.policies === policies && judged.facts === facts && now < judged.until) return before;

  const found = find(policies, facts, before, now);
  const console = consoleOf(state, record, found.state, now, isOfMove);
  const isNothing = found.state === 'unknown' && console === undefined;
  const after = isNothing ? undefined : { ...found, ...(console && { console }) };
  device.judged = { policies, facts, until: nextEnd(after) };
  if (!isDeepStrictEqual(before, after)) {
    const { compliance: _, ...rest } = record;
    device.record = after === undefined ? rest : { ...rest, compliance: after };
    state.saver.found(device);
    tell(state, device, before);
  }
  awaitNext(state, device);
  return after;
}

/** Judges the device when its grace or its console's lag ends. To be called after a restart, too. */
export function awaitNext(state: TenantState, device: TenantDevice): void {
  const key = complianceKey(device.record);
  const end = nextEnd(device.record.compliance);
  if (!Number.isFinite(end)) state.deadlines.cancel(key);
  else if (state.deadlines.timeOf(key) !== end) {
    state.deadlines.at(key, end, () => {
      if (state.devices.get(device.record.deviceId) !== device) return;
      state.saver.requireWritable();
      judge(state, device);
    });
  }
}

/** When it is to be judged again by itself. */
const nextEnd = (compliance: Compliance | undefined): number =>
  Math.min(
    (compliance?.state === 'inGracePeriod' ? compliance.graceEndsAt : undefined) ?? Number.POSITIVE_INFINITY,
    compliance?.console?.until ?? Number.POSITIVE_INFINITY,
  );

type Found = Omit<Compliance, 'console'>;

/**
 * A clause whose fact the device never told is not judged; where none could be, nothing is known. The grace of a violation goes from
 * when the device was first found to violate something; of several policies the shortest counts.
 */
function find(
  policies: readonly CompliancePolicy[],
  facts: ComplianceFacts = {},
  before: Compliance | undefined,
  now: number,
): Found {
  const clauses = policies.flatMap(({ name, pin, encryption, graceMs }) => [
    ...(pin ? [{ text: `${name}: pin`, isMet: facts.hasPasscode, graceMs }] : []),
    ...(encryption ? [{ text: `${name}: encryption`, isMet: facts.isEncrypted, graceMs }] : []),
  ]);
  const isKnown = clauses.length === 0 || clauses.some(({ isMet }) => isMet !== undefined);
  if (policies.length === 0 || !isKnown) return { state: 'unknown', violated: [] };
  const violating = clauses.filter(({ isMet }) => isMet === false);
  if (violating.length === 0) return { state: 'compliant', violated: [] };
  const since = before?.since ?? now;
  const graceEndsAt = since + Math.min(...violating.map(({ graceMs }) => graceMs));
  const violated = violating.map(({ text }) => text);
  return now < graceEndsAt
    ? { state: 'inGracePeriod', violated, since, graceEndsAt }
    : { state: 'noncompliant', violated, since };
}

/** A28: what the console showed before the session of a move, until its time is over or the device's state changes otherwise. */
function consoleOf(
  state: TenantState,
  { id, compliance: before }: DeviceRecord,
  present: ComplianceState,
  now: number,
  isOfMove: boolean,
): Compliance['console'] {
  const former = before?.state ?? 'unknown';
  const lagging = before?.console !== undefined && now < before.console.until ? before.console : undefined;
  if (lagging?.state === present) return undefined;
  if (former === present) return lagging;
  if (!isOfMove) return undefined;
  if (lagging !== undefined) return lagging;
  const until = now + lagOf(id, state.settings);
  return until > now ? { state: former, until } : undefined;
}

/** Of each device always the same: its id, which is drawn at random, says where between the bounds it lies. */
function lagOf(recordId: string, { complianceConsoleLagMs: lag }: TenantSettings): number {
  if (typeof lag === 'number') return lag;
  const [least, most] = lag;
  const share = hash('sha256', `console ${recordId}`, 'buffer').readUIntBE(0, 6) / 2 ** 48;
  return Math.floor(least + (most - least) * share);
}

function tell(state: TenantState, { record }: TenantDevice, before: Compliance | undefined): void {
  const { compliance: after } = record;
  const [was, is] = [before, after].map((each) => each?.state ?? 'unknown');
  const [showed, shows] = [before, after].map((each) => each?.console?.state ?? each?.state ?? 'unknown');
  if (was === is && showed === shows) return;
  const about = { from: was, state: is, console: shows, violated: after?.violated.length ?? 0 };
  state.ports.log.info('COMPLIANCE', { device: record.deviceId, platform: record.platform, ...about });
  state.events.emit({ type: 'compliance', ...ofDevice(record), ...about });
}
