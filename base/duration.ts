const units = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of "250ms", "10s", "5m", "8h", "7d", or undefined when the text is none of these. */
export function readDuration(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)\s?(ms|s|min|m|h|d)$/.exec(text.trim());
  if (match === null) return undefined;
  return Math.round(Number(match[1]) * units[match[2] as keyof typeof units]);
}

/** "0.8 ms", "12 ms", "1.24 s", "3 min 20 s": three digits at most, for tables. */
export function showDuration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${rest} s`;
}

/** The same without spaces, for narrow tables: "9.4ms", "430ms", "1.24s", "3m20s", "1h05m", "2d03h". */
export function shortDuration(ms: number): string {
  if (ms < 59_950) return showDuration(ms).replace(' ', '');
  const minutes = Math.floor(Math.round(ms / 1000) / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  if (minutes < 60) return `${minutes}m${two(Math.round(ms / 1000) % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}
