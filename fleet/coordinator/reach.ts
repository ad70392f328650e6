// The target before anything is sent to it: it is there, can be administered where that is needed, and stands where the plan begins.
import type { Http } from '../../agent/index.js';
import { isRollcallError, RollcallError } from '../../base/errors.js';
import { type AuthorityClient, adminHttp, createAuthorityClient } from '../engine/authority-client.js';
import type { Target } from '../engine/target.js';
import { fleetError } from '../errors.js';
import type { FleetPlan, Step } from '../scenario/model.js';
import { kindOf } from '../steps/registry.js';

export interface Reached {
  readonly admin?: AuthorityClient;
  /** It has a clock that devices can follow, and that this run may set. */
  readonly hasClock: boolean;
}

/**
 * Knocks at every place of the target, and asks its admin API where the plan needs one. Throws RUN_NOT_STARTED with the cause,
 * INTERRUPTED.
 */
export async function reach(
  plan: FleetPlan,
  target: Target,
  signal: AbortSignal,
  onNote: (text: string) => void,
): Promise<Reached> {
  const steps = plan.phases.flatMap((phase) => phase.steps);
  const administered = steps.find((step) => kindOf(step).atAuthority !== undefined);
  const { adminToken } = target;
  if (administered !== undefined && adminToken === undefined)
    throw fleetError('RUN_NOT_STARTED', `step "${administered.name}" needs the authority's admin API`, {
      hint: 'Give --token for the stub of --server, or leave --server out to use the embedded stub; at an MDM server of others leave the step out.',
    });
  for (const { name, enrolled = [] } of plan.groups)
    if (enrolled.some(({ as }) => as === 'bulk'))
      onNote(`${name}: bulk enrollment has no part of its own yet; these PCs enroll as a person does, and have a user`);
  const http = adminHttp({
    ...(target.ca === undefined ? {} : { ca: target.ca }),
    ...(target.allowHttp === undefined ? {} : { allowHttp: target.allowHttp }),
  });
  for (const place of target.places) await orNotStarted(place, () => knock(place, http, signal));
  if (adminToken === undefined) return { hasClock: false };
  const admin = createAuthorityClient(target.url, adminToken, http, signal);
  return orNotStarted(target.url, async () => {
    await standAtBegin(plan, steps, admin, onNote);
    return { admin, hasClock: await hasClock(admin, steps) };
  });
}

/** A plan that switches the authority begins where it says. */
async function standAtBegin(
  { authority }: FleetPlan,
  steps: readonly Step[],
  admin: AuthorityClient,
  onNote: (text: string) => void,
): Promise<void> {
  if (authority === 'unknown' || !steps.some(({ kind }) => kind === 'switch')) return;
  const present = await admin.authority();
  if (present !== authority) {
    await admin.setAuthority(authority);
    await admin.renewPushCertificate(); // A11: without it nothing can enroll
    onNote(`the authority was ${present ?? 'unknown'} and is now ${authority}, where the scenario starts`);
  }
  if (authority === 'office365') await awaitBms(admin, onNote);
}

const hourMs = 3_600_000;
/** The service is stuck after a day where nothing else is set (B8). */
const mostHours = 48;

/**
 * B1: in a tenant that had no authority the service takes an hour, in which every enrollment is E04. The stub's clock goes there at once.
 * Throws RUN_NOT_STARTED where that does not help.
 */
async function awaitBms(admin: AuthorityClient, onNote: (text: string) => void): Promise<void> {
  for (let hours = 0; ; hours++) {
    const state = await admin.bmsState();
    if (state === 'stuck' || (state === 'provisioning' && hours === mostHours))
      throw fleetError(
        'RUN_NOT_STARTED',
        `Basic Mobility and Security is not ready ${hours} h after the scenario could have started, and nobody could enroll (E04)`,
        {
          hint: 'Look at GET /stub/v1/bms and at the faults of the stub (bms.hold), or start the stub with a tenant whose authority is office365.',
        },
      );
    if (state !== 'provisioning') {
      if (hours > 0)
        onNote(`the stub's clock was moved by ${hours} h, until Basic Mobility and Security was ready (B1)`);
      return;
    }
    await admin.advanceClock(hourMs);
  }
}

async function hasClock(admin: AuthorityClient, steps: readonly Step[]): Promise<boolean> {
  try {
    await admin.clock();
    return true;
  } catch (error) {
    if (!isRollcallError(error, 'ADMIN_REFUSED') || steps.some(({ kind }) => kind === 'clock')) throw error;
    return false; // no stub of ours
  }
}

/** A server that takes longer to say anything bears no load. */
const knockMs = 30_000;

/** Any answer will do: an MDM server of someone else has nothing of ours to ask for. */
async function knock(url: string, http: Http, signal: AbortSignal): Promise<void> {
  const session = http.open();
  try {
    await session.request({ method: 'GET', url, signal, withinMs: knockMs }).catch((error: unknown) => {
      if (isRollcallError(error) && !/^HTTP_/.test(error.code)) throw error;
    });
  } finally {
    session.close();
  }
}

async function orNotStarted<T>(url: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (!(cause instanceof RollcallError) || ['INTERRUPTED', 'RUN_NOT_STARTED'].includes(cause.code)) throw cause;
    const what = cause.code === 'ADMIN_REFUSED' ? 'refused to be administered' : 'cannot be reached';
    throw fleetError('RUN_NOT_STARTED', `${url} ${what}: ${cause.message}`, { cause, hint: cause.hint });
  }
}
