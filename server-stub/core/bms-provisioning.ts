// How Basic Mobility and Security becomes ready (B1, B8): in a tenant that had no authority after some time, in any other at once.
import type { Authority } from '../../protocol/vocabulary.js';
import { stubError } from '../errors.js';
import type { BmsState } from './admission-state.js';
import { saveMeta } from './changes.js';
import type { TenantState } from './state.js';

/** Its deadline. */
const key = 'bms';

/** To be called when the authority is changed, before it is stored. From unknown it is the first activation. */
export function beginBms(state: TenantState, from: Authority, to: Authority): void {
  if (to !== 'office365' || state.admission.bms.status !== 'none') return;
  const now = state.ports.clock.now();
  set(state, from === 'unknown' ? { status: 'provisioning', activatedAt: now } : { status: 'ready' });
  resumeBms(state);
}

/** After a restart: what has fallen due meanwhile is done as soon as the process goes on. */
export function resumeBms(state: TenantState): void {
  if (isUnderWay(state.admission.bms)) awaitNext(state);
}

/** Of a tenant that begins under office365, or was stored by a version without this: it is ready since then. */
export function assumeBms(state: TenantState): void {
  const { authority, coexistence, admission, changes, ports } = state;
  if ((authority !== 'office365' && !coexistence) || admission.bms.status !== 'none') return;
  const since = changes.findLast(({ to }) => to === 'office365')?.at ?? ports.clock.now();
  admission.bms = { ...admission.bms, status: 'ready', since };
}

/** To be called when its time has come, and when what holds it back may have changed. */
export function settleBms(state: TenantState): void {
  const { admission, ports, settings, deadlines } = state;
  if (!isUnderWay(admission.bms)) return;
  const { activatedAt = admission.bms.since } = admission.bms;
  const now = ports.clock.now();
  const hold = now < activatedAt + settings.bmsProvisioningMs ? { until: 0 } : ports.bmsHold?.();
  if (hold === undefined) {
    pass(state, 'ready');
    deadlines.cancel(key);
    return;
  }
  if (admission.bms.status === 'provisioning' && now >= activatedAt + settings.bmsProvisioningLimitMs) {
    pass(state, 'stuck'); // B8
  }
  awaitNext(state, hold.until);
}

/** What is wrong where nobody can enroll under it and none of its policies can be made (B1, B8). */
export function bmsProblem({ authority, admission }: Pick<TenantState, 'authority' | 'admission'>): string | undefined {
  const { status } = admission.bms;
  if (authority === 'unknown') return `no authority is set, and the state of Basic Mobility and Security is ${status}.`;
  if (status === 'provisioning') return 'Basic Mobility and Security is not ready: its state is provisioning.';
  if (status === 'stuck') return 'Basic Mobility and Security is not ready: its state is stuck. Contact support.';
  return undefined;
}

/** B8: throws CONFLICT, with the state in it, where policies of this authority cannot be made yet. */
export function requireBms(state: TenantState, authority: Authority): void {
  const problem = authority === 'office365' ? bmsProblem(state) : undefined;
  if (problem !== undefined) throw stubError('CONFLICT', `Policies of office365 cannot be made: ${problem}`);
}

const isUnderWay = ({ status }: BmsState): boolean => status === 'provisioning' || status === 'stuck';

/** Sets the deadline at which it is looked at next. `until`: of what holds it back; Infinity: nobody knows. */
function awaitNext(state: TenantState, until = 0): void {
  const { admission, deadlines, settings } = state;
  const { activatedAt = admission.bms.since, status } = admission.bms;
  const ready = Math.max(activatedAt + settings.bmsProvisioningMs, until);
  const stuck = status === 'provisioning' ? activatedAt + settings.bmsProvisioningLimitMs : Number.POSITIVE_INFINITY;
  const next = Math.min(ready, stuck);
  if (next === Number.POSITIVE_INFINITY) deadlines.cancel(key);
  else deadlines.at(key, next, () => settleBms(state));
}

/** Throws STORE_UNWRITABLE: nothing has changed then, and the deadline comes again. */
function pass(state: TenantState, status: 'ready' | 'stuck'): void {
  state.saver.requireWritable();
  set(state, { status });
  saveMeta(state);
}

function set(state: TenantState, change: Pick<BmsState, 'status' | 'activatedAt'>): void {
  const { admission, ports, events } = state;
  const { status } = change;
  admission.bms = { ...admission.bms, ...change, since: ports.clock.now() };
  if (status === 'stuck')
    ports.log.warn('BMS', { state: status, advice: 'contact support; it may still become ready' });
  else ports.log.info('BMS', { state: status });
  events.emit({ type: 'bms', state: status });
}
