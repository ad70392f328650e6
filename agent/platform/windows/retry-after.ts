/**
 * Retry-After (RFC 9110 §10.2.3), seconds or a date, as milliseconds from `now`, at most a day; undefined where it is neither.
 * Node gives header values as they came.
 */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : / GMT$/.test(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isFinite(ms) ? Math.min(longestMs, Math.max(0, ms)) : undefined;
}

const longestMs = 86_400_000;
