import { isRollcallError } from '../../../base/errors.js';
import type { CheckInReason, LinkReport } from '../driver.js';
import { troubleOf } from '../trouble.js';
import type { SessionContext } from './context.js';
import { restart, unenroll, wipe } from './leaving.js';
import type { SessionOpening } from './opening.js';
import { hasEnded, nextRenewal, renew, returnToOldIdentity } from './renew.js';
import { runSession, type SessionOutcome } from './session.js';
import { renewChannelIfDue } from './wake.js';
import { doWorks } from './works.js';

/** An alert or work that comes of a session has a session of its own; more than so many in one check-in wait for the next. */
const mostSessions = 4;

/** So long a device does nothing by itself after a renewal that could not be noted; by convention. */
const unsavedPauseMs = 60_000;

/**
 * One check-in: a renewal that is due, what CSPs have to do by now, a session, and what comes of it: more sessions for what there is
 * to report, leaving, erasing, a restart. `requests` counts those of sessions and renewals.
 */
export async function checkIn(context: SessionContext, reason: CheckInReason): Promise<LinkReport> {
  const { memory, ports } = context;
  const total = { commands: 0, later: 0, requests: 0 };
  const gone = await leave(context, total); // a process ended between a command and what it set going
  if (gone !== undefined) return gone;
  await renewIfDue(context);
  renewChannelIfDue(memory, ports);
  if (reason === 'report-due') await doWorks(context);
  for (let sessions = 1; sessions <= mostSessions; sessions++) {
    const alerts = memory.data.alerts ?? [];
    if (alerts.length === 0 && (sessions > 1 || reason === 'report-due')) break;
    const { commands, requests } = await session(context, {
      reason: sessions === 1 ? reason : 'report-due',
      alerts,
    });
    total.commands += commands;
    total.requests += requests;
    const left = await leave(context, total);
    if (left !== undefined) return left;
    await doWorks(context);
  }
  const now = ports.clock.now();
  if ((memory.data.rebootAt ?? Number.POSITIVE_INFINITY) <= now) await restart(memory, context.apply, now, now);
  return total;
}

/** A session; one that breaks after the device has agreed to be erased ends with that, as it is. */
async function session(context: SessionContext, opening: SessionOpening): Promise<SessionOutcome> {
  try {
    return await runSession(context, opening);
  } catch (error) {
    const { memory, signal, device } = context;
    const status = isRollcallError(error) ? error.details['status'] : undefined;
    if (status === 401 || status === 403) returnToOldIdentity(memory); // a server that never took the renewed certificate
    if (memory.data.leaving !== 'wipe' || signal.aborted || !isRollcallError(error)) throw error;
    device.tell(troubleOf(error, 'the session before a wipe'));
    return { commands: 1, requests: 1 };
  }
}

/** Carries out what ends the enrollment, where a command has asked for it. */
async function leave(context: SessionContext, total: Total): Promise<LinkReport | undefined> {
  const { memory, apply, device } = context;
  const { leaving } = memory.data;
  if (leaving === undefined) return undefined;
  if (leaving === 'unenroll') {
    total.requests += await unenroll(context);
    return { ...total, left: 'removed' };
  }
  if (await wipe(apply, device)) return { ...total, left: 'wiped' };
  memory.forget('leaving');
  return undefined;
}

interface Total {
  commands: number;
  later: number;
  requests: number;
}

/** A renewal that failed leaves the device managed (case D2). */
async function renewIfDue(context: SessionContext): Promise<void> {
  const { memory, ports, device, signal } = context;
  const due = nextRenewal(memory.data, Number.NEGATIVE_INFINITY);
  const now = ports.clock.now();
  if (due === undefined || due > now || hasEnded(memory.data, now)) return;
  try {
    await renew(context);
  } catch (error) {
    if (isRollcallError(error, 'STATE_UNSAVED')) memory.change({ notBefore: ports.clock.now() + unsavedPauseMs }); // what is not noted is due still, and at once
    if (signal.aborted || !isRollcallError(error) || error.code === 'STATE_UNSAVED') throw error;
    ports.log.warn(error.code, { during: 'renewal', error });
    device.tell(troubleOf(error, 'renewal'));
  }
}
