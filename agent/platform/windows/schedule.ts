// When a Windows device acts by itself (specs/windows.md §1.5 Poll, §1.8, §1.12), from what is saved alone.
import type { PlannedCheckIn } from '../driver.js';
import { nextOfTiers, type RetryPolicy, type Tier } from '../schedule.js';
import { nextScheduledReboot } from './csp/reboot.js';
import { countAt, isSet } from './provider.js';
import { nextRenewal } from './renew.js';
import type { SavedAccount, WindowsData } from './saved.js';
import { channelDueAt } from './wake.js';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** DMClient's own: ten times a quarter of an hour, and no more sets. */
const defaults = { first: { number: 10, minutes: 15 }, others: { number: 0, minutes: 0 } };

/**
 * The poll schedule that the server wrote: three sets that follow each other, each so many times so many minutes. 0 minutes: the
 * set is left out. 0 times: it goes on for ever, and those after it never run. Where none does, Windows adds one of 24 hours.
 */
export function pollTiers(data: Pick<WindowsData, 'tree' | 'account'>): readonly Tier[] {
  const set = (interval: string, number: string, byDefault: { readonly number: number; readonly minutes: number }) => ({
    minutes: countAt(data, `Poll/${interval}`) ?? byDefault.minutes,
    number: countAt(data, `Poll/${number}`) ?? byDefault.number,
  });
  const sets = [
    set('IntervalForFirstSetOfRetries', 'NumberOfFirstRetries', defaults.first),
    set('IntervalForSecondSetOfRetries', 'NumberOfSecondRetries', defaults.others),
    set('IntervalForRemainingScheduledRetries', 'NumberOfRemainingScheduledRetries', defaults.others),
  ];
  const tiers: Tier[] = [];
  for (const { minutes, number } of sets) {
    if (minutes === 0) continue;
    if (number === 0) return [...tiers, { everyMs: minutes * minuteMs }];
    tiers.push({ everyMs: minutes * minuteMs, times: number });
  }
  return [...tiers, { everyMs: dayMs }];
}

/** When somebody signs in the device checks in: PollOnLogin. */
export const pollsOnLogin = (data: Pick<WindowsData, 'tree' | 'account'>): boolean => isSet(data, 'Poll/PollOnLogin');

/**
 * The first check-in after `after`: the one that follows an enrollment, the polls, a renewal, work of a CSP that waits, the
 * sign-in after a restart. While a server asks for patience (429) all of them wait.
 */
export function nextCheckIn(data: WindowsData, after: number): PlannedCheckIn | undefined {
  const planned: PlannedCheckIn[] = [];
  const plan = (at: number | undefined, reason: PlannedCheckIn['reason']): void => {
    if (at !== undefined && at > after) planned.push({ at, reason });
  };
  plan(data.enrollment.enrolledAt, 'enrolled');
  plan(nextRenewal(data, after), 'renewal-due');
  plan(channelDueAt(data), 'scheduled');
  for (const { at } of data.works ?? []) plan(at, 'report-due');
  if (data.signIn?.isDone === true && pollsOnLogin(data)) plan(data.signIn.at, 'login');
  plan(nextOfTiers(pollTiers(data), data.pollSince, after), 'scheduled');
  const first = planned.reduce<PlannedCheckIn | undefined>(
    (least, each) => (least === undefined || each.at < least.at ? each : least),
    undefined,
  );
  if (first === undefined || data.notBefore === undefined) return first;
  return { ...first, at: Math.max(first.at, data.notBefore) };
}

/** When the device removes management by itself because the server was not heard of for too long. */
export function lostContactAt(data: WindowsData): number | undefined {
  const days = countAt(data, 'NumberOfDaysAfterLostContactToUnenroll');
  return days === undefined || days === 0 ? undefined : data.contactAt + days * dayMs;
}

/** By convention: after a restart nobody has signed in; the person at the device does so this much later. */
export const signInAfterMs = 5 * minuteMs;

/** The first restart after `after`: one that a command asked for, or the next of Reboot's schedule. */
export function nextRestart(data: WindowsData, after: number): number | undefined {
  const { rebootAt, restartsFrom, enrollment } = data;
  const scheduled = nextScheduledReboot(data, Math.max(after, restartsFrom ?? enrollment.enrolledAt));
  const moments = [rebootAt, scheduled].filter((at): at is number => at !== undefined && at > after);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** The first moment after `after` at which the device changes without the network: a restart, a sign-in after it, lost contact. */
export function nextLocalAct(data: WindowsData, signedIn: string | undefined, after: number): number | undefined {
  const signIn = data.signIn?.isDone === undefined && signedIn === 'none' ? data.signIn?.at : undefined;
  const moments = [nextRestart(data, after), signIn, lostContactAt(data)];
  const coming = moments.filter((at): at is number => at !== undefined && at > after);
  return coming.length === 0 ? undefined : Math.min(...coming);
}

/** No server has a device wait longer, nor hurries it more, in milliseconds: bounds of ours. */
const longestPauseMs = dayMs;
const shortestPauseMs = 1000;
/** Nor has it try more often. */
const mostRetries = 100;

/**
 * When a broken session is tried again (§1.8): CONNRETRYFREQ times, after INITIALBACKOFFTIME and then twice as long each time up to
 * MAXBACKOFFTIME; then the next poll. What the server asked for with Retry-After wins.
 */
export const retryOf =
  (account: () => SavedAccount): RetryPolicy =>
  ({ tries, error }) => {
    const { connRetryFreq, initialBackOffMs, maxBackOffMs } = account();
    if (tries > Math.min(connRetryFreq, mostRetries)) return undefined;
    const asked = error.details['retryAfterMs'];
    const pause = typeof asked === 'number' ? asked : Math.min(maxBackOffMs, initialBackOffMs * 2 ** (tries - 1));
    return Math.min(longestPauseMs, Math.max(shortestPauseMs, pause));
  };
