import { isSecretName } from './secret-names.js';

const maxDepth = 6;
const maxEntries = 100;
const maxText = 2000;

type Values = Readonly<Record<string, unknown>>;

/**
 * The values as they may be logged: what a secret would be called is masked wherever it lies, bytes become their length,
 * errors their code, message and details with all causes, and nothing is deeper or longer than a log line should be.
 */
export function withoutSecrets(values: Values): Record<string, unknown> {
  return cleanEntries(values, maxDepth, new Set());
}

function cleanEntries(values: object, depth: number, above: Set<object>): Record<string, unknown> {
  above.add(values);
  const made: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(values).slice(0, maxEntries)) {
    const isMasked = isSecretName(key) && value !== undefined && typeof value !== 'boolean';
    Object.defineProperty(made, key, {
      value: isMasked ? '[secret]' : clean(value, depth - 1, above),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  above.delete(values);
  return made;
}

function clean(value: unknown, depth: number, above: Set<object>): unknown {
  if (typeof value === 'string') return value.length > maxText ? `${value.slice(0, maxText)}...` : value;
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (depth <= 0 || above.has(value)) return '...';
  if (value instanceof Error) return cleanError(value, depth, above);
  if (Array.isArray(value)) {
    above.add(value);
    const made = value.slice(0, maxEntries).map((entry) => clean(entry, depth - 1, above));
    above.delete(value);
    return made;
  }
  return cleanEntries(value, depth, above);
}

function cleanError(error: Error, depth: number, above: Set<object>): Record<string, unknown> {
  const { code, details } = error as { code?: unknown; details?: unknown };
  return cleanEntries(
    {
      ...(typeof code === 'string' ? { code } : {}),
      message: error.message,
      ...(typeof details === 'object' && details !== null ? { details } : {}),
      ...(error.cause === undefined ? {} : { cause: error.cause }),
    },
    depth,
    above,
  );
}
