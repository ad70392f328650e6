import type { KeyPool, OpenPorts } from '../../agent/index.js';
import { realClock } from '../../base/clock.js';
import { isRollcallError, RollcallError } from '../../base/errors.js';
import { fleetError } from '../errors.js';
import type { FleetPlan } from '../scenario/plan.js';
import { type AuthorityClient, createAuthorityClient } from './authority-client.js';
import type { Target } from './embedded.js';

export interface Preparation {
  readonly plan: FleetPlan;
  readonly target: Target;
  readonly made: OpenPorts;
  /** How many keys the pool should hold. */
  readonly pool: number;
  readonly signal: AbortSignal;
  readonly onKeys: (done: number) => void;
  readonly onNote: (text: string) => void;
}

/** All that happens before the first device does anything. Throws RUN_NOT_STARTED, or INTERRUPTED when stopped. */
export async function prepare(preparation: Preparation): Promise<AuthorityClient | undefined> {
  const { made, pool, signal, target, onKeys } = preparation;
  try {
    const admin = await reachAuthority(preparation);
    await fillKeys(made.keys, pool, signal, onKeys);
    return admin;
  } catch (error) {
    // An authority that ended meanwhile is a reason, not a wish to stop.
    if (!isRollcallError(error, 'INTERRUPTED') || !target.lost?.aborted) throw error;
    throw fleetError('RUN_NOT_STARTED', 'the authority ended before the run began', { cause: target.lost.reason });
  }
}

/**
 * Makes sure that the authority answers and, where the plan switches it, that it can be administered and begins with the
 * authority that the plan starts under.
 */
async function reachAuthority(preparation: Preparation): Promise<AuthorityClient | undefined> {
  const { plan, target, signal, onNote } = preparation;
  const { http } = preparation.made;
  const { url, adminToken, pushUrl } = target;
  const switching = plan.steps.find((step) => step.kind === 'switch');
  const administered = switching ?? plan.steps.find((step) => step.kind === 'clock');
  if (administered !== undefined && adminToken === undefined)
    throw fleetError('RUN_NOT_STARTED', `step "${administered.name}" needs the authority's admin API`, {
      hint: 'Give --token for the stub of --server, or leave --server out to use the embedded stub; at an MDM server of others leave the step out.',
    });
  if (switching !== undefined && pushUrl === undefined)
    throw fleetError('RUN_NOT_STARTED', `step "${switching.name}" needs notifications, and there is no push address`);
  try {
    if (adminToken === undefined) {
      await knock(url, http, signal);
      return undefined;
    }
    const admin = createAuthorityClient(url, adminToken, http, signal);
    const present = await admin.authority();
    if (switching !== undefined && plan.authority !== 'unknown' && present !== plan.authority) {
      await admin.setAuthority(plan.authority);
      await admin.renewPushCertificate(); // A11: without it nothing can enroll
      onNote(`the authority was ${present ?? 'unknown'} and is now ${plan.authority}, where the scenario starts`);
    }
    return admin;
  } catch (cause) {
    if (!(cause instanceof RollcallError) || cause.code === 'INTERRUPTED') throw cause;
    const what = cause.code === 'ADMIN_REFUSED' ? 'refused to be administered' : 'cannot be reached';
    throw fleetError('RUN_NOT_STARTED', `${url} ${what}`, { cause, hint: cause.hint });
  }
}

/** Any answer will do: an MDM server of someone else has nothing of ours to ask for. */
async function knock(url: string, http: OpenPorts['http'], signal: AbortSignal): Promise<void> {
  const session = http.open();
  try {
    await session.request({ method: 'GET', url, signal }).catch((error: unknown) => {
      if (isRollcallError(error) && !/^HTTP_/.test(error.code)) throw error;
    });
  } finally {
    session.close();
  }
}

const redrawMs = 250;

/** Waits until the pool holds its keys, telling now and then how many there are. */
async function fillKeys(keys: KeyPool, size: number, signal: AbortSignal, tell: (done: number) => void): Promise<void> {
  let cancel = (): void => undefined;
  const tick = (): void => {
    if (keys.prepared < size) tell(keys.prepared);
    cancel = realClock.after(redrawMs, tick);
  };
  tick();
  try {
    await keys.ready(signal);
    tell(size);
  } finally {
    cancel();
  }
}
