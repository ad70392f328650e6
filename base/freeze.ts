/**
 * Freezes a value and all that it holds, and returns it. Bytes cannot be frozen and stay as they are.
 * The value must be a tree: what is reached twice is walked twice.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  for (const each of Object.values(value)) deepFreeze(each);
  return Object.freeze(value);
}
