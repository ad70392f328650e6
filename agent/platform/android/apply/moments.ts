// When something that was applied asks for the network again. Pure: whoever keeps sleeping devices asks.
import type { AndroidData } from '../saved.js';
import { nextDynamicInfo } from './dynamic-info.js';

/** What is to be called at a moment; `sync`: GET and apply. */
interface AppliedMoment {
  readonly at: number;
  readonly does: 'log' | 'dynamic-info' | 'sync';
}

function momentsOf({ log = [], logRetryAt, dynamicInfo, nextUpdateAt }: AndroidData): readonly AppliedMoment[] {
  const moments: AppliedMoment[] = [];
  if (log.length > 0 && logRetryAt !== undefined) moments.push({ at: logRetryAt, does: 'log' });
  const dynamic = nextDynamicInfo(dynamicInfo);
  if (dynamic !== undefined) moments.push({ at: dynamic, does: 'dynamic-info' });
  if (nextUpdateAt !== undefined) moments.push({ at: nextUpdateAt, does: 'sync' });
  return moments.sort((one, other) => one.at - other.at);
}

/**
 * The next moment strictly after `after`: a log to upload again, dynamic information, a scheduled app update that begins. What was
 * due before is done by the next check-in, whatever it is made for: see `appliedDue`.
 */
export const nextAppliedMoment = (data: AndroidData, after: number): AppliedMoment | undefined =>
  momentsOf(data).find(({ at }) => at > after);

/** What is due by now. */
export const appliedDue = (data: AndroidData, now: number): readonly AppliedMoment['does'][] =>
  momentsOf(data)
    .filter(({ at }) => at <= now)
    .map(({ does }) => does);
