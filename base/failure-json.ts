import { remediesOf } from './command-line.js';
import { asError, causesOf, isSystemError, RollcallError } from './errors.js';
import { withoutSecrets } from './redact.js';

/** A failure for scripts: the contract is `code`; what is secret in `details` is masked. */
interface FailureJson {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retry?: boolean;
  readonly details: Readonly<Record<string, unknown>>;
  /** Messages of what lies behind it and says more, the nearest first. */
  readonly causes: readonly string[];
}

/** What of an error a script may read. Anything that is no error of ours is code `BUG`, or the system's own word. */
export function failureJson(thrown: unknown): FailureJson {
  const error = asError(thrown);
  const causes = causesOf(error)
    .slice(1)
    .map((cause) => cause.message)
    .filter((cause, at, all) => !error.message.includes(cause) && all.indexOf(cause) === at);
  if (error instanceof RollcallError) {
    const { code, message, hint, retry, details } = error;
    return { code, message, hint: remediesOf(error) ?? hint, retry, details: withoutSecrets(details), causes };
  }
  const code = isSystemError(error) ? error.code : 'BUG';
  return { code, message: error.message, details: {}, causes };
}

/** JSON as it is printed for scripts: indented, bytes as base64, integers beyond the safe ones as text. */
export function toJsonText(value: unknown): string {
  const shown = (item: unknown): unknown => {
    if (item instanceof Uint8Array) return Buffer.from(item).toString('base64');
    if (typeof item === 'bigint') return String(item);
    if (Array.isArray(item)) return item.map(shown);
    if (typeof item !== 'object' || item === null || item instanceof Date) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, shown(inner)]));
  };
  return `${JSON.stringify(shown(value), null, 2)}\n`;
}
