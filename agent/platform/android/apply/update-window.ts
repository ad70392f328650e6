// When apps may be updated: `appUpdateFrom` to `appUpdateTo`, by the clock of the device's time zone.
import type { HeadwindConfiguration } from '../../../../protocol/headwind/types.js';

type Window = Pick<HeadwindConfiguration, 'appUpdateFrom' | 'appUpdateTo'>;

const dayMinutes = 24 * 60;
const minute = 60_000;

/** Minutes of the day that a text such as `01:30` names; a part that is no number is 0, as the launcher has it. */
function minutesOf(text: string): number {
  const part = (digits: string): number => (/^[+-]?\d+$/.test(digits) ? Number(digits) : 0);
  return 60 * part(text.slice(0, 2)) + part(text.slice(3));
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** True for a name that the IANA database has. */
export function isTimeZone(name: string): boolean {
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  if (formats.size < 1000) formats.set(timeZone, format);
  return format;
}

/** Minutes since midnight where the device is. */
function minuteOfDay(now: number, timeZone: string): number {
  const parts = formatOf(timeZone).formatToParts(now);
  const part = (type: 'hour' | 'minute'): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  return 60 * part('hour') + part('minute');
}

/** Whether apps may be updated at this moment. No window, or one without length: always. */
export function isUpdateTime({ appUpdateFrom, appUpdateTo }: Window, now: number, timeZone = 'UTC'): boolean {
  if (typeof appUpdateFrom !== 'string' || typeof appUpdateTo !== 'string') return true;
  const [from, to] = [minutesOf(appUpdateFrom), minutesOf(appUpdateTo)];
  const at = minuteOfDay(now, timeZone);
  if (from === to) return true;
  return from < to ? from <= at && at <= to : at >= from || at <= to;
}

/**
 * The next beginning of the window after this moment, undefined where there is none. Seconds count from the full minute; a
 * change of summer time in between is made good by looking again at the moment itself.
 */
function nextUpdateTime(window: Window, after: number, timeZone = 'UTC'): number | undefined {
  const { appUpdateFrom, appUpdateTo } = window;
  if (typeof appUpdateFrom !== 'string' || typeof appUpdateTo !== 'string') return undefined;
  const [from, to] = [minutesOf(appUpdateFrom), minutesOf(appUpdateTo)];
  if (from === to || from < 0 || from >= dayMinutes) return undefined;
  const start = Math.floor(after / minute) * minute;
  const wait = (from - minuteOfDay(start, timeZone) + dayMinutes) % dayMinutes;
  return start + (wait === 0 ? dayMinutes : wait) * minute;
}

const tick = 15 * minute;

/**
 * When the launcher's timer, which looks every 15 minutes since `since`, notices that the window has begun: the next time after
 * this moment. A window that lies between two looks is never noticed; then its beginning itself counts where `isThorough`.
 */
export function nextUpdateTick(
  window: Window,
  { now, since, timeZone, isThorough }: { now: number; since: number; timeZone?: string; isThorough: boolean },
): number | undefined {
  const start = nextUpdateTime(window, now, timeZone);
  if (start === undefined) return undefined;
  const noticed = since + Math.ceil((start - since) / tick) * tick;
  if (isUpdateTime(window, noticed, timeZone)) return noticed;
  return isThorough ? start : undefined;
}
