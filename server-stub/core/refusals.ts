// The one place in which a failed enrollment is recorded (E01 to E25), and told to whoever follows the tenant.
import type { Attempt } from './admission-types.js';
import { enrollmentRefused, type FailureCode, refusalOf } from './failures.js';
import type { TenantState } from './state.js';
import type { EnrollmentFailureRecord } from './types.js';

/** What arrives from devices may be long; the record keeps enough to recognise it. */
const keptLength = 256;
/** Once the list is full each new failure drops one: of so many one is told. */
const toldEvery = 1000;

/** What is recorded of an attempt, and since when it failed. */
type Failed = Pick<Attempt, 'platform' | 'user' | 'userId' | 'way' | 'deviceId' | 'osVersion' | 'startedAt'> & {
  /** As the user was named at the first step. */
  readonly namedAs?: string | undefined;
};

/**
 * Records the failure. `at`: when it happened (E23), default now; `category`: where the table's does not say it.
 */
export function recordFailure(
  state: TenantState,
  code: FailureCode,
  attempt: Failed,
  {
    why,
    at = state.ports.clock.now(),
    category,
  }: Partial<{ why: string; at: number; category: 'clientDisconnected' }> = {},
): EnrollmentFailureRecord {
  const { platform, way, deviceId, osVersion, startedAt = at } = attempt;
  const { id: userId, upn } = whose(state, attempt);
  const record: EnrollmentFailureRecord = {
    ...refusalOf(code, why),
    ...(category !== undefined && { failureCategory: category }),
    id: state.ports.random.uuid().toLowerCase(),
    at,
    startedAt,
    platform,
    ...optional('way', way),
    ...optional('userId', userId),
    ...optional('userUpn', upn?.slice(0, keptLength)),
    ...optional('deviceId', deviceId?.slice(0, keptLength)),
    ...optional('osVersion', osVersion?.slice(0, keptLength)),
  };
  const key = state.failures.add(record);
  const { limit: kept, dropped } = state.failures;
  if (dropped % toldEvery === 1) state.ports.log.warn('FAILURES_DROPPED', { kept, dropped });
  state.saver.record('failure', key, { ...record, n: state.failureCount++ });
  state.events.emit({ type: 'refused', deviceId: record.deviceId, platform, user: record.userUpn, code });
  return record;
}

/** Of one who was removed meanwhile: the id, and the name under which they were known last. */
function whose(
  { directory }: TenantState,
  { user: named, userId: id, namedAs }: Failed,
): { id?: string; upn?: string } {
  // By the id alone, where it is known: the name of who was removed may be another's by now.
  const user = id === undefined ? directory.find(named ?? '') : directory.user(id);
  if (user !== undefined) return user;
  const removed = directory.removed(id ?? named ?? '');
  if (removed !== undefined) return removed;
  const upn = [named, namedAs].find((name) => name !== id);
  return { ...optional('id', id), ...optional('upn', upn) };
}

/** Records the failure, once for each attempt that is watched, and throws ENROLLMENT_REFUSED. */
export function refuse(state: TenantState, code: FailureCode, attempt: Attempt, why?: string): never {
  const { attempts } = state.admission;
  const open = attempts.get(attempt.attempt ?? '');
  if (open?.isRefused !== true) {
    recordFailure(state, code, { ...open, ...defined(attempt), namedAs: open?.user }, why === undefined ? {} : { why });
  }
  if (open !== undefined && !open.isRefused) putAttempt(state, { ...open, isRefused: true });
  throw enrollmentRefused(refusalOf(code, why)); // the dialect, which knows how it was asked, logs it
}

export function putAttempt(state: TenantState, attempt: Parameters<typeof state.admission.attempts.put>[0]): void {
  state.admission.attempts.put(attempt);
  state.saver.record('attempt', attempt.id, attempt);
}

export function forgetAttempt(state: TenantState, id: string): void {
  if (state.admission.attempts.get(id) === undefined) return;
  state.admission.attempts.forget(id);
  state.saver.record('attempt', id, undefined);
}

const defined = (attempt: Attempt): Attempt =>
  Object.fromEntries(Object.entries(attempt).filter(([, value]) => value !== undefined)) as unknown as Attempt;

export const optional = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
