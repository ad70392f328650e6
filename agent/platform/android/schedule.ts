// When an Android device acts by itself (specs/android.md §1.3 step 13, §1.5), from what is saved alone.
import type { CheckInReason, PlannedCheckIn } from '../driver.js';
import type { RetryPolicy } from '../schedule.js';
import { appliedDue, nextAppliedMoment } from './apply/moments.js';
import type { Manners } from './manners.js';
import { nextProfileWork } from './profiles/orders.js';
import type { AndroidData } from './saved.js';

const minuteMs = 60_000;
/** How often the launcher's timer looks whether the hour has passed. */
const tickMs = 15 * minuteMs;
/** A configuration that was not fetched by this timer for so long is fetched, whatever pushes said (AN1). */
const forcedMs = 60 * minuteMs;

/** The first tick of the launcher's timer, which counts from the enrollment, at which the hour has passed. */
function nextForced({ enrolledAt, forcedAt }: AndroidData, after: number): number {
  const least = Math.max(forcedAt + forcedMs, after + 1);
  return enrolledAt + Math.ceil((least - enrolledAt) / tickMs) * tickMs;
}

/** The first sync/info after `after`, each so long (a quarter of an hour) after the last that was sent. */
const nextInfo = ({ infoAt }: AndroidData, after: number, everyMs = tickMs): number =>
  infoAt + Math.max(1, Math.floor((after - infoAt) / everyMs) + 1) * everyMs;

/** Without pushOptions the timer of launcher 6.36 fails each time it looks: it compares with a null. */
const hasTimer = ({ hasNoPush }: AndroidData, mode: Manners['mode']): boolean =>
  mode === 'thorough' || hasNoPush === undefined;

/** Whether a GET is due that the device makes by itself: the hourly one, or that of an app update. */
export const isGetDue = (data: AndroidData, { mode }: Pick<Manners, 'mode'>, now: number): boolean =>
  (hasTimer(data, mode) && nextForced(data, Number.NEGATIVE_INFINITY) <= now) || appliedDue(data, now).includes('sync');

/** Whether sync/info is due. */
export const isInfoDue = (data: AndroidData, now: number, everyMs = tickMs): boolean => data.infoAt + everyMs <= now;

/**
 * The first check-in after `after`: the one that an enrollment left to be made, the hourly GET, sync/info each quarter of an hour, and
 * what was applied asks for. Of two at one moment the GET is made, which sends sync/info as well.
 */
export function nextCheckIn(
  data: AndroidData,
  { mode, infoEveryMs }: Pick<Manners, 'mode'> & Partial<Pick<Manners, 'infoEveryMs'>>,
  after: number,
): PlannedCheckIn | undefined {
  const planned: PlannedCheckIn[] = [];
  const plan = (at: number | undefined, reason: CheckInReason): void => {
    if (at !== undefined && at > after) planned.push({ at, reason });
  };
  const applied = nextAppliedMoment(data, after);
  if (data.isFresh) plan(data.enrolledAt, 'enrolled');
  if (data.leaving !== undefined) plan(Math.max(data.enrolledAt, after + minuteMs), 'report-due'); // a process ended in between
  if (hasTimer(data, mode)) plan(nextForced(data, after), 'scheduled');
  plan(nextInfo(data, after, infoEveryMs), 'report-due');
  plan(nextProfileWork(data, after), 'report-due');
  plan(applied?.at, applied?.does === 'sync' ? 'scheduled' : 'report-due');
  return planned.reduce<PlannedCheckIn | undefined>(
    (first, each) => (first === undefined || each.at < first.at ? each : first),
    undefined,
  );
}

/** No server has a device wait longer, nor hurries it more, in seconds, nor has it try more often: bounds of ours. */
const bounds = { longest: 86_400, shortest: 1, most: 100 } as const;

/** CONN_RETRY_COUNT times after CONN_RETRY_DELAY seconds; then the next tick (§1.1). */
export const retryOf =
  (data: () => Pick<AndroidData, 'retryCount' | 'retryDelay'>): RetryPolicy =>
  ({ tries }) => {
    const { retryCount, retryDelay } = data();
    if (tries > Math.min(retryCount, bounds.most)) return undefined;
    return Math.min(bounds.longest, Math.max(bounds.shortest, retryDelay)) * 1000;
  };
