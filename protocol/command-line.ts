import { type ErrorEntry, errorsOf, RollcallError } from './errors.js';

// What the command groups of all rooms share: how they read what a person typed, and how a failure is told.

/** Mistakes that a person mends on the command line. */
export const commandLineCatalogue = {
  USAGE: { retry: false, hint: 'See --help.' },
  FILE_UNUSABLE: { retry: false, hint: 'Check the name of the file or folder, and its permissions.' },
} as const satisfies Record<string, ErrorEntry>;

export const commandLineError = errorsOf(commandLineCatalogue);

/** An http or https address. Throws USAGE, naming the option. */
export function readAddress(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw commandLineError('USAGE', `--${option} "${text}" is no web address`, {
    hint: 'Write it in full, such as https://localhost:8443',
  });
}

/** A WebSocket address. Throws USAGE, naming the option. */
export function readSocketAddress(option: string, text: string): string {
  if (URL.canParse(text) && /^wss?:$/.test(new URL(text).protocol)) return text;
  throw commandLineError('USAGE', `--${option} "${text}" is no WebSocket address`, {
    hint: 'Write it in full, such as wss://localhost:8443/push',
  });
}

/** A whole number in this range, both ends in it. Throws USAGE, naming the option. */
export function readWhole(option: string, value: number | string, least: number, most: number): number {
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw commandLineError('USAGE', `--${option} must be a whole number from ${least} to ${most}`);
}

/** What `act` makes of the file or folder; what the system has against it becomes FILE_UNUSABLE with its name. */
export function withFile<T>(path: string, act: (path: string) => T): T {
  try {
    return act(path);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw commandLineError('FILE_UNUSABLE', `${path}: ${systemReason(cause)}`, { details: { path, code: cause.code } });
  }
}

/** An error of the operating system, as Node throws it. */
export const isSystemError = (error: unknown): error is Error & { code: string; syscall: string } =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  'syscall' in error &&
  typeof error.syscall === 'string';

/** "ENOENT: no such file or directory", without the call and path that Node appends. */
const systemReason = (error: Error): string => error.message.replace(/, \w+(?: '.*)?$/s, '');

/**
 * A failure for a person: code and message in the first line, then what to do, an authority's remedies if it sent any,
 * and causes that say more than the message did.
 */
export function explainFailure(error: RollcallError): string {
  const lines = [`${error.code}: ${error.message}`, `  ${error.hint}`];
  let told = error.message;
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const remedies = each instanceof RollcallError ? each.details['remedies'] : undefined;
    if (typeof remedies === 'string' && !told.includes(remedies)) {
      lines.push(`  remedies: ${remedies}`);
      told += remedies;
    }
    if (!told.includes(each.message)) {
      lines.push(`  because: ${each.message}`);
      told += each.message;
    }
  }
  return lines.join('\n');
}
