/** What the catalogue says of one failure: whether trying again can help, and what a person should do about it. */
export interface ErrorEntry {
  readonly retry: boolean;
  readonly hint: string;
}

/** What an error carries beside its code and message. */
export interface ErrorContext {
  readonly cause?: unknown;
  /** Replaces the catalogue's hint where the place of failure knows better. */
  readonly hint?: string;
  /** Values for a program to read. Never secrets: keys, tokens and passwords do not belong here. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Every failure this project can name. `code` is the contract and stays; the wording of `message` may change. */
export class RollcallError extends Error {
  override readonly name = 'RollcallError';
  readonly hint: string;
  readonly retry: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: string,
    entry: ErrorEntry,
    message: string,
    context: ErrorContext = {},
  ) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.hint = context.hint ?? entry.hint;
    this.retry = entry.retry;
    this.details = context.details ?? {};
  }
}

/** Makes the function by which a room creates its errors: only codes of the given catalogue compile. */
export function errorsOf<const T extends Record<string, ErrorEntry>>(catalogue: T) {
  return (code: keyof T & string, message: string, context?: ErrorContext): RollcallError =>
    new RollcallError(code, catalogue[code] as ErrorEntry, message, context);
}

/**
 * True for an error of ours, optionally with this code.
 *
 * @example
 * try {
 *   await device.enroll(invitation);
 * } catch (error) {
 *   if (isRollcallError(error, 'ENROLL_REFUSED')) console.error(error.message, error.hint);
 *   else throw error;
 * }
 */
export function isRollcallError(error: unknown, code?: string): error is RollcallError {
  return error instanceof RollcallError && (code === undefined || error.code === code);
}

/** A failure waiting for its words: what a bounded reader throws in the name of whoever called it. */
export type Refuse = (message: string, context?: ErrorContext) => RollcallError;

/** Failures that every room can meet. */
export const baseCatalogue = {
  INTERRUPTED: { retry: false, hint: 'Stopped on request.' },
} as const satisfies Record<string, ErrorEntry>;

/** Makes the errors of `baseCatalogue`. */
export const baseError = errorsOf(baseCatalogue);

/** What was thrown, as an error: anything may be thrown. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** The error and its causes, the outermost first; ten at most. */
export function causesOf(error: Error): readonly Error[] {
  const chain: Error[] = [];
  for (let each: unknown = error; each instanceof Error && chain.length < 10; each = each.cause) chain.push(each);
  return chain;
}

/** What was said of an error, and of its causes what that does not say yet, in one line. */
export function wholeMessage(error: Error): string {
  return causesOf(error).reduce(
    (said, { message }) => (said.includes(message) ? said : `${said}: ${message}`),
    error.message,
  );
}

/** An error of the operating system, as Node throws it. */
export const isSystemError = (error: unknown): error is Error & { code: string; syscall: string } =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  'syscall' in error &&
  typeof error.syscall === 'string';

/** True for an error of the operating system, or of Node, with this code, such as `ENOENT`. */
export const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
