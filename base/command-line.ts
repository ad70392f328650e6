import { closeSync, openSync, readSync } from 'node:fs';
import { causesOf, type ErrorEntry, errorsOf, isSystemError, RollcallError } from './errors.js';

// What the command groups of all rooms share: how they read what a person typed, and how a failure is told.

/** Mistakes that a person mends on the command line. */
export const commandLineCatalogue = {
  USAGE: { retry: false, hint: 'See --help.' },
  FILE_UNUSABLE: { retry: false, hint: 'Check the name of the file or folder, and its permissions.' },
  OUTPUT_LOST: {
    retry: false,
    hint: 'What the command had to say could not be written; look at where its output goes.',
  },
} as const satisfies Record<string, ErrorEntry>;

export const commandLineError = errorsOf(commandLineCatalogue);

/** An http or https address. Throws USAGE, naming the option. */
export function readAddress(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && `${url.username}${url.password}` !== '')
    throw commandLineError('USAGE', `--${option}: user and password do not belong into an address`, {
      hint: 'Say who enrolls with --user (a fleet: --users); a password goes into ROLLCALL_PASSWORD.',
    });
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
  const number = typeof value === 'string' && !/^-?\d+$/.test(value.trim()) ? Number.NaN : Number(value); // no 1e3, no 0x10
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

const maxFileBytes = 64 * 1024 * 1024;

/**
 * What is in a file that a person named; a pipe is read to its end. Throws FILE_UNUSABLE, also beyond 64 MiB: /dev/zero has no
 * end, and would be read for ever.
 */
export function readGivenFile(path: string): Buffer {
  return withFile(path, () => {
    const file = openSync(path, 'r');
    try {
      const chunks: Buffer[] = [];
      for (let total = 0; ; ) {
        const chunk = Buffer.alloc(64 * 1024);
        const read = readSync(file, chunk);
        if (read === 0) return Buffer.concat(chunks);
        chunks.push(chunk.subarray(0, read));
        total += read;
        if (total > maxFileBytes)
          throw commandLineError('FILE_UNUSABLE', `${path} has more than ${maxFileBytes} bytes`, { details: { path } });
      }
    } finally {
      closeSync(file);
    }
  });
}

/** The same as text in UTF-8. */
export const readGivenText = (path: string): string => readGivenFile(path).toString('utf8');

/** The text of a PEM file, if it holds a certificate at all. Throws FILE_UNUSABLE otherwise. */
export function readCertificates(path: string): string {
  const pem = readGivenText(path);
  if (/-----BEGIN CERTIFICATE-----/.test(pem)) return pem;
  throw commandLineError('FILE_UNUSABLE', `${path} holds no certificate in PEM form`);
}

/** "ENOENT: no such file or directory", without the call and path that Node appends. */
const systemReason = (error: Error): string => error.message.replace(/, \w+(?: '.*)?$/s, '');

/** What the authority itself says is to be done, if it said so. */
export const remediesOf = (error: RollcallError): string | undefined =>
  causesOf(error)
    .map((each) => (each instanceof RollcallError ? each.details['remedies'] : undefined))
    .find((each) => typeof each === 'string');

/**
 * A failure for a person: code and message in the first line, then what to do, in the authority's own words if it sent
 * remedies, and causes that say more than the message did.
 */
export function explainFailure(error: RollcallError): string {
  const chain = causesOf(error);
  const lines = [`${error.code}: ${error.message}`, `  ${remediesOf(error) ?? error.hint}`];
  for (const { message } of chain)
    if (!lines.some((line) => line.includes(message))) lines.push(`  because: ${message}`);
  return lines.map((line) => line.replace(/\n(?! )/g, '\n    ')).join('\n'); // nobody's text begins a line of ours
}
